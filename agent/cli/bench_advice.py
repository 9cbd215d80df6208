"""`livescan bench advice`: does the check name what is wrong?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track
from rich.table import Table

from agent.cli.screen import err, out

if TYPE_CHECKING:
    from agent.bench.advice import Trial


def advice(
    count: Annotated[int, typer.Option("--trials", min=1, max=10_000, help="of each cause; 0.8 s each")] = 200,
    people: Annotated[int, typer.Option(min=1, max=1000, help="synthetic people whose prints are taken in turn")] = 25,
    group: Annotated[str, typer.Option(help="whose: 'advice' are the four on whom the bands were set")] = "unseen",
    draw: Annotated[Path | None, typer.Option(help="an SVG file for the confusion matrix")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Simulated causes (dry, wet, off-centre, smeared, too light, rotated, missing finger) and the cause that the check names first."""
    from agent.bench.advice import INJECTED, document, trials
    from agent.bench.advice_picture import drawn
    from agent.bench.figures import machine

    done: list[Trial] = []
    for cause in INJECTED:
        done += track(trials(cause, count, people, group=group), str(cause), total=count, console=err)
    if draw is not None:
        draw.write_text(drawn(done))
    if as_json:
        out.print_json(json.dumps({**document(done), "machine": machine()}))
    else:
        _print(done)


def _print(done: list[Trial]) -> None:
    from agent.bench.advice import confusion

    table = Table("injected", "trials", "named first", "accepted", "also named")
    for cause, named in confusion(done).items():
        mine = [trial for trial in done if trial.injected is cause]
        accepted = sum(str(trial.verdict) == "accept" for trial in mine)
        others = ", ".join(f"{key} {value}" for key, value in named.most_common() if key is not cause)
        table.add_row(str(cause), str(len(mine)), f"{named[cause] / len(mine):.1%}", str(accepted), others)
    out.print(table)
