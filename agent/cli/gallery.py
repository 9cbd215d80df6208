"""`livescan gallery show|purge|expunge|officer|hints`: this station's own bookings by their prints."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.cli.card import JSON, read_file
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out
from agent.errors import UsageError

app = typer.Typer(help="This station's own bookings by their prints: what is kept, and taking it out.", no_args_is_help=True)


@app.command("show")
def show(config: CONFIG = None, as_json: JSON = False) -> None:
    """How many bookings can be found by their prints, since when, and by which rules."""
    found = station_client(config).get("/api/gallery")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("what", "is", title="Gallery of prints", title_justify="left")
    for name, value in {**found.pop("policy"), **found}.items():
        table.add_row(name.replace("_", " "), "" if value is None else str(value))
    out.print(table)


@app.command("hints")
def hints(
    booking: Annotated[str, typer.Argument(help="booking number, such as 20261124-7K3M9Q2X")], config: CONFIG = None, as_json: JSON = False
) -> None:
    """What was found for a booking: the same prints before, fingers of two people, an officer's finger."""
    found = station_client(config).get(f"/api/bookings/{booking}/hints")
    if as_json:
        out.print_json(json.dumps(found))
        return
    for one in found["hints"]:
        name = f" ({one['name']})" if one.get("name") else ""
        said = f" Officer {one['said_by']}: {one['said'].replace('_', ' ')}." if one["said"] else ""
        out.print(f"{one['words']}{name}{said}", highlight=False, soft_wrap=True)
    if not found["hints"]:
        out.print("Nothing was found for that booking.")


@app.command("say")
def say(
    booking: Annotated[str, typer.Argument(help="booking number")],
    other: Annotated[str, typer.Argument(help="the booking or officer that the hint names")],
    said: Annotated[str, typer.Argument(help="arrested_again, same_arrest, taken_again, helped, not_the_same, exercise or other")],
    officer: Annotated[str, typer.Option(help="officer id; who is signed in without it")] = "",
    config: CONFIG = None,
) -> None:
    """Say why to a hint, for the record."""
    station_client(config).post(f"/api/bookings/{booking}/hints", {"other": other, "said": said, "officer": officer})
    out.print("Noted.")


@app.command("purge")
def purge(config: CONFIG = None, as_json: JSON = False) -> None:
    """Let go what the policy lets go, now. It happens by itself every hour."""
    gone = station_client(config).post("/api/gallery/purge", {})
    if as_json:
        out.print_json(json.dumps(gone))
        return
    out.print(f"The templates of {len(gone['purged'])} bookings were let go.", highlight=False)


@app.command("expunge")
def expunge(
    booking: Annotated[str, typer.Argument(help="booking number, such as 20261124-7K3M9Q2X")], config: CONFIG = None, as_json: JSON = False
) -> None:
    """Take one booking's templates out for good, and look through every byte for them. The booking itself stays."""
    proof = station_client(config).post("/api/gallery/expunge", {"booking": booking})
    if as_json:
        out.print_json(json.dumps(proof))
    else:
        out.print(_proof_in_words(proof), highlight=False, soft_wrap=True)
    if proof["found"]:
        raise typer.Exit(1)


def _proof_in_words(proof: dict[str, object]) -> str:
    searched = proof["searched"]
    assert isinstance(searched, dict)
    files = ", ".join(f"{size} bytes of {name}" for name, size in searched.items())
    was = "was taken out" if proof["was_there"] else "was not there"
    left = f"{proof['found']} of them are still there" if proof["found"] else "none of them is there"
    return f"Booking {proof['booking']} {was}. {files} were looked through for {proof['wanted']} byte strings of it: {left}."


@app.command("officer")
def officer(
    officer: Annotated[str, typer.Argument(help="officer id: one's own")],
    finger: Annotated[list[str] | None, typer.Option(help="FINGER=FILE, such as 2=index.png; may be repeated")] = None,
    ppi: Annotated[int, typer.Option(min=100, max=2000, help="resolution of the pictures")] = 500,
    forget: Annotated[bool, typer.Option("--forget", help="take one's templates out")] = False,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Leave templates of one's own fingers, of one's own will, so that they are told when they lie on the platen; or take them out."""
    client = station_client(config)
    if forget:
        done = client.post("/api/gallery/officers/forget", {"officer": officer})
        said = "Taken out." if done["was_there"] else "There were none."
    else:
        done = client.post("/api/gallery/officers", {"officer": officer, "ppi": ppi, "fingers": _pictures(finger or [])})
        said = f"Kept: {len(done['fingers'])} fingers. The pictures were not kept."
    if as_json:
        out.print_json(json.dumps(done))
    else:
        out.print(said, highlight=False)


def _pictures(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if not pairs or any(not number.isdigit() or not file for number, _, file in pairs):
        raise UsageError("No finger is given as FINGER=FILE.", do="Give --finger 2=index.png, say; it may be repeated.")
    return {number: base64.b64encode(read_file(Path(file))).decode("ascii") for number, _, file in pairs}
