"""`livescan retention show|run|hold|lift|expunge`: what this station keeps, for how long, and how it is destroyed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli.card import write_file
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out

app = typer.Typer(help="What this station keeps, for how long, and how it is destroyed.", no_args_is_help=True)
JSON = Annotated[bool, typer.Option("--json", help="one JSON document")]
BOOKING = Annotated[str, typer.Argument(help="booking number, such as 20261124-7K3M9Q2X")]
CASE = Annotated[str, typer.Option("--case", help="number of the case, such as CR-2026-0117")]
OFFICER = Annotated[str, typer.Option(help="officer id, where nobody is signed in")]
_PATIENCE = 600.0  # s; a large database is searched, and written anew if need be


@app.command("show")
def show(config: CONFIG = None, as_json: JSON = False) -> None:
    """Every booking with why it stays or when it goes, the legal holds, and the policy."""
    found = station_client(config).get("/api/retention")
    if as_json:
        out.print_json(json.dumps(found))
        return
    policy = found["policy"]["bookings"]
    table = Table(
        "booking", "last (UTC)", "may go after", title=f"Kept {policy['days_after_answer']} days after the answer", title_justify="left"
    )
    table.add_column("stays because", overflow="fold")
    for one in found["bookings"]:
        table.add_row(one["booking"], one["last"][:16], one["goes_after"][:10], " ".join(one["words"]) or "It goes with the next run.")
    out.print(table if found["bookings"] else "No booking is kept here.")
    for hold in found["holds"]:
        out.print(f"Legal hold on {hold['booking']}: {hold['case_ref']}, {hold['why']}, by {hold['placed_by']}.", highlight=False)
    last = found["last_run"]
    out.print(f"Last run: {last['at'][:16]} UTC, {last['purged']} purged." if last else "It has not run yet.", highlight=False)
    if found["trouble"]:
        out.print(found["trouble"], highlight=False, soft_wrap=True)


@app.command("run")
def run(
    dry: Annotated[bool, typer.Option("--dry", help="only say what would go")] = False,
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Purge by the policy now; the core does it daily by itself."""
    found = station_client(config, timeout=_PATIENCE).post("/api/retention/run", {"dry": dry, "officer": officer})
    if as_json:
        out.print_json(json.dumps(found))
        return
    word = "would go" if dry else "purged"
    for booking in found["purged"]:
        out.print(f"{booking}: {word}", highlight=False)
    out.print(f"{len(found['purged'])} bookings {word}, {found['kept']} stay.", highlight=False)


@app.command("hold")
def hold(
    booking: BOOKING,
    case: CASE,
    why: Annotated[str, typer.Option(help="litigation, investigation, complaint, records_request, court_order")],
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Nothing destroys that booking until the hold is lifted."""
    _changed("hold", {"booking": booking, "case": case, "why": why, "officer": officer}, config, as_json)


@app.command("lift")
def lift(
    booking: BOOKING,
    case: Annotated[str, typer.Option("--case", help="the case number of the hold")],
    why: Annotated[str, typer.Option(help="ended, court_order …")] = "ended",
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Lift a legal hold."""
    _changed("lift", {"booking": booking, "case": case, "why": why, "officer": officer}, config, as_json)


@app.command("expunge")
def expunge(
    booking: BOOKING,
    *,
    order: Annotated[str, typer.Option(help="number of the order")],
    why: Annotated[str, typer.Option(help="court_order, statute, no_charges, wrong_person")],
    target: Annotated[Path, typer.Option("--out", "-o", help="the proof: FILE, and beside it its signature .sig and certificate .crt")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    officer: OFFICER = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Destroy one booking on order, for good, and write the proof of it."""
    if not yes:
        typer.confirm(f"Booking {booking} is destroyed for good. Go on?", abort=True, err=True)
    said = {"booking": booking, "order": order, "why": why, "officer": officer}
    found = station_client(config, timeout=_PATIENCE).post("/api/retention/expunge", said)
    proof = found["proof"]
    write_file(target, proof["text"].encode())
    write_file(target.with_suffix(".sig"), bytes.fromhex(proof["signature"]))
    write_file(target.with_suffix(".crt"), proof["certificate"].encode())
    if as_json:
        out.print_json(json.dumps(found))
    else:
        said_ = f"{found['files']} files and {found['rows']} rows are destroyed, {found['traces']} traces found."
        out.print(f"{booking}: {said_} Proof: {target}.", highlight=False, soft_wrap=True)


def _changed(what: str, said: dict[str, str], config: Path | None, as_json: bool) -> None:
    found: dict[str, Any] = station_client(config).post(f"/api/retention/{what}", said)
    if as_json:
        out.print_json(json.dumps(found))
    else:
        out.print(f"{found['booking']}: the legal hold is {found['hold']}.", highlight=False)
