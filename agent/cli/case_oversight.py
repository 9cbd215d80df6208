"""`livescan case rates`, `public-report`, `suspend`, `lift`, `level`: oversight, and what a code of an offense is listed as."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli import case_detainers
from agent.cli.case_screen import JSON, OFFICER, body, say
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


@app.command("suspend")
def suspend(
    reason: Annotated[str, typer.Argument(help="why, in words; it is shown wherever the features are looked for")],
    *,
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Stop the immigration features and queries at once. Bookings go on; what comes is kept and not shown."""
    said = station_client(config).post("/api/suspension", body(officer, reason))
    say(said, f"Suspended: {said['suspended']}.", as_json=as_json)


@app.command("lift")
def lift(*, officer: OFFICER = "", config: CONFIG = None, as_json: JSON = False) -> None:
    """Lift a suspension that was made with `suspend`; one in the jurisdiction's file stays."""
    said = station_client(config).post("/api/suspension/lift", body(officer))
    say(said, f"Still suspended: {said['suspended']}." if said["suspended"] else "Lifted.", as_json=as_json)


@app.command("level")
def level(
    code: Annotated[str, typer.Argument(help="NCIC offense code, four digits")],
    *,
    years: Annotated[int, typer.Option(help="of a sentence, as stated")] = 0,
    months: Annotated[int, typer.Option(help="of a sentence, as stated")] = 0,
    days: Annotated[int, typer.Option(help="of a sentence, as stated")] = 0,
    as_json: JSON = False,
) -> None:
    """What the procedure's appendix A lists a code as. For reading only: nothing here depends on it."""
    from agent.casework.levels import Sentence, levels

    table = levels()
    found = table.with_sentence(code, Sentence(years, months, days))
    said = {"code": code, "level": found, "national_security": table.is_national_security(code), "edition": table.edition}
    footnote = "; national security footnote" if said["national_security"] else ""
    say(said, f"{code}: {found}{footnote} ({table.edition}). For reading only.", as_json=as_json)


def _count(count: Any) -> str:
    return "not told" if count is None else str(count)


def _path(name: str, first: str, last: str) -> str:
    from urllib.parse import urlencode

    asked = {key: value for key, value in (("from", first), ("to", last)) if value}
    return f"/api/reports/{name}" + (f"?{urlencode(asked)}" if asked else "")
