"""`livescan bench gallery`: one against many."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from agent.cli.screen import err, out


def gallery(
    subjects: Annotated[int, typer.Option(min=10, max=50_000, help="people in the gallery")] = 10_000,
    probes: Annotated[int, typer.Option(min=1, max=50_000, help="of them are looked for, by templates alone")] = 300,
    strangers: Annotated[int, typer.Option(min=0, max=50_000, help="people who are not there are looked for")] = 300,
    rendered: Annotated[int, typer.Option(min=0, max=1000, help="people of whom pictures are made and read; 13 s of CPU each")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Opening, memory, time of a search, rates, and how often the first answer is right, on people that do not exist."""
    from agent.bench.figures import machine
    from agent.bench.gallery import Plan, measure, stages

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with tempfile.TemporaryDirectory(prefix="livescan-gallery-") as folder, Progress(*columns, console=err) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done, total=of)

        found = measure(Plan(subjects, min(probes, subjects - rendered), strangers, min(rendered, subjects)), Path(folder), tell)
    if as_json:
        out.print_json(json.dumps({**found, "machine": machine()}))
        return
    table = Table("figure", "measured", "wanted")
    for row in stages(found):
        table.add_row(*row)
    out.print(table)
