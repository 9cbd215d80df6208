"""`livescan officer add|list|disable|reset|roles`, `sign-in`, `sign-out`, `password`: who may do what at this station."""

from __future__ import annotations

import contextlib
import json
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli.card import JSON
from agent.cli.config import CONFIG, session_file, settings, station_client
from agent.cli.screen import err, out

app = typer.Typer(help="The officers of this station and their roles.", no_args_is_help=True)
ID = Annotated[str, typer.Argument(help="officer id: letters, digits, dots and hyphens; never a name")]
ROLE = Annotated[list[str], typer.Option("--role", help="booking_officer, supervisor, records_liaison, admin or auditor; may be repeated")]


@app.command("add")
def add(officer: ID, role: ROLE, config: CONFIG = None, as_json: JSON = False) -> None:
    """A new officer. Prints the first password and the telephone's secret, once."""
    _enrolled(station_client(config).post("/api/officers", {"officer": officer, "roles": role}), as_json=as_json)


@app.command("list")
def list_officers(config: CONFIG = None, as_json: JSON = False) -> None:
    """Every officer, with roles and state."""
    found = station_client(config).get("/api/officers")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("officer", "roles", "state", "last signed in (UTC)", "security keys")
    for one in found["officers"]:
        last = one["last_at"][:16].replace("T", " ")
        table.add_row(one["officer"], ", ".join(one["roles"]), one["state"], last, str(one["security_keys"]))
    out.print(table)


@app.command("disable")
def disable(officer: ID, config: CONFIG = None, as_json: JSON = False) -> None:
    """Nobody signs in as this officer any more; an open session ends."""
    said = station_client(config).post(f"/api/officers/{officer}/disable", {})
    _say(said, f"Officer {officer} is disabled.", as_json=as_json)


@app.command("reset")
def reset(officer: ID, config: CONFIG = None, as_json: JSON = False) -> None:
    """A new password and telephone secret; releases a locked or disabled account."""
    _enrolled(station_client(config).post(f"/api/officers/{officer}/reset", {}), as_json=as_json)


@app.command("roles")
def roles(officer: ID, role: ROLE, config: CONFIG = None, as_json: JSON = False) -> None:
    """Give an officer these roles, and no others; an open session ends."""
    said = station_client(config).post(f"/api/officers/{officer}/roles", {"roles": role})
    _say(said, f"Officer {officer} is {', '.join(role)}.", as_json=as_json)


def sign_in(officer: ID, config: CONFIG = None, as_json: JSON = False) -> None:
    """Sign in on this terminal: password, then the code of your telephone."""
    from agent.store.files import write_durably

    client = station_client(config)
    for line in client.get("/api/notice")["notice"]:
        err.print(line, highlight=False)
    agreed = typer.confirm("Do you acknowledge this?", err=True)
    password = typer.prompt("Password", hide_input=True, err=True)
    code = typer.prompt("Code", err=True)
    said = client.post("/api/sign-in", {"officer": officer, "password": password, "code": code, "notice": agreed})
    write_durably(session_file(settings(config).paths.runtime), said["token"].encode())
    _say({"officer": said["officer"]}, f"{officer} is signed in.", as_json=as_json)


def sign_out(config: CONFIG = None, as_json: JSON = False) -> None:
    """End the session of this terminal."""
    try:
        station_client(config).post("/api/session/sign-out", {})
    finally:
        with contextlib.suppress(OSError):
            session_file(settings(config).paths.runtime).unlink()
    _say({"session": "ended"}, "Signed out.", as_json=as_json)


def password(config: CONFIG = None, as_json: JSON = False) -> None:
    """Change your own password."""
    old = typer.prompt("Old password", hide_input=True, err=True)
    new = typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    said = station_client(config).post("/api/session/password", {"password": old, "new": new})
    _say(said, "The password is changed.", as_json=as_json)


def _enrolled(made: Any, *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(made))
        return
    out.print(f"First password of {made['officer']}, to be changed at once: {made['password']}", highlight=False, markup=False)
    out.print(f"For the telephone: {made['uri']}", highlight=False, markup=False, soft_wrap=True)
    out.print("Neither is shown again.")


def _say(said: Any, sentence: str, *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(said))
    else:
        out.print(sentence, highlight=False)
