"""Puts a simulated scanner together: a person, the device, its clock and the wire it is reached by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from firmware_sim.core.device import Motor, UsbDevice
from firmware_sim.core.pace import Pace
from firmware_sim.hosts.usbip import BUSID, UsbipServer
from firmware_sim.models.fap60 import Fap60
from firmware_sim.models.fap60_wire import Error
from firmware_sim.subject.person import Person


@dataclass(frozen=True)
class BenchSettings:
    listen: str  # unix:/path or tcp:127.0.0.1:port
    serial: str = "LS60-0001"
    speed: float = 1.0  # times as fast as the wall
    truth: Path | None = None  # folder for what lay on the platen


class Bench:
    """One FAP-60 scanner that can be imported over USB/IP while this is open. Raises ListenError."""

    def __init__(self, settings: BenchSettings, person: Person) -> None:
        if settings.truth is not None:
            settings.truth.mkdir(parents=True, exist_ok=True)
        self.busid = BUSID
        self.scanner = Fap60(settings.serial, person, Pace(settings.speed), settings.truth)
        self.device = UsbDevice(self.scanner)
        self._server = UsbipServer(self.device, settings.listen)
        self._motor = Motor(self.device)
        self.address = self._server.address

    def __enter__(self) -> Bench:
        self._motor.start()
        self._server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        self._motor.stop()

    def unplug(self) -> None:
        self._server.unplug()

    def plug(self) -> None:
        self._server.plug()

    def press_foot_switch(self) -> None:
        with self.device.lock:
            self.scanner.press_foot_switch(pressed=True)
            self.scanner.press_foot_switch(pressed=False)

    def fault(self, error: Error = Error.SENSOR) -> None:
        with self.device.lock:
            self.scanner.fault(error)
            self.device.lock.notify_all()
