"""`livescan doctor`, `livescan diagnostics`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.cli.config import CONFIG, config_path
from agent.cli.screen import out
from agent.errors import UsageError

_MARK = {"good": "[green]good[/]", "note": "[yellow]note[/]", "bad": "[red]bad[/]", "unknown": "[blue]not known[/]"}


def doctor(config: CONFIG = None, as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False) -> None:
    """Every check of this station in words, with the remedy beside it. Ends with 1 when something cannot be done now. Run it as root."""
    from agent.clock import SystemClock
    from agent.doctor.examine import examine
    from agent.doctor.findings import Health

    found = examine(config_path(config), SystemClock())
    ill = any(one.health is Health.BAD for one in found)
    if as_json:
        out.print_json(json.dumps({"well": not ill, "findings": [one.as_python() for one in found]}))
    else:
        table = Table("check", "", "what", "what to do")
        for one in found:
            table.add_row(one.check, _MARK[one.health], one.words, one.do)
        out.print(table)
    if ill:
        raise typer.Exit(1)


def diagnostics(
    target: Annotated[Path, typer.Option("--out", help="the bundle, a .tar.gz")],
    config: CONFIG = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """A bundle for whoever helps: versions, findings, numbers and counts. Nothing of a person is in it, and no key. Run it as root."""
    from agent.clock import SystemClock
    from agent.doctor.bundle import write_bundle

    try:
        names = write_bundle(target, config_path(config), SystemClock())
    except OSError as error:
        raise UsageError(f"Cannot write {target}: {error.strerror}.", do="Name another file with --out.") from error
    if as_json:
        out.print_json(json.dumps({"file": str(target), "holds": names}))
    else:
        out.print(f"{target} holds {', '.join(names)}. Look into it before you give it away.", highlight=False, soft_wrap=True)
