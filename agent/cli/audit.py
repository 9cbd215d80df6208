"""`livescan audit show|verify|export`: what was done at this station, whether the record of it is whole, and the record for a court."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer
from rich.table import Table

from agent.cli.card import JSON, read_file, write_file
from agent.cli.config import CONFIG, settings, station_client
from agent.cli.screen import out

if TYPE_CHECKING:
    from cryptography import x509

    from agent.audit.chain import Verdict

app = typer.Typer(help="What was done at this station, by whom, and whether the record of it is whole.", no_args_is_help=True)
_BESIDE = frozenset({"at", "booking", "door", "event", "n", "outcome", "previous", "sha256", "station", "tcn", "who"})


@app.command("show")
def show(
    booking: Annotated[str, typer.Option(help="entries of this booking only")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="the last so many entries")] = 50,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """The last entries of the record. That it was read is recorded."""
    asked = {"limit": str(limit), **({"booking": booking} if booking else {})}
    found = station_client(config).get(f"/api/audit?{urlencode(asked)}")
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("no.", "at (UTC)", "who", "event", "booking")
    table.add_column("facts", overflow="fold")
    for one in found["entries"]:
        facts = " ".join(f"{name}={str(value)[:16]}" for name, value in one.items() if name not in _BESIDE)
        said = one["event"] if one["outcome"] == "done" else f"{one['event']} ({one['outcome']})"
        table.add_row(str(one["n"]), one["at"][:22].replace("T", " "), one["who"], said, one.get("booking", ""), facts)
    out.print(table)
    if found["trouble"]:
        out.print(f"Sending has stopped. {found['trouble']}", highlight=False, soft_wrap=True)


@app.command("verify")
def verify(
    source: Annotated[
        Path | None, typer.Option("--from", help="a file of `livescan audit export`, instead of this station's record")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="certificate of the authority to believe, with --from")] = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Name the first entry that was altered, deleted or moved; ends with 1 when there is one."""
    verdict = _of_file(source, ca) if source is not None else _of_station(config)
    fault = verdict.fault
    if as_json:
        said: dict[str, Any] = {"first": verdict.first, "last": verdict.last, "signed_to": verdict.signed_to}
        out.print_json(json.dumps(said | {"fault": None if fault is None else {"entry": fault.n, "what": fault.sentence}}))
    elif fault is None:
        signed = f"signed up to {verdict.signed_to} by {verdict.checkpoints} checkpoints"
        out.print(f"Entries {verdict.first} to {verdict.last} are whole, {signed}.", highlight=False)
    else:
        out.print(fault.sentence, highlight=False, soft_wrap=True)
    if fault is not None:
        raise typer.Exit(1)


@app.command("export")
def export(
    *,
    target: Annotated[Path, typer.Option("--out", "-o", help="ZIP file to write")],
    recipient: Annotated[str, typer.Option(help="id of whoever is given it")],
    case: Annotated[str, typer.Option(help="the case file or order for which it is asked")] = "",
    since: Annotated[str, typer.Option(help="first day, YYYY-MM-DD")] = "",
    until: Annotated[str, typer.Option(help="last day, YYYY-MM-DD")] = "",
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Take the record out for a court, with signatures, certificates and how to check them without this program."""
    body = {"recipient": recipient, "case": case, "since": since, "until": until}
    data = station_client(config).download("/api/audit/archive", body)
    write_file(target, data)
    if as_json:
        out.print_json(json.dumps({"file": str(target), "bytes": len(data)}))
    else:
        out.print(f"{target}: {len(data)} bytes; README.txt in it says how it is checked.", highlight=False)


def _of_file(source: Path, ca: Path | None) -> Verdict:
    from agent.audit.evidence import verify_archive

    return verify_archive(read_file(source), None if ca is None else _certificate(ca))


def _of_station(config: Path | None) -> Verdict:
    from agent.audit.evidence import verify_file

    paths = settings(config).paths
    return verify_file(paths.state / "audit", _certificate(paths.keys / "ca" / "ca.crt"))


def _certificate(path: Path) -> x509.Certificate:
    from agent.signing.private_keys import load_certificate

    return load_certificate(path)
