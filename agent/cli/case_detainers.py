"""`livescan case detainer …`, `query`, `drafts`, `let-go`: ICE's forms on record, and texts for a person to send, not from here."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli import case_replies
from agent.cli.card import read_file, write_file
from agent.cli.case_screen import BOOKING, JSON, OFFICER, REASON, RECIPIENT, body, print_text, say
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out
from agent.errors import UsageError

app = case_replies.app
detainer = typer.Typer(help="ICE's forms: on record as they came, and what was done about them.", no_args_is_help=True)
app.add_typer(detainer, name="detainer")
ID = Annotated[str, typer.Argument(help="a detainer, as `livescan case detainer find` names it")]


@detainer.command("lodge")
def lodge(
    booking: BOOKING,
    file: Annotated[Path, typer.Argument(help="the form as it came: a scan or a PDF", exists=True, dir_okay=False)],
    *,
    form: Annotated[str, typer.Option(help="I-247, I-247D, I-247N, I-247X or I-247A")],
    office: Annotated[str, typer.Option(help="the ICE office that sent it")],
    ice_officer: Annotated[str, typer.Option(help="the ICE officer who signed it")],
    received: Annotated[str, typer.Option(help="when, ISO 8601 with a time zone; now where it is not said")] = "",
    attached: Annotated[list[str] | None, typer.Option(help="I-200, I-205 or judicial_warrant; may be repeated")] = None,
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Put a form that ICE sent on record."""
    scan = base64.b64encode(read_file(file)).decode()
    read = body(officer, form=form, ice_office=office, ice_officer=ice_officer, received_at=received or None, attached=attached)
    asked = {**read, "document": scan}
    said = station_client(config).post(f"/api/bookings/{booking}/detainers", asked)
    say(said, f"On record as {said['detainer']}: {said['state']}.", as_json=as_json)


@detainer.command("find")
def find(*, reason: REASON, officer: OFFICER = "", config: CONFIG = None, as_json: JSON = False) -> None:
    """Persons with a lodged detainer, and nobody else. The search is on record."""
    found = station_client(config).post("/api/detainers/search", body(officer, reason))
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("booking", "form", "state", "received (UTC)", "detainer")
    for one in found["detainers"]:
        table.add_row(one["booking"], one["form"], one["state"], one["received_at"][:16].replace("T", " "), one["detainer"])
    out.print(table if found["detainers"] else "No detainer is lodged.")


@detainer.command("show")
def show(id_: ID, *, reason: REASON, officer: OFFICER = "", config: CONFIG = None, as_json: JSON = False) -> None:
    """One detainer: its conditions, what was done, both limits of a hold. The view is on record."""
    found = station_client(config).post(f"/api/detainers/{id_}/view", body(officer, reason))
    if as_json:
        out.print_json(json.dumps(found))
        return
    print_text(f"{found['title']}, booking {found['booking']}: {found['state']}; from {found['ice_office']}, {found['ice_officer']}")
    for one in found["checklist"]:
        print_text(f"[{'x' if one['done'] else ' '}] {one['item']}")
    for one in found["deeds"]:
        said = ", ".join(f"{key} {value}" for key, value in one["said"].items())
        print_text(f"{one['at'][:16].replace('T', ' ')} {one['event'].replace('_', ' ')} ({one['by']}) {said}")
    if found["notice"]:
        print_text(found["notice"]["words"])
    if found["hold"]:
        hold = found["hold"]
        print_text(f"48 hours end {hold['straight']}; without Saturdays, Sundays and holidays {hold['excluding']}. {hold['words']}")


@detainer.command("document")
def document(
    id_: ID,
    *,
    target: Annotated[Path, typer.Option("--out", "-o", help="file to write")],
    reason: REASON,
    officer: OFFICER = "",
    recipient: RECIPIENT = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Take out the form as it came. That it was, and for whom, is on record."""
    data = station_client(config).download(f"/api/detainers/{id_}/document", body(officer, reason, recipient=recipient or None))
    write_file(target, data)
    say({"detainer": id_, "file": str(target), "bytes": len(data)}, f"{target}: the form as it came.", as_json=as_json)


@detainer.command("record")
def record(
    id_: ID,
    event: Annotated[str, typer.Argument(help="filed, served, visited, release_planned, notice_sent, item_done, withdrawn, …")],
    *,
    said: Annotated[list[str] | None, typer.Option(help="what is said of it: mode=phone, planned=2027-03-01; may be repeated")] = None,
    at: Annotated[str, typer.Option(help="when, ISO 8601 with a time zone; now where it is not said")] = "",
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Write down what was done about a detainer."""
    asked = body(officer, event=event, said=_pairs(said or []), at=at or None)
    found = station_client(config).post(f"/api/detainers/{id_}/deeds", asked)
    say(found, f"{found['state']}; {len(found['open_items'])} conditions are open.", as_json=as_json)


@detainer.command("answer")
def answer(id_: ID, *, officer: OFFICER = "", config: CONFIG = None, as_json: JSON = False) -> None:
    """Draft an answer to ICE on somebody who had left before the form came. A second person lets it go; a person sends it."""
    _drafted(station_client(config).post(f"/api/detainers/{id_}/answer", body(officer)), as_json=as_json)


@app.command("query")
def query(
    booking: BOOKING,
    *,
    reason: REASON,
    phone: Annotated[str, typer.Option(help="where you can be called")],
    in_custody: Annotated[bool, typer.Option("--in-custody/--not-in-custody", help="whether the person is in custody")],
    offense: Annotated[str, typer.Option(help="NCIC offense code, four digits")] = "",
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Draft a name-based query after a no-match IDR, for a person to release at the agency's terminal."""
    asked = body(officer, reason, phone=phone, in_custody=in_custody, offense=offense or None)
    _drafted(station_client(config).post(f"/api/bookings/{booking}/query", asked), as_json=as_json)


@app.command("drafts")
def drafts(booking: BOOKING, *, reason: REASON, officer: OFFICER = "", config: CONFIG = None, as_json: JSON = False) -> None:
    """Texts that were drafted for a person to send."""
    found = station_client(config).post(f"/api/bookings/{booking}/drafts/view", body(officer, reason))
    if as_json:
        out.print_json(json.dumps(found))
        return
    for one in found["drafts"]:
        gone = f"let go by {one['let_go_by']}" if one["let_go_at"] else "not let go"
        print_text(f"{one['draft']} {one['kind'].replace('_', ' ')}, drafted by {one['drafted_by']}, {gone}")
        print_text(one["text"])
    if not found["drafts"]:
        out.print("Nothing was drafted.")


@app.command("let-go")
def let_go(
    booking: BOOKING,
    draft: Annotated[str, typer.Argument(help="a draft, as `livescan case drafts` names it")],
    *,
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """A query was released at the agency's terminal, or an answer to ICE approved by somebody who did not draft it."""
    said = station_client(config).post(f"/api/bookings/{booking}/drafts/{draft}/let-go", body(officer))
    say(said, f"{said['draft']}: let go by {said['let_go_by']}. It is sent by a person, not from here.", as_json=as_json)


def _drafted(said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(said))
        return
    print_text(said["text"])
    out.print(f"Draft {said['draft']}. Nothing was sent.", highlight=False)


def _pairs(said: list[str]) -> dict[str, str]:
    if any("=" not in one for one in said):
        raise UsageError("What is said of a deed is KEY=VALUE.")
    return dict(one.split("=", 1) for one in said)
