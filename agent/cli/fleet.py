"""`livescan fleet`: many stations, from wherever their broker is reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from agent.cli.screen import out
from agent.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from agent.delivery.mqtt import MqttSettings
    from agent.fleet.standing import Standing

app = typer.Typer(help="Many stations: how each is, and the few things that may be asked of one.", no_args_is_help=True)

BROKER = Annotated[str, typer.Option(help="HOST:PORT of the broker, MQTT over TLS")]
CA = Annotated[Path, typer.Option(help="certificate of the authority, PEM")]
CERT = Annotated[Path, typer.Option(help="your own TLS certificate, PEM: its rights on the broker are in docs/brokers.md")]
KEY = Annotated[Path, typer.Option(help="its key")]
CRL = Annotated[Path | None, typer.Option(help="revocation list of the authority")]
_COLOUR = {"false": "magenta", "cannot": "red", "silent": "blue", "waits": "yellow", "soon": "yellow", "good": "green"}


@app.command("report")
def report(
    broker: BROKER,
    ca: CA,
    cert: CERT,
    key: KEY,
    roster: Annotated[Path | None, typer.Option(help="the stations that there should be: a line each, id, then a comma and a name")] = None,
    target: Annotated[Path | None, typer.Option("--out", help="the page, one HTML file that stands by itself")] = None,
    svg: Annotated[Path | None, typer.Option(help="all stations as one drawing")] = None,
    png: Annotated[Path | None, typer.Option(help="the same as PNG")] = None,
    crl: CRL = None,
    within: Annotated[float, typer.Option(min=1, max=600, help="seconds to listen at most")] = 30.0,
    whole: Annotated[bool, typer.Option("--all", help="the table shows the good ones too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """How all stations are, worst first, as the broker retains it. Ends with 1 when one cannot work or is not believed."""
    from agent.clock import SystemClock
    from agent.fleet.collect import collect, watching
    from agent.fleet.judge import judged
    from agent.fleet.page import overview, page
    from agent.fleet.picture import picture
    from agent.fleet.roster import read_roster
    from agent.fleet.standing import Grade, standings
    from agent.signing.private_keys import load_certificate
    from agent.signing.revocations import load_revocations

    trust = load_certificate(ca)
    revocations = load_revocations(crl, trust) if crl is not None else None
    named = read_roster(_read(roster)) if roster is not None else {}
    found = collect(watching(link_of(broker, ca, cert, key, crl)), expected=named, within=within)
    now = SystemClock().now()
    rows = standings(judged(found, trust, now, revocations), named, now)
    _write(target, lambda: page(rows, now, broker).encode())
    _write(svg, lambda: overview(rows).encode())
    _write(png, lambda: picture(rows))
    if as_json:
        out.print_json(json.dumps({"at": now.isoformat(), "strange": found.strange, "stations": [as_python(one) for one in rows]}))
    else:
        out.print(_table([one for one in rows if whole or one.grade is not Grade.GOOD], now))
        out.print(_counted(rows), highlight=False)
    if any(one.grade in (Grade.FALSE, Grade.CANNOT) for one in rows):
        raise typer.Exit(1)


def link_of(broker: str, ca: Path, cert: Path, key: Path, crl: Path | None) -> MqttSettings:
    from agent.delivery.mqtt import MqttSettings

    host, colon, port = broker.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(f"'{broker}' is no HOST:PORT.", do="Give the broker as broker.example:8883.")
    return MqttSettings(host.strip("[]"), int(port), client_id=name_of(cert), ca=ca, cert=cert, key=key, crl=crl)


def name_of(cert: Path) -> str:
    """The common name of a TLS certificate."""
    from agent.signing.certificates import common_name
    from agent.signing.private_keys import load_certificate

    return common_name(load_certificate(cert)) or "fleet"


def as_python(one: Standing) -> dict[str, Any]:
    """A station in JSON values."""
    from agent.fleet.standing import certificates_of

    told, status = one.heard.report, one.heard.status
    facts: dict[str, Any] = {} if told is None else {key: _plain(value) for key, value in vars(told).items()}
    return {
        **facts,
        "station": one.station,
        "name": one.name,
        "on_roster": one.on_roster,
        "grade": str(one.grade),
        "reasons": [{"words": words, "since": _plain(since)} for words, since in one.reasons],
        "last_heard": _plain(one.last_heard),
        "online": None if status is None else status.online,
        "certificates": {use: _plain(end) for use, end in certificates_of(one.heard).items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{"words": one.words, "since": one.since.isoformat()} for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value


def _table(rows: list[Standing], now: datetime) -> Table:
    from agent.fleet.page import WORDS
    from agent.fleet.standing import ago, span

    table = Table("station", "", "what, and since when", "last heard", "waiting")
    for one in rows:
        told = one.heard.report
        said = "\n".join(f"{words}{'' if since is None else f' ({span(now - since)})'}" for words, since in one.reasons)
        name = f"{one.station} {one.name}".strip() + ("" if one.on_roster else "\nnot on the roster")
        heard = "never" if one.last_heard is None else ago(now - one.last_heard)
        table.add_row(
            _safe(name), f"[{_COLOUR[one.grade]}]{WORDS[one.grade]}[/]", _safe(said), heard, "" if told is None else str(told.waiting)
        )
    return table


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _counted(rows: list[Standing]) -> str:
    from agent.fleet.page import summary

    return f"{len(rows)} stations: {summary(rows)}"


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The file {path} cannot be read.", do="Name the roster of your stations with --roster.") from error


def _write(path: Path | None, made: Any) -> None:
    if path is None:
        return
    try:
        path.write_bytes(made())
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.", do="Name another file.") from error
