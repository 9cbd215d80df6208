"""`livescan case rates`, `public-report`: counts for oversight."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli import case_detainers
from agent.cli.case_screen import JSON
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out

app = case_detainers.app
FIRST = Annotated[str, typer.Option("--from", help="first day, CCYY-MM-DD; 30 days ago where it is not said")]
LAST = Annotated[str, typer.Option("--to", help="last day, CCYY-MM-DD; today where it is not said")]


@app.command("rates")
def rates(first: FIRST = "", last: LAST = "", config: CONFIG = None, as_json: JSON = False) -> None:
    """Submissions, holds and queries by officer and group, for those who supervise."""
    found = station_client(config).get(_path("rates", first, last))
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("officer", "group", "bookings", "submitted", "held", "queried", title=f"{found['from']} to {found['to']}")
    for one in found["rates"]:
        shares = [f"{one[name]} ({one['shares'][name]:.0%})" for name in ("submitted", "held", "queried")]
        table.add_row(one["officer"], one["group"], str(one["bookings"]), *shares)
    out.print(table if found["rates"] else "No booking was opened in that span.")


@app.command("public-report")
def public_report(first: FIRST = "", last: LAST = "", config: CONFIG = None, as_json: JSON = False) -> None:
    """Counts alone, nobody in them; small ones are not told."""
    found = station_client(config).get(_path("public", first, last))
    if as_json:
        out.print_json(json.dumps(found))
        return
    least = found["smallest_cell"]
    table = Table("", "count", title=f"{found['from']} to {found['to']}; counts below {least} are not told", title_justify="left")
    for name in ("bookings", "submitted", "held", "queried"):
        table.add_row(name, _count(found[name]))
    for group, count in found["by_group"].items():
        table.add_row(f"group {group}", _count(count))
    out.print(table)


def _count(count: Any) -> str:
    return "not told" if count is None else str(count)


def _path(name: str, first: str, last: str) -> str:
    from urllib.parse import urlencode

    asked = {key: value for key, value in (("from", first), ("to", last)) if value}
    return f"/api/reports/{name}" + (f"?{urlencode(asked)}" if asked else "")
