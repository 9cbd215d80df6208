"""`livescan inbox`: messages of the bureau that wait for a person. Nothing that came is dropped; what it means, somebody decides here."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from agent.cli.case_screen import JSON, OFFICER, PURPOSE, REASON, body, print_text, say, why
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out
from agent.model.grounds import MAY, Deed

app = typer.Typer(help="Messages of the bureau that wait for a person: list, read, tie to a booking, set aside.")
MESSAGE = Annotated[str, typer.Argument(help="a message, as `livescan inbox --json` names it; its first letters suffice")]
_SHORT = 16  # letters of an id that the table shows


def _grounds(deed: Deed) -> str:
    return "one of " + ", ".join(MAY[deed])


@app.callback(invoke_without_command=True)
def waiting(context: typer.Context, *, purpose: PURPOSE = "correction", config: CONFIG = None, as_json: JSON = False) -> None:
    """What waits, oldest first, and why. That it was listed is on record."""
    if context.invoked_subcommand is not None:
        return
    found = station_client(config).get("/api/inbox", headers=why(purpose))
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("came (UTC)", "kind", "proven", "booking", "message")
    table.add_column("waits because", overflow="fold")
    for one in found["waiting"]:
        came, proven = one["arrived_at"][:19].replace("T", " "), "yes" if one["verified"] else "no"
        table.add_row(came, one["kind"], proven, one["booking"] or "", one["rid"][:_SHORT], one["why"])
    out.print(table if found["waiting"] else "Nothing waits for you.")


@app.command("read")
def read(
    message: MESSAGE,
    *,
    reason: REASON,
    purpose: PURPOSE = "correction",
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """One message, word for word where its sender is proven. That it was read, by whom and why, is on record."""
    client = station_client(config)
    rid = _whole(client.get("/api/inbox", headers=why(purpose)), message)
    found = client.post(f"/api/inbox/{rid}", body(officer, reason), headers=why(purpose))
    if as_json:
        out.print_json(json.dumps(found))
        return
    out.print(f"{found['kind']} of {found['source'] or 'nobody proven'}, {found['arrived_at']}", highlight=False, markup=False)
    out.print(found["why"], highlight=False, markup=False)
    for words, value in found["clues"].items():
        print_text(f"{words}: {value}")
    print_text(found["text"])


@app.command("tie")
def tie(
    message: MESSAGE,
    booking: Annotated[str, typer.Argument(help="booking number")],
    *,
    reason: REASON,
    ground: Annotated[str, typer.Option(help=_grounds(Deed.TIED))],
    tcn: Annotated[str, typer.Option(help="which submission, where the booking has several")] = "",
    purpose: PURPOSE = "correction",
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """It belongs to that booking: a proven reply has its effect there, once."""
    client = station_client(config)
    rid = _whole(client.get("/api/inbox", headers=why(purpose)), message)
    asked = body(officer, reason, booking=booking, ground=ground, tcn=tcn or None)
    said = client.post(f"/api/inbox/{rid}/tie", asked, headers=why(purpose))
    say(said, f"Tied to booking {said['booking']}, {said['tcn']}.", as_json=as_json)


@app.command("aside")
def aside(
    message: MESSAGE,
    *,
    reason: REASON,
    ground: Annotated[str, typer.Option(help=_grounds(Deed.SET_ASIDE))],
    purpose: PURPOSE = "correction",
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Nothing follows from it; it is kept as it came."""
    client = station_client(config)
    rid = _whole(client.get("/api/inbox", headers=why(purpose)), message)
    said = client.post(f"/api/inbox/{rid}/aside", body(officer, reason, ground=ground), headers=why(purpose))
    say(said, "Set aside; it is kept as it came.", as_json=as_json)


def _whole(found: dict[str, list[dict[str, str]]], message: str) -> str:
    """The id that begins so, or the text as it is: then the station says what is wrong with it."""
    ids = [one["rid"] for one in found["waiting"] if one["rid"].startswith(message)]
    return ids[0] if len(ids) == 1 else message
