"""`livescan bench`: figures with their peer in the same run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from agent.cli.screen import err, out

if TYPE_CHECKING:
    from agent.bench.figures import Figure

app = typer.Typer(help="Speed, measured beside a peer in the same run.", no_args_is_help=True)


@app.callback()
def _bench() -> None:
    """Speed, measured beside a peer in the same run."""


@app.command("demo")
def demo(
    runs: Annotated[int, typer.Option(min=1, max=50, help="counted runs, after one that is not counted")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Start-up of `livescan run` to ready, and the whole demo."""
    from agent.bench.demo import measure

    _print("demo", measure(runs, lambda text: err.print(text, highlight=False)), as_json=as_json)


@app.command("nist")
def nist(
    runs: Annotated[int, typer.Option(min=1, max=50, help="counted runs, after one that is not counted")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Reading, writing, checking, compressing and sealing a fourteen-image CAR."""
    from agent.bench.nist import measure

    _print("nist", measure(runs, lambda text: err.print(text, highlight=False)), as_json=as_json)


@app.command("submission")
def submission(
    runs: Annotated[int, typer.Option(min=1, max=200, help="counted runs, after one that is not counted")] = 20,
    file: Annotated[Path | None, typer.Option(help="an ANSI/NIST file of one's own, for its prints; without it they are drawn")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Encoding, building, checking, sealing and drawing a booking of fourteen prints."""
    from agent.bench.submission import measure

    _print("submission", measure(runs, file, lambda text: err.print(text, highlight=False)), as_json=as_json)


def _print(bench: str, figures: Sequence[Figure], *, as_json: bool) -> None:
    from agent.bench.figures import document

    if as_json:
        out.print_json(json.dumps(document(bench, figures)))
        return
    table = Table("figure", "median", "min", "max", "target")
    for figure in figures:
        target = "" if figure.target is None else f"{figure.target:.0f} {figure.unit}"
        values = (f"{value:.2f} {figure.unit}" for value in (figure.median, min(figure.values), max(figure.values)))
        table.add_row(figure.what, *values, target)
    out.print(table)
