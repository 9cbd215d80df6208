"""`livescan case`: what is owed to a booking, what a rejection asks for, the jail's list against ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out

app = typer.Typer(help="What is owed to a booking, and what its answers ask for.", no_args_is_help=True)
JSON = Annotated[bool, typer.Option("--json", help="one JSON document")]
BOOKING = Annotated[str, typer.Argument(help="booking number, such as 20261124-7K3M9Q2X")]


@app.command("open")
def open_items(config: CONFIG = None, as_json: JSON = False) -> None:
    """Bookings that wait for the bureau, the longest first."""
    found = station_client(config).get("/api/open")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("booking", "sealed (UTC)", "waits for")
    for one in found["open"]:
        table.add_row(one["booking"], one["since"], one["waits_for"])
    out.print(table if found["open"] else "Nothing waits for the bureau.")


@app.command("owed")
def owed(booking: BOOKING, config: CONFIG = None, as_json: JSON = False) -> None:
    """Clocks of a booking with their basis. A label is never a result."""
    found = station_client(config).get(f"/api/bookings/{booking}/owed")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("clock", "from", "due (UTC)", "", title=f"Booking {booking}", title_justify="left")
    for one in found["clocks"]:
        table.add_row(one["name"], one["basis"], one["due"], one["words"])
    out.print(table if found["clocks"] else "No clock runs: nothing was sent yet.")
    if found["immigration_off"]:
        out.print(found["immigration_off"], highlight=False)


@app.command("rejection")
def rejection(
    booking: BOOKING, officer: Annotated[str, typer.Option(help="officer id")], config: CONFIG = None, as_json: JSON = False
) -> None:
    """What each message of a rejection asks for. That it was read is on record."""
    found = station_client(config).post(f"/api/bookings/{booking}/rejection", {"officer": officer})
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("code", "do", "fingers", "the bureau's words")
    for one in found["asked"]:
        table.add_row(one["code"], one["sentence"], ", ".join(map(str, one["fingers"])), one["text"])
    out.print(table if found["asked"] else "That booking was not rejected.")


@app.command("roster")
def roster(
    file: Annotated[Path, typer.Argument(help="the jail's list, CSV or JSON", exists=True, dir_okay=False)],
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Booked and not printed, printed and not sent, sent and not answered: one page for the end of a shift."""
    found = station_client(config).post("/api/roster", {"roster": file.read_bytes().decode("utf-8", "replace")})
    if as_json:
        out.print_json(json.dumps(found))
        return
    out.print(found["page"], highlight=False, markup=False)
