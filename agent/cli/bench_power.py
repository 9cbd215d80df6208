"""`livescan bench power-cuts`: what was acknowledged before a power cut is there after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.cli.screen import err, out
from agent.errors import UsageError


def power_cuts(
    card: Annotated[Path, typer.Argument(help="an ANSI/NIST file with a whole ten-print card", exists=True, dir_okay=False)],
    cuts: Annotated[int, typer.Option(min=1, max=10_000, help="simulated power cuts")] = 100,
    seed: Annotated[int, typer.Option(help="of the moments, and of what each cached write comes to")] = 1,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="control: with fsync taken away, so that something must be lost")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Power cuts at random moments of real bookings, on a disk whose write cache forgets. Needs root."""
    import os

    from agent.bench.power_cuts import measure

    if os.geteuid() != 0:
        raise UsageError("Simulated power cuts mount file systems.", do="Run it as root.")
    verdict = measure(cuts, seed, card, lambda text: err.print(text, highlight=False), safe=not unsafe)
    found = verdict.as_json()
    if as_json:
        out.print_json(json.dumps(found))
    else:
        table = Table("figure", "value")
        for name, value in found.items():
            table.add_row(name.replace("_", " "), str(value))
        out.print(table)
    if bool(verdict.lost) != unsafe:
        raise typer.Exit(1)
