"""`livescan booking attempts`, `hand`, `trigger` and `pause`: what an officer does while prints are taken, on the command line."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli import booking_files
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out

app = booking_files.app  # one command group, in three files
_BOOKING = Annotated[str, typer.Argument(help="number of the booking")]
_JSON = Annotated[bool, typer.Option("--json", help="one JSON document")]


@app.command("attempts")
def attempts(booking: _BOOKING, as_json: _JSON = False, config: CONFIG = None) -> None:
    """The attempts that are kept of each position, best first, with their reports."""
    found = station_client(config).get(f"/api/bookings/{booking}/attempts")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("FGP", "position", "attempt", "trigger", "NFIQ 2", "verdict")
    table.add_column("advice", overflow="fold")
    for one in found["attempts"]:
        scores = " ".join(str(score) for score in one["nfiq2"].values())
        table.add_row(str(one["fgp"]), one["words"], str(one["attempt"]), one["trigger"], scores, one.get("verdict", ""), one["advice"])
    out.print(table)


@app.command("hand")
def hand(
    booking: _BOOKING,
    finger: Annotated[int | None, typer.Option(min=1, max=10, help="1 right thumb to 10 left little")] = None,
    mark: Annotated[str | None, typer.Option(help="there, scarred, missing, bandaged or cannot_present")] = None,
    smt: Annotated[bool, typer.Option("--smt", help="take the offered line of 2.026 SMT over")] = False,
    as_json: _JSON = False,
    config: CONFIG = None,
) -> None:
    """The hand diagram; with --finger and --mark one finger is marked, also while prints are taken."""
    client = station_client(config)
    path = f"/api/bookings/{booking}/hand"
    changes = finger is not None or mark is not None
    found = client.post(path, {"finger": finger, "mark": mark, "smt": smt}) if changes else client.get(path)
    if as_json:
        out.print_json(json.dumps(found))
        return
    _print_hand(found)


@app.command("trigger")
def trigger(booking: _BOOKING, config: CONFIG = None) -> None:
    """Take the image now, as the button of the page does; the impression says so."""
    station_client(config).post(f"/api/bookings/{booking}/trigger", {})
    out.print("Taken.")


@app.command("pause")
def pause(booking: _BOOKING, config: CONFIG = None) -> None:
    """Stop taking prints of it; what was taken is kept, and `livescan booking resume` goes on at the same finger."""
    station_client(config).post(f"/api/bookings/{booking}/pause", {})
    out.print("Paused.")


def _print_hand(found: dict[str, Any]) -> None:
    table = Table("finger", "words", "mark", "2.084 AMP")
    for one in found["fingers"]:
        table.add_row(str(one["finger"]), one["words"], one["mark"], one["amp"] or "")
    out.print(table)
    if found["smt_offered"]:
        out.print(f"Offered for 2.026 SMT: {', '.join(found['smt_offered'])} (take it over with --smt).", highlight=False)
