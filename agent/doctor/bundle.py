"""The bundle for whoever helps, by allow-list: only what is named here gets in, and only as numbers, words of our own lists, and times.

No string that somebody typed is taken: not from settings, keys, bookings, the journal or a device. So nobody's name, number or print can
be in it, wherever they were put.
"""

from __future__ import annotations

import io
import json
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from agent.clock import Clock
from agent.doctor.examine import examine
from agent.doctor.log_lines import entries_of, told
from agent.doctor.of_station import UNITS, core_status, unit_state
from agent.errors import LivescanError
from agent.settings import Settings, load_settings
from agent.signing.inventory import inventory

_LIBRARIES = (
    "numpy",
    "opencv-python-headless",
    "cryptography",
    "paho-mqtt",
    "pyusb",
    "nbis-py",
    "wsq",
    "starlette",
    "uvicorn",
    "onnxruntime",
)
_STATUS_NUMBERS = ("open", "unreceipted", "manual")
_STATUS_FLAGS = ("uplink",)
# of settings: words out of lists of our own; every number and switch is taken, no other string
_SETTINGS_WORDS = ("station.environment", "submission.profile", "submission.monitoring")
_JOURNAL = ("journalctl", "-o", "json", "-n", "5000", "--no-pager", *(f"--unit={unit}" for unit in UNITS))

Journal = Callable[[], str]


def write_bundle(target: Path, config: Path, clock: Clock, journal: Journal | None = None) -> list[str]:
    """The names of what it holds. Raises OSError when it cannot be written; what cannot be looked at is left out."""
    parts: dict[str, Callable[[], Any]] = {
        "made.json": lambda: {"at": clock.now().isoformat(timespec="seconds"), "format": 1},
        "versions.json": versions,
        "findings.json": lambda: [{"check": one.check, "health": one.health} for one in examine(config, clock)],
        "settings.json": lambda: settings_of(load_settings(config)),
        "keys.json": lambda: keys_of(load_settings(config), clock),
        "status.json": lambda: status_of(core_status(load_settings(config))),
        "units.json": units,
        "state.json": lambda: state_of(load_settings(config)),
        "journal.json": lambda: told(entries_of((journal or _journal)())),
    }
    held: list[str] = []
    with tarfile.open(target, "w:gz") as archive:
        for name, part in parts.items():
            with suppress(LivescanError, OSError, KeyError, subprocess.SubprocessError):
                _add(archive, name, part())
                held.append(name)
    target.chmod(0o600)
    return held


def versions() -> dict[str, Any]:
    found = {}
    for name in ("livescan-agent", *_LIBRARIES):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return {"libraries": found, "python": platform.python_version(), "kernel": platform.release(), "machine": platform.machine()}


def settings_of(settings: Settings) -> dict[str, Any]:
    """Numbers, switches, and words of our own lists; of a string somebody typed only whether there is one."""
    rows = {f"{table}.{key}": value for table, values in settings.model_dump(mode="json").items() for key, value in values.items()}
    return {key: value if _harmless(key, value) else bool(value) for key, value in rows.items()}


def _harmless(key: str, value: Any) -> bool:
    return isinstance(value, bool | int | float) or key in _SETTINGS_WORDS


def keys_of(settings: Settings, clock: Clock) -> list[dict[str, Any]]:
    """Use, kind and end of each certificate: no name, and of no key more than that it is there."""
    rows = [row for folder in dict.fromkeys((settings.paths.keys, settings.paths.tls_keys)) for row in inventory(folder, clock.now())]
    return [
        {
            "use": row.use,
            "kind": row.kind,
            "state": row.state,
            "until": None if row.until is None else row.until.date().isoformat(),
            "asked": row.asked,
        }
        for row in rows
    ]


def status_of(status: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: int(status[name]) for name in _STATUS_NUMBERS}
    return {**numbers, **{name: bool(status[name]) for name in _STATUS_FLAGS}, "audit_trouble": bool(status["audit"])}


def units() -> dict[str, Any]:
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").exists():
        return {}
    return {unit: dict(unit_state(unit)) for unit in UNITS}


def state_of(settings: Settings) -> dict[str, Any]:
    """Of each folder of the state how many files and bytes, and how full the disk is."""
    paths = settings.paths
    folders = {"bookings": paths.state / "core" / "bookings", "outbound": paths.state / "core" / "outbound", "audit": paths.state / "audit"}
    folders |= {"spool": paths.uplink_state / "spool", "inbox": paths.uplink_state / "inbox"}
    usage = shutil.disk_usage(paths.state)
    return {"disk": {"total": usage.total, "free": usage.free}, "folders": {name: _counted(path) for name, path in folders.items()}}


def _counted(folder: Path) -> dict[str, int]:
    files = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return {"files": len(files), "bytes": sum(files)}


def _journal() -> str:
    done = subprocess.run(_JOURNAL, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout


def _add(archive: tarfile.TarFile, name: str, value: Any) -> None:
    data = json.dumps(value, indent=1).encode()
    entry = tarfile.TarInfo(f"livescan-diagnostics/{name}")
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))
