"""Puts a simulated serial device together: what it is, its clock, and the pseudo-terminal that a driver opens."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any

from firmware_sim.core.pace import Pace
from firmware_sim.hosts.pty import PtyHost
from firmware_sim.models.ledpanel import LedPanel
from firmware_sim.models.pedal import Pedal
from firmware_sim.models.zfm import Zfm
from firmware_sim.subject.person import Person
from firmware_sim.trouble.line import LineTrouble

OWN_SERIALS = {"zfm": "SIMZFM01", "pedal": "LSPD-0001", "ledpanel": "LSLP-0001"}


@dataclass(frozen=True)
class SerialSettings:
    model: str  # zfm, pedal, ledpanel
    listen: str  # pty:/path of the link to the terminal
    serial: str = ""  # "": the model's own
    speed: float = 1.0  # times as fast as the wall
    finger: int = 1  # that a fingerprint module gets by itself
    variant: str = "zfm20"  # or r503


class SerialBench:
    """One serial device while this is open. `person` is for a fingerprint module. Raises ListenError."""

    def __init__(self, settings: SerialSettings, person: Person | None = None) -> None:
        self.settings = settings
        serial, pace = settings.serial or OWN_SERIALS[settings.model], Pace(settings.speed)
        self.device: Zfm | Pedal | LedPanel
        if settings.model == "zfm":
            assert person is not None, "a fingerprint module needs a person before it"
            self.device = Zfm(serial, person, pace, settings.finger, settings.variant)
        else:
            self.device = Pedal(serial, pace) if settings.model == "pedal" else LedPanel(serial)
        self.host = PtyHost(self.device, settings.listen, settings.speed)
        self.faults = LineTrouble(self.host, self.device, settings.model).board
        self.address = self.host.address

    def __enter__(self) -> SerialBench:
        self.host.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.host.close()

    def unplug(self) -> None:
        self.host.unplug()

    def plug(self) -> None:
        self.host.plug()

    def place(self, name: str) -> None:
        """Raises KeyError for what is no finger."""
        if isinstance(self.device, Zfm):
            with self.host.lock:
                self.device.place(name)

    def lift(self) -> None:
        if isinstance(self.device, Zfm):
            with self.host.lock:
                self.device.lift()

    def by_itself(self) -> None:
        if isinstance(self.device, Zfm):
            with self.host.lock:
                self.device.hands.by_itself()

    def press_foot_switch(self) -> None:
        if isinstance(self.device, Pedal):
            with self.host.lock:
                self.device.press()
            self.host.wake()

    def tell(self) -> dict[str, Any]:
        """What can be seen at the bench."""
        with self.host.lock:
            link = {"model": self.settings.model, "plugged": self.host.plugged}
            return link | self.device.tell_bench() | {"faults": self.faults.tell()}
