"""`livescan booking correct|resend|export|import|photo|card|tcns`: what is done with a booking beside its capture."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli import booking as booking_commands
from agent.cli.card import DPI, JSON, OUT, draw_card, read_file, write_file
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out
from agent.errors import UsageError

app = booking_commands.app  # one command group, in two files
BOOKING = Annotated[str, typer.Argument(help="booking number, such as 20261124-7K3M9Q2X")]
OFFICER = Annotated[str, typer.Option(help="officer id")]


@app.command("correct")
def correct(
    booking: BOOKING,
    *,
    officer: OFFICER,
    facts: Annotated[Path | None, typer.Option(help="JSON file of the corrected facts")] = None,
    retake: Annotated[str, typer.Option(help="finger positions to take again, such as 2,13")] = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Send a sealed booking anew with other facts or prints taken again: a new control number, which names the old one."""
    body: dict[str, Any] = {"officer": officer, "facts": facts_of(facts), "retake": [part for part in retake.split(",") if part]}
    said = station_client(config).post(f"/api/bookings/{booking}/correction", body)
    corrects = f"; it corrects {said['corrects']}" if said["corrects"] else ""
    _say(said, f"Booking {booking} is sealed again{corrects}.", as_json=as_json)


@app.command("resend")
def resend(booking: BOOKING, config: CONFIG = None, as_json: JSON = False) -> None:
    """Send the last submission once more: the same bytes under the same control number."""
    said = station_client(config).post(f"/api/bookings/{booking}/resend", {})
    _say(said, f"Booking {booking} waits for its receipt as {said['envelope_sha256']}.", as_json=as_json)


@app.command("export")
def export(
    booking: BOOKING,
    *,
    target: Annotated[Path, typer.Option("--out", "-o", help="file to write")],
    plain: Annotated[bool, typer.Option("--plain", help="the ANSI/NIST file itself, readable by anyone; needs --officer")] = False,
    officer: Annotated[str, typer.Option(help="officer id, for --plain")] = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Take a booking out as a file for a courier: sealed to the bureau, as it would have been sent."""
    data = _plain(booking, officer, config) if plain else station_client(config).download(f"/api/bookings/{booking}/envelope")
    write_file(target, data)
    what = "the ANSI/NIST file, readable by anyone" if plain else "sealed to the bureau"
    _say({"booking": booking, "file": str(target), "bytes": len(data), "sealed": not plain}, f"{target}: {what}.", as_json=as_json)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="an ANSI/NIST-ITL file with the images of a card")],
    officer: OFFICER,
    facts: Annotated[Path | None, typer.Option(help="JSON file of the facts, instead of those in the file")] = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Make a booking of a card's images; it is checked and sealed like any other."""
    body = {"officer": officer, "facts": facts_of(facts), "file": base64.b64encode(read_file(file)).decode()}
    said = station_client(config).post("/api/imports", body)
    left = f" Left out: {', '.join(said['ignored'])}." if said["ignored"] else ""
    _say(said, f"Booking {said['booking']} is captured from {file.name}.{left}", as_json=as_json)


@app.command("photo")
def photo(
    booking: BOOKING,
    *,
    officer: OFFICER,
    kind: Annotated[str, typer.Option(help="face, scar, mark or tattoo")] = "face",
    mark: Annotated[str | None, typer.Option(help="NCIC code of a scar, mark or tattoo, such as 'TAT L ARM'")] = None,
    description: Annotated[str | None, typer.Option(help="of the mark, in words")] = None,
    file: Annotated[Path | None, typer.Option(help="a JPEG or PNG picture; without it the station's camera takes one")] = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Add a photograph."""
    picture = None if file is None else base64.b64encode(read_file(file)).decode()
    body = {"officer": officer, "kind": kind, "mark": mark, "description": description, "picture": picture}
    said = station_client(config).post(f"/api/bookings/{booking}/photos", body)
    _say(said, f"Photo {said['photo']} of booking {booking} is stored.", as_json=as_json)


@app.command("card")
def card(booking: BOOKING, *, officer: OFFICER, target: OUT, dpi: DPI = 500, config: CONFIG = None, as_json: JSON = False) -> None:
    """Draw the ten-print card of what was sealed last, to print or fax where there is no link."""
    draw_card(_plain(booking, officer, config, what="card"), target, dpi, as_json=as_json)


@app.command("tcns")
def tcns(config: CONFIG = None, as_json: JSON = False) -> None:
    """Every control number of this station, and the gaps with their reasons."""
    found = station_client(config).get("/api/tcns")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("no.", "control number", "state", "booking", "why")
    for row in found["tcns"]:
        if row["state"] != "reserved":
            table.add_row(str(row["number"]), row["tcn"], row["state"], row["booking_id"] or "", row["why"] or "")
    out.print(table)
    out.print(f"{sum(row['state'] == 'reserved' for row in found['tcns'])} more are reserved.", highlight=False)


def _plain(booking: str, officer: str, config: Path | None, what: str = "file") -> bytes:
    if not officer:
        raise UsageError("The plain file is handed out to a named officer only.", do="Add --officer.")
    return station_client(config).download(f"/api/bookings/{booking}/file", {"officer": officer, "for": what})


def facts_of(path: Path | None) -> Any:
    """The parsed file; what opens a booking may carry its facts under 'facts'."""
    if path is None:
        return None
    try:
        parsed = json.loads(read_file(path))
    except ValueError:
        raise UsageError(f"{path} is not JSON.") from None
    return parsed["facts"] if isinstance(parsed, dict) and "facts" in parsed else parsed


def _say(said: Any, sentence: str, *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(said))
    else:
        out.print(sentence, highlight=False, soft_wrap=True)
