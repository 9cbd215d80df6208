"""`livescan program add|list|revoke`: tokens of the programs that ask without a person, the jail system and the monitor."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from agent.cli.card import JSON
from agent.cli.config import CONFIG, station_client
from agent.cli.screen import out

app = typer.Typer(help="Programs that may ask this station: the jail system, a monitor.", no_args_is_help=True)
NAME = Annotated[str, typer.Argument(help="the program's name: letters, digits, dots and hyphens")]
ROLE = Annotated[list[str], typer.Option("--role", help="jail_system or monitor; may be repeated")]


@app.command("add")
def add(name: NAME, role: ROLE, config: CONFIG = None, as_json: JSON = False) -> None:
    """A token for a program. Printed once; adding the same name again replaces its token."""
    made = station_client(config).post("/api/programs", {"program": name, "roles": role})
    if as_json:
        out.print_json(json.dumps(made))
    else:
        out.print(f"Token of {made['program']}, shown once. It goes into 'Authorization: Bearer …':\n{made['token']}", soft_wrap=True)


@app.command("list")
def list_programs(config: CONFIG = None, as_json: JSON = False) -> None:
    """Every program that was ever given a token."""
    found = station_client(config).get("/api/programs")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("program", "roles", "added (UTC)", "revoked (UTC)")
    for one in found["programs"]:
        times = (str(one[at] or "")[:16].replace("T", " ") for at in ("added_at", "revoked_at"))
        table.add_row(one["program"], ", ".join(one["roles"]), *times)
    out.print(table)


@app.command("revoke")
def revoke(name: NAME, config: CONFIG = None, as_json: JSON = False) -> None:
    """Its token opens nothing from now on."""
    said = station_client(config).post(f"/api/programs/{name}/revoke", {})
    if as_json:
        out.print_json(json.dumps(said))
    else:
        out.print(f"The token of {said['program']} opens nothing any more.")
