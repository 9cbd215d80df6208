"""`livescan case replies|read|thread|tasks|reopen|task-done|retaken|released`: what came, what it asks for, who has seen it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli import case
from agent.cli.booking_files import facts_of
from agent.cli.card import write_file
from agent.cli.case_screen import BOOKING, CASE, JSON, OFFICER, PURPOSE, REASON, RECIPIENT, body, print_text, say, why
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out

app = case.app  # one command group, in several files
TASK = Annotated[str, typer.Argument(help="a task, as `livescan case tasks` names it")]


@app.command("replies")
def replies(booking: BOOKING, *, purpose: PURPOSE = "booking", config: CONFIG = None, as_json: JSON = False) -> None:
    """Which replies came to a booking; that they were listed is on record."""
    found = station_client(config).get(f"/api/bookings/{booking}/replies", headers=why(purpose))
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("came (UTC)", "kind", "tied by", "reply")
    for one in found["replies"]:
        table.add_row(one["arrived_at"][:19].replace("T", " "), one["kind"], one["tied_by"] or "", one["rid"])
    out.print(table if found["replies"] else "No reply that may be shown here came to that booking.")


@app.command("read")
def read(
    booking: BOOKING,
    reply: Annotated[str, typer.Argument(help="a reply, as `livescan case replies` names it")],
    *,
    reason: REASON,
    purpose: PURPOSE = "booking",
    officer: OFFICER = "",
    recipient: RECIPIENT = "",
    case_file: CASE = "",
    photos: Annotated[Path | None, typer.Option(help="folder for its photos, as PNG: a copy, for a named recipient and case")] = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """One reply as it was sent, word for word. That it was read, by whom and why, is on record."""
    asked = body(officer, reason, recipient=recipient or None)
    path = f"/api/bookings/{booking}/replies/{reply}"
    said = why(purpose, case=case_file, recipient=recipient, copied=photos is not None)
    found = station_client(config).post(path, asked, headers=said)
    if photos is not None:
        found["files"] = [str(_photo(path, number, asked, photos, config, said)) for number in range(1, found["photos"] + 1)]
    if as_json:
        out.print_json(json.dumps(found))
        return
    out.print(f"{found['kind']} of {found['source']}, {found['arrived_at']}", highlight=False, markup=False)
    print_text(found["text"])
    for number, one in enumerate(found["encounters"], start=1):
        print_text(f"Encounter {number}: " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in one.items() if value))
    print_text(found["remark"])
    for file in found.get("files", ()):
        out.print(file, highlight=False, markup=False)


@app.command("thread")
def thread(booking: BOOKING, config: CONFIG = None, as_json: JSON = False) -> None:
    """Sent, received, due, seen by whom: one line of time."""
    found = station_client(config).get(f"/api/bookings/{booking}/timeline")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("at (UTC)", "", "who", title=f"Booking {booking}", title_justify="left")
    table.add_column("what", overflow="fold")
    for one in found["timeline"]:
        table.add_row(one["at"][:19].replace("T", " "), "owed" if one["owed"] else one["what"], one["who"], one["words"])
    out.print(table if found["timeline"] else "Nothing is on record of that booking.")


@app.command("tasks")
def tasks(config: CONFIG = None, as_json: JSON = False) -> None:
    """What waits for an officer because of what the bureau said, oldest first."""
    found = station_client(config).get("/api/tasks")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("raised (UTC)", "booking", "what", "take again", "task")
    for one in found["tasks"]:
        fingers = ", ".join(finger["words"] for finger in one["retake"])
        table.add_row(one["raised_at"][:19].replace("T", " "), one["booking"], " ".join([one["words"], *one["do"]]), fingers, one["task"])
    out.print(table if found["tasks"] else "Nothing waits.")


@app.command("reopen")
def reopen(
    task: TASK,
    *,
    officer: OFFICER = "",
    facts: Annotated[Path | None, typer.Option(help="JSON file of the mended facts, where the reason is data")] = None,
    retake: Annotated[str, typer.Option(help="finger positions, where the bureau named none, such as 2,13")] = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Open a rejected booking again for what the bureau named; the person must be at the scanner."""
    asked = body(officer, facts=facts_of(facts), retake=[part for part in retake.split(",") if part])
    said = station_client(config).post(f"/api/tasks/{task}/begin", asked)
    fingers = ", ".join(map(str, said["retake"])) or "none"
    say(said, f"Booking {said['booking']} is open again; to be taken: {fingers}; it corrects {said['corrects']}.", as_json=as_json)


@app.command("task-done")
def task_done(task: TASK, *, officer: OFFICER = "", config: CONFIG = None, as_json: JSON = False) -> None:
    """A task was read and settled elsewhere: nothing follows from it here."""
    said = station_client(config).post(f"/api/tasks/{task}/done", body(officer))
    say(said, f"Done: {said['task']}.", as_json=as_json)


@app.command("retaken")
def retaken(
    booking: BOOKING,
    *,
    pictures: Annotated[Path | None, typer.Option("--out", "-o", help="folder for the pictures, old beside new, as PNG")] = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Impressions that were taken again after a rejection, the old one beside the new one."""
    client = station_client(config)
    found = client.get(f"/api/bookings/{booking}/retaken")
    if pictures is not None:
        for one in found["retaken"]:
            one["file"] = str(pictures / f"{one['tcn']}-{one['fgp']:02d}.png")
            write_file(Path(one["file"]), client.download(f"/api/bookings/{booking}/retaken/{one['tcn']}/{one['fgp']}"))
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("sent under", "finger", "taken again", "picture")
    for one in found["retaken"]:
        table.add_row(one["tcn"], one["words"], "yes" if one["new"] else "not yet", one.get("file", ""))
    out.print(table if found["retaken"] else "Nothing of that booking was taken again.")


@app.command("released")
def released(
    booking: BOOKING,
    *,
    officer: OFFICER = "",
    at: Annotated[str, typer.Option(help="when, ISO 8601 with a time zone; now where it is not said")] = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Record that a person was released or transferred: always possible, whatever is open."""
    said = station_client(config).post(f"/api/bookings/{booking}/release", body(officer, at=at or None))
    say(said, f"Booking {booking}: released at {said['released_at']}.", as_json=as_json)


def _photo(path: str, number: int, asked: dict[str, Any], folder: Path, config: Path | None, said: Mapping[str, str]) -> Path:
    png = station_client(config).download(f"{path}/photos/{number}", asked, headers=said)
    target = folder / f"{path.rsplit('/', 1)[-1][:16]}-{number}.png"
    write_file(target, png)
    return target
