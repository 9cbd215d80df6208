"""What is put to the test: one device, the driver that speaks to it, and who stands at its bench; on one rung of the ladder.

    L0  in this process, the device core below pyusb         L3  in a Linux guest: a real kernel's USB
    L1  over loopback USB/IP, or a pseudo-terminal           L4  real hardware, named by its serial number
    L2  real libusb, under umockdev's emulated usbfs

The same cases and scenarios run on every rung.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.rig.direct import DirectBus
from agent.rig.hand import AskedHand, Hand, Nobody, SimulatorHand, over_socket
from agent.rig.hub import find_port
from agent.rig.processes import Simulator
from drivers import discovery
from drivers.device import Scanner
from drivers.discovery import DRIVERS, Driver
from drivers.errors import DeviceError
from drivers.uru4500 import Uru4500
from drivers.usb_bus import Bus, LibusbBus, bus_for
from drivers.usb_link import present
from drivers.zfm import Zfm
from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.orders import Orders
from firmware_sim.serial_bench import SerialBench, SerialSettings
from firmware_sim.subject.choose import choose

SERIALS = {"fap60": "LS60-0001", "uru4500": "{RIG-4500-0001}", "zfm": "SIMZFM01"}
SPEEDS = {"fap60": 20.0, "uru4500": 10.0, "zfm": 20.0}  # times as fast as life, in the conformance suite


class Rung(StrEnum):
    IN_PROCESS = "L0"
    LOOPBACK = "L1"
    LIBUSB = "L2"
    RECORDED = "L2-recorded"
    GUEST = "L3"
    REAL = "L4"


@dataclass(frozen=True)
class Target:
    driver: str  # fap60, uru4500, zfm, or a vendor's own name for it
    rung: Rung
    serial: str
    scanner: Callable[[], Scanner]  # a new driver of it, not opened
    present: Callable[[], bool]  # whether it can be found now
    hand: Hand
    absent: Callable[[], Scanner] | None = None  # a driver of a device that is not there
    bus: Bus | None = None  # that it is on, None for one on a serial line
    strict: str = ""  # why only open, one capture and close may be asked of it; "": anything may


@contextmanager
def in_process(driver: str, subject: str, speed: float | None = None, *, serial: str = "") -> Iterator[Target]:
    """L0. `subject`: an ANSI/NIST file, or synthetic:SEED. `serial`: "" for the model's own."""
    person, serial = choose(subject, lambda _done, _of: None), serial or SERIALS[driver]
    with TemporaryDirectory(prefix="rig-") as folder:
        if driver == "zfm":
            settings = SerialSettings("zfm", f"pty:{folder}/module", serial, speed or SPEEDS["zfm"])
            with SerialBench(settings, person) as serial_bench:
                yield _serial(Rung.IN_PROCESS, serial_bench.address, SimulatorHand(Orders(serial_bench, _nothing).obey))
            return
        usb = BenchSettings(f"unix:{folder}/usbip", serial, speed or SPEEDS[driver], model=driver)
        with Bench(usb, person) as bench:
            yield on_bus(driver, Rung.IN_PROCESS, DirectBus(bench.device), serial, SimulatorHand(Orders(bench, _nothing).obey))


@contextmanager
def loopback(driver: str, subject: str, speed: float | None = None, *, serial: str = "") -> Iterator[Target]:
    """L1: the simulator is a process of its own."""
    serial = serial or SERIALS[driver]
    with TemporaryDirectory(prefix="rig-") as folder, simulator(driver, folder, subject, speed, serial=serial) as device:
        yield on_loopback(driver, str(device.ready()["listen"]), serial, device.hand)


def on_loopback(driver: str, address: str, serial: str, hand: Hand) -> Target:
    """L1, at the address of a simulator that runs."""
    if driver == "zfm":
        return _serial(Rung.LOOPBACK, address, hand)
    return on_bus(driver, Rung.LOOPBACK, bus_for(address), serial, hand)


def simulator(
    driver: str, folder: str, subject: str, speed: float | None = None, *, serial: str = "", more: Sequence[str] = ()
) -> Simulator:
    chosen = serial or SERIALS[driver]
    return Simulator(driver, Path(folder), serial=chosen, subject=subject, speed=speed or SPEEDS[driver], more=more)


def on_libusb(driver: str, serial: str, control: str, rung: Rung = Rung.LIBUSB) -> Target:
    """L2 and L3: what real libusb sees in this process; the simulator's control socket is at `control`."""
    hand: Hand = SimulatorHand(over_socket(control)) if control else Nobody("no control socket was named, so nobody obeys")
    return on_bus(driver, rung, LibusbBus(), serial, hand)


def recorded(serial: str, seed: int) -> Target:
    """L2 on a recorded U.are.U reader, in this process under `umockdev-run`. `seed`: that the recording's host used."""
    why = "a recording is played back strictly in order, and what was recorded is one finger"
    return Target(
        "uru4500",
        Rung.RECORDED,
        serial,
        lambda: Uru4500(LibusbBus(), serial, new_seed=lambda: seed),
        lambda: _is_present(_driver("uru4500"), LibusbBus(), serial),
        Nobody(why),
        strict=why,
    )


def real(serial: str, ask: Callable[[str], None] | None) -> Target:
    """L4. Raises what `drivers.discovery.open_scanner` raises. `ask` puts a sentence to the person at the bench, if there is one."""
    discovery.open_scanner(serial)
    found = discovery.find(serial=serial)[0]
    port, why = find_port(serial)
    return on_bus(found.driver, Rung.REAL, LibusbBus(), serial, AskedHand(port, ask, why))


def on_bus(name: str, rung: Rung, bus: Bus, serial: str, hand: Hand) -> Target:
    driver = _driver(name)
    return Target(
        name,
        rung,
        serial,
        lambda: driver.make(bus, serial),
        lambda: _is_present(driver, bus, serial),
        hand,
        lambda: driver.make(bus, "NOT-THERE"),
        bus,
    )


def _serial(rung: Rung, address: str, hand: Hand) -> Target:
    port = address.partition(":")[2]
    return Target(
        "zfm",
        rung,
        SERIALS["zfm"],
        lambda: Zfm(port, serial=SERIALS["zfm"]),
        Path(port).exists,
        hand,
        lambda: Zfm(f"{port}-not-there"),
    )


def _driver(name: str) -> Driver:
    return next(driver for driver in DRIVERS if driver.name == name)


def _is_present(driver: Driver, bus: Bus, serial: str) -> bool:
    """A bus that cannot be asked, or a device that is only just coming, is none that is there."""
    try:
        return any(one.serial == serial and one.problem is None for one in present(bus, driver.kind))
    except DeviceError:
        return False


def _nothing() -> None:
    """A bench in this process ends with its block, not by an order."""
