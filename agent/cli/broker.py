"""`livescan broker`: configurations of the brokers that stations and bureau meet on."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.screen import out

app = typer.Typer(help="Configurations for the broker that stations and bureau meet on.", no_args_is_help=True)


class Kind(StrEnum):
    MOSQUITTO = "mosquitto"
    NATS = "nats"
    RABBITMQ = "rabbitmq"


@app.command("write")
def write(
    kind: Annotated[Kind, typer.Argument(help="mosquitto for a site; nats, three nodes, or rabbitmq for a state")],
    directory: Annotated[Path, typer.Option("--out", help="where the files go")],
    bureau: Annotated[Path, typer.Option(help="TLS certificate of the bureau, PEM")],
    ca: Annotated[Path, typer.Option(help="certificate of the authority, PEM")],
    cert: Annotated[Path, typer.Option(help="the broker's own certificate, PEM")],
    key: Annotated[Path, typer.Option(help="its key")],
    station: Annotated[list[Path] | None, typer.Option(help="TLS certificate of a station; mosquitto needs none")] = None,
    watcher: Annotated[list[Path] | None, typer.Option(help="TLS certificate of who may see how stations are (docs/fleet.md)")] = None,
    administrator: Annotated[list[Path] | None, typer.Option(help="TLS certificate of who may ask something of them too")] = None,
    crl: Annotated[Path | None, typer.Option(help="revocation list of the authority, PEM")] = None,
    host: Annotated[str, typer.Option(help="address to listen on")] = "0.0.0.0",  # noqa: S104  a broker serves its network
    port: Annotated[int, typer.Option(help="MQTT over TLS")] = 8883,
    nodes: Annotated[str, typer.Option(help="nats: host names of the three nodes, by commas")] = "",
    user: Annotated[str, typer.Option(help="whom mosquitto becomes when it is started by root")] = "mosquitto",
    state: Annotated[Path, typer.Option(help="where the broker keeps its queues")] = Path("/var/lib/livescan-broker"),
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Write a broker's configuration: mutual TLS, revocation, rights by the name in the certificate."""
    from agent.brokers import write as writing
    from agent.brokers.access_list import Role, member, not_revoked
    from agent.brokers.files import BrokerFiles, Place

    files, place = BrokerFiles(ca, cert, key, crl), Place(state, host, port)
    kinds = ((Role.STATION, station), (Role.WATCHER, watcher), (Role.ADMINISTRATOR, administrator))
    listed = [(role, one) for role, given in kinds for one in (not_revoked(given or [], crl) if crl else given or [])]
    stations = [member(one, role) for role, one in listed if role is Role.STATION]
    others = [member(one, role) for role, one in listed if role is not Role.STATION]
    sib = member(bureau, Role.BUREAU)
    if kind is Kind.MOSQUITTO:
        written = writing.write_mosquitto(directory, place, files, sib, stations, others=others, user=user)
    elif kind is Kind.NATS:
        hosts = [one for one in nodes.split(",") if one]
        written = writing.write_nats(directory, place, files, sib, [*stations, *others], hosts=hosts)
    else:
        written = writing.write_rabbitmq(directory, place, files, sib, [*stations, *others])
    if as_json:
        out.print_json(json.dumps({"files": [str(path) for path in written]}))
        return
    for path in written:
        out.print(str(path), highlight=False)
    if kind is Kind.MOSQUITTO and user != "root":
        out.print(f"Started by root it becomes the user {user}, which must be able to read {key} and to write {state} (docs/brokers.md).")
