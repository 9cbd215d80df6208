"""`livescan devices`: what is plugged in, which driver speaks to it, who has it, and what is wrong with it in words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import config as cfg

if TYPE_CHECKING:
    from agent.settings import Settings
    from drivers.discovery import Found
    from drivers.serial_ports import SerialPort

OWNER = "livescan devices"
DEFAULT_RUNTIME = Path("/run/livescan")  # as config/station-defaults.toml, for a machine that has no station.toml yet
TOLD = {"firmware": "firmware", "link": "USB link", "certified": "certification"}
COLUMNS = {
    "driver": "driver",
    "make": "make",
    "model": "model",
    "serial": "serial number",
    "where": "where",
    "held_by": "in use by",
    "problem": "problem",
}


def devices(
    config: cfg.CONFIG = None,
    usbip: Annotated[str | None, typer.Option(help="also look on a USB/IP server: unix:/path or tcp:127.0.0.1:PORT")] = None,
    self_test: Annotated[bool, typer.Option("--self-test", help="have the station's scanner test itself first")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """List the devices that are plugged in, and what the running station knows of its scanner: firmware, calibration, last errors."""
    settings = _settings(config)
    rows = found_devices(
        (settings.paths.leases if settings else DEFAULT_RUNTIME / "leases"),
        usbip or (settings.scanner.usbip if settings else "") or None,
    )
    scanner, why = station_scanner(config, settings, self_test=self_test)
    beside = cfg.station_client(config).get("/api/devices/beside") if scanner is not None else None
    if as_json:
        sys.stdout.write(json.dumps({"devices": rows, "scanner": scanner, "scanner_why": why, "beside": beside}, indent=2) + "\n")
    else:
        _show(rows)
        _show_scanner(scanner, why, beside)


def station_scanner(config: Path | None, settings: Settings | None, *, self_test: bool = False) -> tuple[dict[str, Any] | None, str]:
    """What the core says of its scanner; None and why, where it says nothing. Raises LivescanError where a self-test is refused."""
    from agent.errors import LivescanError

    if settings is None:
        return None, "This machine has no station's settings yet."
    client = cfg.station_client(config)
    if self_test:
        return client.post("/api/devices/self-test", {}), ""
    try:
        return client.get("/api/devices"), ""
    except LivescanError as error:
        return None, str(error)


def found_devices(leases: Path, usbip: str | None) -> list[dict[str, str]]:
    """One row a device. Raises DeviceError when there is no USB library, or no server at the address."""
    from drivers.discovery import find
    from drivers.lease import Leases
    from drivers.serial_ports import serial_ports

    held = Leases(leases, OWNER)
    rows = [_usb_row(found, "usb") for found in find(leases=held)]
    if usbip is not None:
        rows += [_usb_row(found, usbip) for found in find(usbip=usbip, leases=held)]
    return rows + [_serial_row(port) for port in serial_ports()]


def _settings(config: Path | None) -> Settings | None:
    """The station's, where it has any: this command is also for a machine that is being set up."""
    return cfg.settings(config) if config is not None or cfg.config_path(None).exists() else None


def _usb_row(found: Found, bus: str) -> dict[str, str]:
    problem = found.problem
    return {
        "driver": found.driver,
        "make": found.make,
        "model": found.model,
        "serial": found.serial,
        "usb_id": found.usb_id,
        "where": bus,
        "held_by": str(found.holder or ""),
        "problem": f"{problem.what} {problem.do}" if problem else "",
    }


def _serial_row(port: SerialPort) -> dict[str, str]:
    unknown = "" if port.driver else "It does not say what hangs on it."
    row = {"driver": port.driver, "make": port.make, "model": port.model, "serial": port.serial, "usb_id": port.usb_id}
    return row | {"where": port.path, "held_by": "", "problem": unknown}


def _show_scanner(found: dict[str, Any] | None, why: str, beside: dict[str, Any] | None) -> None:
    from agent.cli.screen import err, out

    if found is None:
        err.print(f"Of the station's scanner no more is known. {why}", markup=False, highlight=False, soft_wrap=True)
        return
    for line in (*scanner_lines(found), *beside_lines(beside or {})):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def scanner_lines(found: dict[str, Any]) -> list[str]:
    """In words, with what it does not tell said too."""
    calibration, test = found["calibration"], found["self_test"]
    lines = [f"The station's scanner: {found['name'] or 'not there'}{', a booking has it' if found['busy'] else ''}"]
    lines += [f"  {name}: {_told(found[key])}" for key, name in TOLD.items()]
    at, due = (str(calibration[key] or "")[:10] for key in ("at", "due"))
    again = f", due again on {due}" if due else ""
    lines.append(f"  calibrated: {at or 'it does not tell'}{again} ({calibration['state'].replace('_', ' ')})")
    said = "not since the start" if test is None else "passed" if test["passed"] else f"failed: {test['finding']}"
    lines.append(f"  self-test: {said}")
    return [*lines, *_errors(found)]


def beside_lines(found: dict[str, Any]) -> list[str]:
    """The pedal and the camera, where the station's settings name one."""
    lines = []
    if pedal := found.get("pedal"):
        who = f", {pedal['serial']}, firmware {pedal['firmware']}" if pedal["serial"] else ""
        lines += [f"The foot pedal at {pedal['port']}: {pedal['state']}{who}", *_errors(pedal)]
    if camera := found.get("camera"):
        lines += [f"The camera {camera['source']}: {camera['state']}{camera['model'] and ', ' + camera['model']}", *_errors(camera)]
    return lines


def _errors(found: dict[str, Any]) -> list[str]:
    return [f"  {one['last']} ({one['count']}x) {one['what']} {one['do']}".rstrip() for one in found["errors"]]


def _told(value: str | None) -> str:
    return "not asked yet" if value is None else value or "it does not tell"


def _show(rows: list[dict[str, str]]) -> None:
    from rich.table import Table

    from agent.cli.screen import err, out

    if not rows:
        err.print("No device is plugged in.")
        return
    table = Table(box=None)
    for title in COLUMNS.values():
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(row[column] for column in COLUMNS))
    out.print(table)
