"""Puts a simulated USB device together: a person, the device, its clock and the wire it is reached by."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from firmware_sim.core.device import Motor, UsbDevice
from firmware_sim.core.pace import Pace
from firmware_sim.core.pcap import PcapLog
from firmware_sim.hosts.usbip import BUSID, UsbipServer
from firmware_sim.hosts.usbredir import UsbredirServer
from firmware_sim.models import uru4500
from firmware_sim.models.fap60 import Fap60
from firmware_sim.models.fap60_wire import Error
from firmware_sim.models.uru4500 import Uru4500
from firmware_sim.subject.person import Person
from firmware_sim.trouble.usb import UsbTrouble

SPEEDS = {"none": None, "full": 1_000_000.0, "high": 40_000_000.0}  # bytes a second on a bulk pipe, as seen on real buses


@dataclass(frozen=True)
class BenchSettings:
    listen: str  # unix:/path or tcp:127.0.0.1:port
    serial: str = ""  # "": the model's own
    speed: float = 1.0  # times as fast as the wall
    truth: Path | None = None  # folder for what lay on the platen
    model: str = "fap60"  # or uru4500
    bulk_rate: float | None = None  # bytes a second on the bulk pipe, None: the model's own
    pcap: Path | None = None  # log of the traffic for Wireshark
    finger: int = 1  # that a single-finger reader gets by itself
    usbredir: str = ""  # unix:/path for a virtual machine's USB controller, "": none


def make_function(settings: BenchSettings, person: Person) -> Fap60 | Uru4500:
    pace = Pace(settings.speed)
    if settings.model == "uru4500":
        return Uru4500(settings.serial or uru4500.DEFAULT_SERIAL, person, pace, settings.finger)
    return Fap60(settings.serial or "LS60-0001", person, pace, settings.truth)


class Bench:
    """One scanner that can be imported over USB/IP while this is open. Raises ListenError."""

    def __init__(self, settings: BenchSettings, person: Person) -> None:
        if settings.truth is not None:
            settings.truth.mkdir(parents=True, exist_ok=True)
        self.busid = BUSID
        self.settings = settings
        self.scanner = make_function(settings, person)
        self.device = UsbDevice(self.scanner)
        self._open = ExitStack()
        if settings.pcap is not None:
            self.device.watcher = self._open.enter_context(PcapLog(settings.pcap, self.device.descriptors))
        own_rate = uru4500.RATE * settings.speed if settings.model == "uru4500" else None
        self.device.pace_bulk(settings.bulk_rate or own_rate)
        self.server = UsbipServer(self.device, settings.listen)
        self.faults = UsbTrouble(self, settings.model, settings.bulk_rate or own_rate).board
        self.redir = UsbredirServer(self.device, settings.usbredir) if settings.usbredir else None
        self._motor = Motor(self.device)
        self.address = self.server.address

    def __enter__(self) -> Bench:
        self._motor.start()
        self.server.start()
        if self.redir is not None:
            self.redir.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.close()
        if self.redir is not None:
            self.redir.close()
        self._motor.stop()
        self._open.close()

    def unplug(self) -> None:
        self.server.unplug()
        if self.redir is not None:
            self.redir.unplugged()

    def plug(self) -> None:
        self.server.plug()
        if self.redir is not None:
            self.redir.plugged()

    def place(self, name: str) -> None:
        """Fingers come down: right-four, left-thumb, … Raises KeyError for what is no finger."""
        self._do(lambda: self.scanner.place(name))

    def lift(self) -> None:
        self._do(self.scanner.lift)

    def by_itself(self) -> None:
        """The person again does by itself what the scanner asks."""
        self._do(self.scanner.hands.by_itself)

    def press_foot_switch(self) -> None:
        """Down and up; nothing on a scanner that has none."""
        scanner = self.scanner
        if isinstance(scanner, Fap60):
            self._do(lambda: scanner.press_foot_switch(pressed=True))
            self._do(lambda: scanner.press_foot_switch(pressed=False))

    def fault(self, error: Error = Error.SENSOR) -> None:
        """Something inside a ten-print scanner breaks."""
        scanner = self.scanner
        if isinstance(scanner, Fap60):
            self._do(lambda: scanner.fault(error))

    def tell(self) -> dict[str, Any]:
        """What can be seen at the bench."""
        with self.device.lock:
            link = {"model": self.settings.model, "plugged": self.device.plugged, "address": self.device.number}
            return link | self.scanner.tell_bench() | {"faults": self.faults.tell()}

    def _do(self, deed: Callable[[], None]) -> None:
        with self.device.lock:
            deed()
            self.device.lock.notify_all()
