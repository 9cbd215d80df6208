"""The driver's half of `livescan bench usb`, a program of its own so that its processor time is the driver's alone: what one rung gives.

    python -m agent.bench.usb_driver RUNG SERIAL SECONDS WHERE CONTROL

WHERE: a USB/IP address on L1, a subject on L0 (where device and driver share the program), "usb" on L2 and L3.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from agent.rig.hand import Hand, SimulatorHand, over_socket
from agent.rig.measure import Arrival, late_frames, rate
from agent.rig.target import Rung, Target, in_process, on_libusb, on_loopback
from drivers import fap60_wire as wire
from drivers.device import DeviceEvent, Mode, Preview, PreviewSize, Request, Scanner, StateChanged
from drivers.errors import DeviceError
from drivers.fap60_control import Fap60Control
from drivers.fap60_session import KIND
from drivers.fap60_wire import Arm, ArmFlag, ArmMode
from drivers.states import DeviceState
from drivers.usb_bus import Bus, LibusbBus, bus_for
from drivers.usb_link import Pipe, UsbLink

ASKED = 500  # control round trips
FRAMES = 20  # of which the bulk pipe's speed is taken
CHUNK = 1 << 20  # bytes of one read
UNPLUGGED = 5  # times
TOKEN = 0x0BE9C4
RIGHT_FOUR = frozenset({2, 3, 4, 5})
SLAP = Request(Mode.SLAP_RIGHT, RIGHT_FOUR, auto=False, timeout_s=0, preview=PreviewSize.FULL)


def control_us(bus: Bus, serial: str) -> float:
    """Median of one control round trip that reads the device's state."""
    link = UsbLink(bus, KIND, serial)
    try:
        return 1e6 * median(_timed(lambda: link.control_in(wire.Request.GET_STATE, wire.STATE_SIZE)) for _ in range(ASKED))
    finally:
        link.close()


def bulk_mb_s(bus: Bus, serial: str, hand: Hand) -> float:
    """Of full-size previews, without the first read of each, which waits for the device's next picture."""
    link = UsbLink(bus, KIND, serial)
    control = Fap60Control(link)
    try:
        control.recover()
        hand.do("lift")
        flags = ArmFlag(0)
        control.send(wire.Request.ARM, wire.build_arm(Arm(TOKEN, ArmMode.RIGHT_FOUR, flags, RIGHT_FOUR, frozenset(), 500, 300, 0)))
        hand.do("place", "right-four")
        sizes, seconds = zip(*(_rest_of_frame(link) for _ in range(FRAMES)), strict=True)
        control.send_token(wire.Request.CANCEL, TOKEN)
        return float(sum(sizes) / sum(seconds) / 1e6)
    finally:
        control.close()


def preview(scanner: Scanner, hand: Hand, seconds: float) -> dict[str, float]:
    """Full-size previews through the driver, for so long."""
    arrivals: list[Arrival] = []
    hand.do("lift")
    token = scanner.arm(SLAP)
    began = spent = 0.0
    for event in scanner.events(token):
        now = time.monotonic()
        if _is(event, DeviceState.ARMED):
            hand.do("place", "right-four")
        elif isinstance(event, Preview):
            if not arrivals:
                began, spent = now, time.process_time()
            arrivals.append(Arrival(now, event.frame.device_time_us))
            if now - began >= seconds:
                break
    spent, took = time.process_time() - spent, time.monotonic() - began
    scanner.cancel(token)
    hand.do("lift")
    return {"fps": rate(arrivals) or 0.0, "late_frames": late_frames(arrivals), "driver_cpu_percent": 100 * spent / took}


def unplug_ms(scanner: Scanner, hand: Hand) -> float:
    """Median from the order to pull the cable, while previews come, to the state LOST."""
    return median(_unplugged(scanner, hand) for _ in range(UNPLUGGED))


def _unplugged(scanner: Scanner, hand: Hand) -> float:
    hand.do("lift")
    token = scanner.arm(SLAP)
    pulled = 0.0
    try:
        for event in scanner.events(token):
            if _is(event, DeviceState.ARMED):
                hand.do("place", "right-four")
            elif isinstance(event, Preview) and not pulled:
                pulled = time.monotonic()
                hand.do("unplug")
                while scanner.state is not DeviceState.LOST:
                    time.sleep(0.0005)
                lost = time.monotonic()
    except DeviceError:
        scanner.close()
    hand.do("plug")
    _opened(scanner)
    return 1000 * (lost - pulled)


def _opened(scanner: Scanner) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            scanner.open()
        except DeviceError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _rest_of_frame(link: UsbLink) -> tuple[int, float]:
    """Bytes and seconds of a frame after its first read; a short read ends it."""
    while len(link.read(Pipe.BULK_IN, CHUNK, 3000)) < CHUNK:
        continue
    size, began = 0, time.perf_counter()
    while True:
        got = len(link.read(Pipe.BULK_IN, CHUNK, 3000))
        size += got
        if got < CHUNK:
            return size, time.perf_counter() - began


def _timed(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def _is(event: DeviceEvent, state: DeviceState) -> bool:
    return isinstance(event, StateChanged) and event.state is state


@contextmanager
def _place(rung: Rung, serial: str, where: str, control: str) -> Iterator[tuple[Target, Bus]]:
    if rung is Rung.IN_PROCESS:
        with in_process("fap60", where, 1.0, serial=serial) as target:
            assert target.bus is not None, "a scanner on USB has a bus"
            yield target, target.bus
    elif rung is Rung.LOOPBACK:
        yield on_loopback("fap60", where, serial, SimulatorHand(over_socket(control))), bus_for(where)
    else:
        yield on_libusb("fap60", serial, control, rung), LibusbBus()


def main(rung: str, serial: str, seconds: str, where: str, control: str) -> None:
    with _place(Rung(rung), serial, where, control) as (target, bus):
        figures: dict[str, float] = {"control_us_median": control_us(bus, serial), "bulk_mb_s": bulk_mb_s(bus, serial, target.hand)}
        scanner = target.scanner()
        scanner.open()
        figures |= preview(scanner, target.hand, float(seconds))
        figures["unplug_to_lost_ms"] = unplug_ms(scanner, target.hand)
        scanner.close()
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
