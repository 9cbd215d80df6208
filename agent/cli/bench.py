"""`livescan bench`: figures with their peer in the same run."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from agent.cli.screen import err, out

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
    from agent.bench.figures import document

    figures = measure(runs, lambda text: err.print(text, highlight=False))
    if as_json:
        out.print_json(json.dumps(document("demo", figures)))
        return
    table = Table("figure", "median", "min", "max", "target")
    for figure in figures:
        target = "" if figure.target is None else f"{figure.target:.0f} {figure.unit}"
        values = (f"{value:.2f} {figure.unit}" for value in (figure.median, min(figure.values), max(figure.values)))
        table.add_row(figure.what, *values, target)
    out.print(table)
