"""`livescan keys`: the certificates and keys of a station."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from agent.cli.config import CONFIG, settings
from agent.cli.screen import err, out
from agent.errors import UsageError

if TYPE_CHECKING:
    from agent.signing.slots import Use

app = typer.Typer(help="The certificates and keys of a station.", no_args_is_help=True)

DIR = Annotated[Path | None, typer.Option("--dir", help="the key folder; without it, that of the settings")]
JSON = Annotated[bool, typer.Option("--json", help="one JSON document")]
USE = Annotated[str, typer.Argument(help="signing, opening or tls")]


@app.command("init")
def init(
    directory: Annotated[Path, typer.Option("--dir", help="where the keys go")],
    training: Annotated[
        bool, typer.Option("--training", help="make a training CA, a station and a bureau; production refuses them")
    ] = False,
    station: Annotated[str, typer.Option(help="station id, letters, digits and hyphens, 13 at most")] = "LS-0001",
    bureau: Annotated[str, typer.Option(help="name of the training bureau")] = "SIB-TRAINING",
) -> None:
    """Make keys. Only training keys are made here: a real station enrols with its bureau."""
    from agent.clock import SystemClock
    from agent.signing.keys import init_training

    if not training:
        raise UsageError("Only training keys can be made here.", do="Call it with --training; a real station enrols with its bureau.")
    try:
        init_training(directory, station=station, bureau=bureau, clock=SystemClock())
    except OSError as error:
        raise UsageError(f"Cannot write to {directory}: {error.strerror}.", do="Name another folder with --dir.") from error
    out.print(f"Training keys for {station} and {bureau} are in {directory}. Production refuses them.", highlight=False)


@app.command("show")
def show(directory: DIR = None, config: CONFIG = None, as_json: JSON = False) -> None:
    """Every certificate: where its key is kept, until when it holds, what is to be done."""
    from agent.clock import SystemClock
    from agent.signing.inventory import inventory, warnings

    now = SystemClock().now()
    rows = tuple(dict.fromkeys(row for folder in _folders(directory, config) for row in inventory(folder, now)))
    if as_json:
        out.print_json(json.dumps({"keys": [row.as_python() for row in rows], "warnings": warnings(rows)}))
        return
    table = Table("key", "kept in", "kind", "name", "until (UTC)", "state")
    for row in rows:
        until = f"{row.until:%Y-%m-%d}" if row.until else ""
        table.add_row(row.use, row.kept, row.kind, row.name, until, row.state + (", next one asked for" if row.asked else ""))
    out.print(table)
    for sentence in warnings(rows):
        err.print(sentence, highlight=False)


@app.command("request")
def request(
    use: USE,
    target: Annotated[Path | None, typer.Option("--out", help="file for the request, PEM; without it, stdout")] = None,
    directory: DIR = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Make the next key and a request for its certificate, to be carried to the authority. The key in use stays in use."""
    from agent.signing.renewal import ask
    from agent.signing.requests import as_pem

    made = ask(_folder(directory, config, use) / "station", _use(use))
    _given_back(directory, config)
    text = as_pem(made.der)
    if target is not None:
        _write(target, text)
    if as_json:
        out.print_json(json.dumps({"use": made.use, "sha256": made.sha256, "file": str(target) if target else None, "request": text}))
    elif target is None:
        out.print(text, end="", highlight=False)
    else:
        out.print(f"The request for the next {use} certificate is in {target}.", highlight=False)


@app.command("renew")
def renew(
    every: Annotated[bool, typer.Option("--all", help="also those that are not due")] = False,
    directory: DIR = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Ask anew for every certificate that is due. A running station has its uplink ask the EST server."""
    from agent.clock import SystemClock
    from agent.signing.inventory import KeyState, inventory
    from agent.signing.renewal import ask
    from agent.signing.slots import Use

    now, made = SystemClock().now(), []
    for folder in _folders(directory, config):
        states = {row.use: row.state for row in inventory(folder, now)}
        due = [use for use in Use if use in states and (every or states[use] in (KeyState.RENEW, KeyState.EXPIRED, KeyState.REVOKED))]
        made += [ask(folder / "station", use) for use in due]
    _given_back(directory, config)
    if as_json:
        out.print_json(json.dumps({"requests": [{"use": one.use, "sha256": one.sha256} for one in made]}))
        return
    out.print(f"Asked for: {', '.join(one.use for one in made)}." if made else "No certificate is due.", highlight=False)


@app.command("install")
def install(
    certificate: Annotated[
        Path, typer.Argument(help="what the authority issued, PEM or DER; also a new opening certificate of the bureau")
    ],
    use: Annotated[
        str | None, typer.Option("--use", help="signing, opening or tls: the file is an authority's whole answer, PKCS #7")
    ] = None,
    directory: DIR = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Check a certificate and put it in use. A running station takes it within seconds, without a restart."""
    from agent.clock import SystemClock
    from agent.signing.enrol import install_answer
    from agent.signing.installing import install_certificate

    data, now = _read(certificate), SystemClock().now()
    if use is None:
        what = install_certificate(_asked_in(_folders(directory, config), data), data, now)
    else:
        install_answer(_folder(directory, config, use), _use(use), data, now)
        what = use
    _given_back(directory, config)
    if as_json:
        out.print_json(json.dumps({"installed": what}))
        return
    out.print(f"The {what} certificate is in use.", highlight=False)


@app.command("crl")
def crl(
    revocations: Annotated[Path, typer.Argument(help="the authority's revocation list, PEM or DER")],
    directory: DIR = None,
    config: CONFIG = None,
    as_json: JSON = False,
) -> None:
    """Check a revocation list and put it in force."""
    from agent.signing.installing import install_revocations

    data = _read(revocations)
    taken, *_ = [install_revocations(folder, data) for folder in _folders(directory, config)]
    _given_back(directory, config)
    if as_json:
        out.print_json(json.dumps({"revoked": len(taken.revoked), "next": taken.next_at.isoformat() if taken.next_at else None}))
        return
    out.print(f"The list is in force: {len(taken.revoked)} certificates are revoked.", highlight=False)


def _folders(directory: Path | None, config: Path | None) -> tuple[Path, ...]:
    """Of the core, and of the uplink where that is a user of its own. What is not readable from here is left out."""
    if directory is not None:
        return (directory,)
    paths = settings(config).paths
    there = tuple(one for one in dict.fromkeys((paths.keys, paths.tls_keys)) if os.access(one, os.R_OK | os.X_OK))
    return there or (paths.keys,)


def _folder(directory: Path | None, config: Path | None, use: str) -> Path:
    if directory is not None:
        return directory
    paths = settings(config).paths
    return paths.tls_keys if use == "tls" else paths.keys


def _asked_in(folders: tuple[Path, ...], data: bytes) -> Path:
    """The folder with the key that this certificate is for; the first one for everything that is no answer to a request."""
    from agent.signing.installing import read_certificate
    from agent.signing.renewal import waits_for

    certificate = read_certificate(data)
    return next((one for one in folders if waits_for(one / "station", certificate)), folders[0])


def _given_back(directory: Path | None, config: Path | None) -> None:
    """What root wrote belongs to the services."""
    from agent.setting_up import own

    if directory is None:
        own(settings(config).paths)


def _use(text: str) -> Use:
    from agent.signing.slots import Use

    try:
        return Use(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is no use of a key.", do="Say signing, opening or tls.") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.", do="Name another file.") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.", do="Name another file.") from error
