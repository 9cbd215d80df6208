"""`livescan booking`: what became of a booking."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli.config import CONFIG, session_token, settings, station_client
from agent.cli.screen import err, out

app = typer.Typer(help="What became of a booking.", no_args_is_help=True)


@app.command("list")
def list_bookings(config: CONFIG = None, as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False) -> None:
    """Every booking on this station, newest last."""
    found = station_client(config).get("/api/bookings")
    if as_json:
        out.print_json(json.dumps(found))
        return
    if not found["bookings"]:
        out.print("No bookings on this station.")
        return
    table = Table("booking", "opened", "state", "stands at")
    for row in found["bookings"]:
        table.add_row(row["booking"], row["opened_at"], row["state"], row["stands_at"])
    out.print(table)


@app.command("show")
def show(
    booking: Annotated[str, typer.Argument(help="booking number, such as 20261124-7K3M9Q2X")],
    config: CONFIG = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """A booking's thread: captured, checked, sealed, queued, sent, received, replies."""
    found = station_client(config).get(f"/api/bookings/{booking}")
    if as_json:
        out.print_json(json.dumps(found))
        return
    out.print(thread_table(found))
    for hint in found["hints"]:
        out.print(hint["words"], highlight=False, soft_wrap=True)


@app.command("resume")
def resume(booking: Annotated[str, typer.Argument(help="number of a held booking")], config: CONFIG = None) -> None:
    """Go on with a booking that was held for a person."""
    station_client(config).post(f"/api/bookings/{booking}/resume", {})
    out.print(f"Booking {booking} goes on.", highlight=False)


@app.command("decide")
def decide(
    booking: Annotated[str, typer.Argument(help="number of a booking that waits for an officer")],
    officer: Annotated[str, typer.Option(help="officer id")],
    reason: Annotated[str | None, typer.Option(help="take the best attempt for this reason; without it the finger is taken again")] = None,
    choice: Annotated[str | None, typer.Option(help="take, repeat, use_as or swap, as the question offers")] = None,
    second: Annotated[str, typer.Option(help="id of a second officer, where the state wants one")] = "",
    finger: Annotated[int | None, typer.Option(min=1, max=10, help="with use_as: the finger it is used as")] = None,
    config: CONFIG = None,
) -> None:
    """Answer what a capture asks: take the best attempt with a reason, take it again, use it as another finger, exchange the hands."""
    body: dict[str, Any] = {"officer": officer, "reason": reason, "choice": choice, "second": second, "finger": finger}
    if second and session_token(settings(config).paths.runtime):
        err.print(f"{second} agrees, by password and code (a security key is taken at the page only):", highlight=False)
        password = typer.prompt("Password", hide_input=True, err=True)
        body["second_proof"] = {"password": password, "code": typer.prompt("Code", err=True)}
    station_client(config).post(f"/api/bookings/{booking}/decision", body)
    out.print(f"Booking {booking} goes on.", highlight=False)


@app.command("undo")
def undo(
    booking: Annotated[str, typer.Argument(help="number of a booking that was just submitted")],
    officer: Annotated[str, typer.Option(help="officer id")],
    config: CONFIG = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Take a submission back before its first byte leaves: nothing is sent, its control number is void, the booking waits for you."""
    said = station_client(config).post(f"/api/bookings/{booking}/undo", {"officer": officer})
    if as_json:
        out.print_json(json.dumps(said))
        return
    out.print(f"Booking {booking} is undone; nothing was sent, and control number {said['void']} is void.", highlight=False)
    out.print("Correct it with `livescan booking correct`, or send it after all with `livescan booking resume`.", highlight=False)


@app.command("send-now")
def send_now(booking: Annotated[str, typer.Argument(help="number of a booking that was just submitted")], config: CONFIG = None) -> None:
    """Do not wait for the rest of the time in which it could be undone."""
    station_client(config).post(f"/api/bookings/{booking}/send-now", {})
    out.print(f"Booking {booking} leaves now.", highlight=False)


@app.command("urgent")
def urgent(
    booking: Annotated[str, typer.Argument(help="booking number, such as 20261124-7K3M9Q2X")],
    off: Annotated[bool, typer.Option("--off", help="it is not urgent after all")] = False,
    config: CONFIG = None,
) -> None:
    """Let a booking overtake all that is not urgent on its way to the bureau."""
    station_client(config).post(f"/api/bookings/{booking}/urgent", {"urgent": not off})
    out.print(f"Booking {booking} is {'not ' if off else ''}urgent.", highlight=False)


def thread_table(found: dict[str, Any]) -> Table:
    table = Table("step", "at (UTC)", title=f"Booking {found['booking']}", title_justify="left")
    table.add_column("what", overflow="fold")
    for step in found["thread"]:
        table.add_row(step["name"], (step["at"] or "")[:19].replace("T", " "), step["words"])
    return table
