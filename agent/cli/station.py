"""`livescan init`, `check`, `idle`: a station is made, its settings are checked, and whether it may be stopped now."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.config import CONFIG, config_path
from agent.cli.screen import err, out
from agent.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from agent.setting_up import Station
    from agent.settings import PathSettings

JSON = Annotated[bool, typer.Option("--json", help="one JSON document")]
_TRAINING = {
    "station": "LS-TRAINING",
    "ori": "ZZ0010000",
    "agency": "TRAINING COUNTY SHERIFF",
    "time_zone": "UTC",
    "bureau": "SIB-TRAINING",
    "bureau_ori": "ZZSIB0000",
    "host": "127.0.0.1",
}
_PORT = 8883  # MQTT over TLS, IANA secure-mqtt


@dataclass(frozen=True)
class _Said:
    """What was given on the command line; "" is asked for."""

    station: str
    ori: str
    agency: str
    time_zone: str
    bureau: str
    bureau_ori: str
    host: str
    port: int

    def asked(self, name: str, question: str) -> str:
        value = str(getattr(self, name))
        if value:
            return value
        if not sys.stdin.isatty():
            raise UsageError(f"The option for '{question}' is missing.", do="Give it, or run this in a terminal, where it is asked for.")
        return str(typer.prompt(question, err=True))


def init(
    config: CONFIG = None,
    training: Annotated[bool, typer.Option("--training", help="a training station, with keys that production refuses")] = False,
    if_new: Annotated[bool, typer.Option("--if-new", help="do nothing where a station has been made already")] = False,
    station: Annotated[str, typer.Option(help="id of this station, as the authority shall certify it")] = "",
    ori: Annotated[str, typer.Option(help="this agency's ORI")] = "",
    agency: Annotated[str, typer.Option(help="this agency's name")] = "",
    time_zone: Annotated[str, typer.Option("--time-zone", help="IANA name, America/Chicago say")] = "",
    bureau: Annotated[str, typer.Option("--bureau", help="common name of the bureau's certificates")] = "",
    bureau_ori: Annotated[str, typer.Option("--bureau-ori", help="the state bureau's ORI, never the FBI's")] = "",
    host: Annotated[str, typer.Option(help="the broker's host name")] = "",
    port: Annotated[int, typer.Option(help="the broker's MQTT port over TLS")] = _PORT,
    authority: Annotated[Path | None, typer.Option("--ca", help="the authority's certificate, PEM")] = None,
    bureau_certificate: Annotated[Path | None, typer.Option("--bureau-certificate", help="the bureau's opening certificate, PEM")] = None,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="network the uplink may reach; without it, the host's addresses")
    ] = None,
    requests: Annotated[Path | None, typer.Option(help="where certificate requests are put; without it, beside the settings")] = None,
    as_json: JSON = False,
) -> None:
    """Make a station: its settings, its keys, and the requests that its authority has to answer. May be run again."""
    from agent import setting_up

    path = config_path(config)
    if if_new and not setting_up.fresh(path):
        return
    said = _Said(station, ori, agency, time_zone, bureau, bureau_ori, host, port)
    try:
        told = _training(path, said) if training else _production(path, said, _optional(authority), _optional(bureau_certificate), requests)
        if not training and setting_up.UPLINK_DROP_IN.parent.parent.is_dir() and path == config_path(None):
            told["uplink may reach"] = setting_up.addresses(told["host"], allow or [])
            setting_up.write_drop_in(told["uplink may reach"])
    except OSError as error:
        raise ConfigError(f"Cannot write {error.filename}: {error.strerror}.", do="Run it as root, or give --config.") from error
    _tell(told, as_json=as_json)


def _training(path: Path, said: _Said) -> dict[str, Any]:
    from agent import setting_up
    from agent.clock import SystemClock
    from agent.settings import load_paths

    def of(name: str) -> str:
        return str(getattr(said, name)) or _TRAINING[name]

    station = {"id": of("station"), "environment": "training", "ori": of("ori"), "agency": of("agency"), "time_zone": of("time_zone")}
    bureau: dict[str, Any] = {"name": of("bureau"), "ori": of("bureau_ori"), "host": of("host"), "port": said.port}
    settings = setting_up.write_station(path, setting_up.Station({"station": station, "bureau": bureau}))
    if not (settings.paths.keys / "station").exists():
        setting_up.training_keys(load_paths(path), station=of("station"), bureau=of("bureau"), clock=SystemClock())
    return {"station": of("station"), "environment": "training", "file": str(setting_up.station_file(path)), "host": settings.bureau.host}


def _production(path: Path, said: _Said, authority: bytes | None, bureau: bytes | None, requests: Path | None) -> dict[str, Any]:
    from agent import setting_up

    paths = _paths(path)
    station = _station(said)
    settings = setting_up.write_station(path, station)
    if _has_training_keys(paths):
        setting_up.remove_training(paths)
    made = setting_up.production_keys(paths, settings.station.id, settings.station.agency, requests or path.parent / "requests")
    if authority is not None:
        setting_up.trust(paths, authority, bureau)
    return {
        "station": settings.station.id,
        "environment": "production",
        "file": str(setting_up.station_file(path)),
        "host": settings.bureau.host,
        "requests": [str(one) for one in made],
        "do": _next_steps(authority, bureau),
    }


def _station(said: _Said) -> Station:
    from agent.setting_up import Station

    return Station(
        {
            "station": {
                "id": said.asked("station", "Id of this station"),
                "environment": "production",
                "ori": said.asked("ori", "ORI of this agency"),
                "agency": said.asked("agency", "Name of this agency"),
                "time_zone": said.asked("time_zone", "Time zone (America/Chicago say)"),
            },
            "bureau": {
                "name": said.asked("bureau", "Name of the state bureau, as in its certificates"),
                "ori": said.asked("bureau_ori", "ORI of the state bureau"),
                "host": said.asked("host", "Host name of its broker"),
                "port": said.port,
            },
        }
    )


def _next_steps(authority: bytes | None, bureau: bytes | None) -> list[str]:
    steps = ["Carry the requests to the authority."]
    if authority is None or bureau is None:
        steps.append("Run this again with --ca and --bureau-certificate, as the authority gives them.")
    return [*steps, "For each certificate that comes back: livescan keys install FILE.", "Then: systemctl restart livescan-agent.target"]


def _has_training_keys(paths: PathSettings) -> bool:
    from agent.errors import LivescanError
    from agent.signing.keys import is_training
    from agent.signing.private_keys import load_certificate

    try:
        return is_training(load_certificate(paths.keys / "ca" / "ca.crt"))
    except LivescanError:
        return False


def _paths(path: Path) -> PathSettings:
    from agent.settings import load_paths

    if not path.exists():
        raise ConfigError(f"There is no {path}.", do="Give the settings file with --config.")
    return load_paths(path)


def _optional(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.", do="Name another file.") from error


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(told))
        return
    out.print(f"{told['station']} is a {told['environment']} station. Its settings are in {told['file']}.", highlight=False, soft_wrap=True)
    for one in told.get("requests", ()):
        out.print(f"Certificate request: {one}", highlight=False, soft_wrap=True)
    for n, step in enumerate(told.get("do", ()), start=1):
        out.print(f"{n}. {step}", highlight=False, soft_wrap=True)


def check(config: CONFIG = None, as_json: JSON = False) -> None:
    """Whether the settings are right; file, line, key and remedy of everything that is not. Ends with 78 when there is any."""
    from agent.settings import WrongSettings, load_settings, settings_files

    path = config_path(config)
    try:
        load_settings(path)
        faults: list[dict[str, Any]] = []
    except WrongSettings as wrong:
        faults = [one.as_python() for one in wrong.faults]
    if as_json:
        out.print_json(json.dumps({"files": [str(one) for one in settings_files(path)], "faults": faults}))
    elif not faults:
        out.print(f"The settings are right: {', '.join(str(one) for one in settings_files(path))}.", highlight=False, soft_wrap=True)
    for one in [] if as_json else faults:
        where = one["file"] + (f" line {one['line']}" if one["line"] else "")
        err.print(f"{where}: {one['key'] or 'not readable'}: {one['what']}. {one['do']}", highlight=False, markup=False, soft_wrap=True)
    if faults:
        raise typer.Exit(ConfigError.exit_code)


def idle(config: CONFIG = None, as_json: JSON = False) -> None:
    """Whether the station may be stopped now: ends with 0 when no booking is being taken, with 1 when one is."""
    from agent.settings import load_settings
    from agent.web.client import CoreClient, CoreUnreachable

    try:
        status = CoreClient(load_settings(config_path(config)).paths.core_socket, timeout=5.0).get("/api/status")
        taking = int(status["open"])
    except (CoreUnreachable, ConfigError):
        taking = 0  # nobody runs here, so nobody's booking is under way
    if as_json:
        out.print_json(json.dumps({"idle": taking == 0, "open": taking}))
    else:
        out.print("No booking is being taken." if not taking else f"Bookings being taken: {taking}.", highlight=False)
    if taking:
        raise typer.Exit(1)
