"""Its folders and keys, its scanner, and whether its services do their work."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.clock import Clock
from agent.doctor.findings import Finding, bad, good, note, unknown
from agent.errors import LivescanError
from agent.setting_up import CORE_USER, UPLINK_USER
from agent.settings import Settings
from agent.signing.inventory import inventory, warnings
from agent.web.client import CoreClient
from drivers.discovery import find
from drivers.errors import DeviceError
from drivers.lease import Leases

UNITS = ("livescan-core.service", "livescan-uplink.service")
DECODER = "livescan-decode.socket"
PROPERTIES = ("ActiveState", "SubState", "NRestarts", "Result", "ExecMainStatus", "MemoryCurrent", "TasksCurrent", "UnitFileState")


def folders(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    """Nobody but their owners reads what is in them."""
    paths = settings.paths
    owners = {paths.state: CORE_USER, paths.keys: CORE_USER, paths.uplink_state: UPLINK_USER, paths.tls_keys: UPLINK_USER}
    wrong = [found for path, user in owners.items() for found in _wrong(path, user, apart=paths.uplink is not None)]
    yield from wrong or [good("folders", "State and keys can be read by their owners alone.")]


def _wrong(path: Path, user: str, *, apart: bool) -> Iterator[Finding]:
    try:
        found = path.stat()
    except FileNotFoundError:
        yield note("folders", f"{path} is not there yet.", "`livescan init` makes keys, the first start the rest.")
        return
    if stat.S_IMODE(found.st_mode) & 0o077:
        yield bad("folders", f"{path} is open to others on this machine.", f"chmod 700 {path}")
    if apart and found.st_uid != _uid(user, found.st_uid):
        yield bad("folders", f"{path} does not belong to {user}.", f"chown -R {user}: {path}")


def _uid(user: str, otherwise: int) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return otherwise


def keys(settings: Settings, clock: Clock) -> Iterator[Finding]:
    where = tuple(dict.fromkeys((settings.paths.keys, settings.paths.tls_keys)))
    if not all(os.access(one, os.R_OK | os.X_OK) for one in where):
        yield unknown("keys", "The key folders cannot be read from here.", "Run this as root.")
        return
    rows = tuple(dict.fromkeys(row for one in where for row in inventory(one, clock.now())))
    told = warnings(rows)
    for sentence in told:
        yield bad("keys", sentence, "docs/trust.md has the steps.")
    if not told:
        ends = min(row.until for row in rows if row.until is not None and "retired" not in row.use)
        yield good("keys", f"{len(rows)} certificates are in order; the first ends on {ends:%Y-%m-%d}.")


def scanner(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    try:
        found = find(usbip=settings.scanner.usbip or None, leases=Leases(settings.paths.leases, "livescan doctor"))
    except DeviceError as trouble:
        yield bad("scanner", str(trouble), "Check cable and power, then: livescan devices")
        return
    wanted = settings.scanner.serial
    there = [one for one in found if wanted in ("", one.serial)]
    for one in (one for one in there if one.problem):
        yield bad("scanner", f"A {one.driver} device cannot be used: {one.problem}", "livescan devices shows all of them.")
    if not there:
        yield bad(
            "scanner", "No scanner is plugged in" + (f" with serial number {wanted}." if wanted else "."), "Plug it in; livescan devices."
        )
    elif not any(one.problem for one in there):
        yield good(
            "scanner", f"{len(there)} scanner{'s are' * (len(there) > 1)}{' is' * (len(there) == 1)} plugged in ({there[0].driver})."
        )


def services(_settings: Settings, _clock: Clock) -> Iterator[Finding]:
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").exists():
        yield note("services", "This machine is not run by systemd; the station is started with `livescan run`.")
        return
    for unit in (*UNITS, DECODER):
        yield _service(unit, unit_state(unit))


def unit_state(unit: str) -> Mapping[str, str]:
    """What systemd says of it; nothing in it is free text."""
    command = ["systemctl", "show", unit, *(f"--property={name}" for name in PROPERTIES)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
    return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)


def _service(unit: str, state: Mapping[str, str]) -> Finding:
    status, restarts = state.get("ExecMainStatus", "0"), state.get("NRestarts", "0")
    if state.get("ActiveState") != "active":
        do = "livescan check" if status == "78" else f"journalctl -u {unit}; systemctl restart {unit}"
        return bad("services", f"{unit} is {state.get('ActiveState', 'not known')} (exit status {status}).", do)
    if restarts not in ("0", ""):
        return note("services", f"{unit} runs; it was started again {restarts} times.", f"journalctl -u {unit} says why.")
    return good("services", f"{unit} runs.")


def core(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    try:
        status = core_status(settings)
    except LivescanError as error:
        yield bad("core", error.what, "systemctl start livescan-core, or `livescan run`.")
        return
    yield good("core", f"The core answers; bookings being taken: {status['open']}; without a receipt: {status['unreceipted']}.")
    if not status["uplink"]:
        yield bad("core", "The uplink is not connected to the core: what is sealed waits.", "systemctl status livescan-uplink")
    if status["audit"]:
        yield bad("core", "The audit record cannot be written or is broken: nothing is sent.", "livescan audit verify")
    if status["manual"]:
        yield note("core", f"{status['manual']} messages of the bureau wait for a person.", "They are on the liaison's page.")


def core_status(settings: Settings) -> Mapping[str, Any]:
    """Raises CoreUnreachable, CoreRefused."""
    found: Mapping[str, Any] = CoreClient(settings.paths.core_socket, timeout=5.0).get("/api/status")
    return found
