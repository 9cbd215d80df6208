"""`livescan queue`: what waits for the bureau, why, and what a person can do about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out

app = typer.Typer(help="What waits for the bureau, and why.", invoke_without_command=True)
JSON = Annotated[bool, typer.Option("--json", help="one JSON document")]
TCN = Annotated[str, typer.Argument(help="control number, as `livescan queue` shows it")]
OFFICER = Annotated[str, typer.Option(help="officer id")]


@app.callback()
def queue(context: typer.Context, config: CONFIG = None, as_json: JSON = False) -> None:
    """Place, state, age, next try and why of everything that the bureau has not answered; then what only a person can end."""
    if context.invoked_subcommand is not None:
        return
    found = station_client(config).get("/api/queue")
    if as_json:
        out.print_json(json.dumps(found))
        return
    if found["why"]:
        out.print(f"{found['why']} {found['do']}".rstrip(), highlight=False, markup=False)
    if found["detail"]:
        out.print(f"In the system's words: {found['detail']}", highlight=False, markup=False)
    out.print(_items(found) if found["items"] else "Nothing waits for the bureau.")
    if found["total"] > len(found["items"]):
        out.print(f"and {found['total'] - len(found['items'])} more", highlight=False)
    for task in found["tasks"]:
        out.print(f"\n{task['what']} {task['means']} {task['do']}", highlight=False, markup=False)


@app.command("retry")
def retry(tcn: TCN, *, officer: OFFICER, config: CONFIG = None, as_json: JSON = False) -> None:
    """Send one again at once: one that is held, refused, set aside, or waits for its next try."""
    said = station_client(config).post(f"/api/queue/{tcn}/retry", {"officer": officer})
    _say(said, f"{tcn} is sent again.", as_json=as_json)


@app.command("aside")
def aside(tcn: TCN, *, officer: OFFICER, config: CONFIG = None, as_json: JSON = False) -> None:
    """Set one aside: it is kept and not sent until somebody tries again."""
    said = station_client(config).post(f"/api/queue/{tcn}/aside", {"officer": officer})
    _say(said, f"{tcn} is set aside; it is kept, and not sent.", as_json=as_json)


def _say(said: Any, sentence: str, *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(said))
    else:
        out.print(sentence, highlight=False)


def _items(found: dict[str, Any]) -> Table:
    table = Table("place", "booking", "control number", "state", "age", "next try")
    table.add_column("why", overflow="fold")
    for row in found["items"]:
        place = "" if row["place"] is None else str(row["place"])
        state = f"{row['state']}, urgent" if row["urgent"] else row["state"]
        table.add_row(place, row["booking"], row["tcn"], state, _span(row["age_s"]), _until(row["next_try"]), row["why"])
    return table


def _until(at: str | None) -> str:
    return "" if at is None else f"in {_span(max((datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds(), 0))}"


def _span(seconds: float) -> str:
    """Two digits' worth: 45 s, 12 min, 7 h, 3 days."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
