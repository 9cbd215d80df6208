"""A training site on one machine: keys, simulated scanner, broker, bureau, and a station's settings that join them.

Every part is a process of its own and ends with the site. The demo, the benches and the end-to-end tests stand on it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.brokers.access_list import Role, member
from agent.children import Child, livescan
from agent.clock import SystemClock
from agent.errors import UsageError
from agent.signing.keys import init_training
from agent.sockets import LONGEST_SOCKET_PATH
from agent.training.broker import BrokerFiles, NatsBroker
from agent.training.scanner import ScannerProcess
from agent.web.client import CoreClient

STATION = "LS-0001"
BUREAU = "SIB-TRAINING"
SERIAL = "LS60-TRAINING"
JURISDICTION = """# A training site: an agreement that nobody signed, so that every reply of the procedure can be seen.
[agreement]
reference = "TRAINING"
signed_on = "2026-01-01"
signatories = ["TRAINING SHERIFF", "TRAINING BUREAU"]
[procedure]
message_routing = true
[iaq]
by_a_person = true
"""


class TrainingSite:
    """`folder` must be empty and its path short: UNIX socket paths end at 107 bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        self.run = folder / "run"
        self.truth = folder / "truth"  # what lay on the platen, one picture a position
        self.bureau = folder / "bureau"
        self.config = folder / "station.toml"
        self.jurisdiction = folder / "jurisdiction.toml"
        self.port = 0  # the broker's, known once it runs
        self._parts = contextlib.ExitStack()
        if len(str(self.run / "handover.sock.new")) > LONGEST_SOCKET_PATH:
            raise UsageError(f"The folder {folder} has too long a path for a UNIX socket.", do="Set TMPDIR=/tmp, or use a shorter one.")
        self.run.mkdir(mode=0o700)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._parts.close()

    @property
    def client(self) -> CoreClient:
        return CoreClient(self.run / "core.sock")

    @property
    def scanner_address(self) -> str:
        return f"unix:{self.run / 'scanner.sock'}"

    def make_keys(self) -> None:
        init_training(self.keys, station=STATION, bureau=BUREAU, clock=SystemClock())

    def start_scanner(self, subject: str, *, speed: float, progress: Callable[[Mapping[str, Any]], None]) -> ScannerProcess:
        scanner = ScannerProcess(self.scanner_address, SERIAL, subject, truth=self.truth, speed=speed, progress=progress)
        self._parts.callback(scanner.stop)
        return scanner

    def start_broker(self) -> NatsBroker:
        members = [member(self.keys / "station" / "tls.crt", Role.STATION), member(self.keys / "bureau" / "tls.crt", Role.BUREAU)]
        broker = NatsBroker(self.folder / "broker", BrokerFiles.of_training(self.keys), members)
        broker.start()
        self._parts.callback(broker.stop)
        self.port = broker.port
        return broker

    def start_bureau(self) -> Child:
        arguments = ("bureau", "--dir", str(self.bureau), "--keys", str(self.keys), "--port", str(self.port))
        return self.start("bureau", livescan(*arguments))

    def start_station_part(self, name: str) -> Child:
        """`core` or `uplink`."""
        return self.start(name, livescan(name, "--config", str(self.config)))

    def start(self, name: str, command: Sequence[str]) -> Child:
        part = Child(name, command, directory=self.run)
        part.start()
        self._parts.callback(part.stop)
        return part

    def write_settings(self, **overrides: Mapping[str, Any]) -> None:
        """The station's settings, as an administrator would write them; `overrides` by table."""
        tables: dict[str, dict[str, Any]] = {
            "station": {"id": STATION, "environment": "training", "ori": "ZZ0010000", "agency": "TRAINING COUNTY SHERIFF"},
            "bureau": {"name": BUREAU, "ori": "ZZSIB0000", "host": "127.0.0.1", "port": self.port},
            "paths": {
                "state": str(self.folder / "state"),
                "runtime": str(self.run),
                "keys": str(self.keys),
                "jurisdiction": str(self.jurisdiction),
            },
            "scanner": {"serial": SERIAL, "usbip": self.scanner_address},
            "capture": {"unattended": True},
            "api": {"port": 0},
            "delivery": {"undo": 0},
        }
        tables["paths"]["jurisdiction"] = str(self.jurisdiction)
        for table, values in overrides.items():
            tables.setdefault(table, {}).update(values)
        self.jurisdiction.write_text(JURISDICTION, "utf-8")
        self.config.write_text("\n".join(_toml(name, values) for name, values in tables.items()), "utf-8")


def _toml(name: str, values: Mapping[str, Any]) -> str:
    """Strings, numbers and booleans look in TOML as they do in JSON."""
    return f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
