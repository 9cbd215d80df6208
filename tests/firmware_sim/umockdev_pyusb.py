"""pyusb over an unmodified libusb, below which a simulated device is. Run in the testbed: `umockdev_pyusb.py WORK CONTROL`."""

from __future__ import annotations

import json
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable

import usb.core
import usb.util
from usb.backend import libusb1

KILLS = 12
BACKEND = libusb1.get_backend(find_library=lambda _: "libusb-1.0.so.0")


def tell(path: str, **order: object) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        sock.sendall(json.dumps(order).encode() + b"\n")
        return json.loads(sock.makefile().readline())


def arm(device: usb.core.Device, token: int, flags: int = 9) -> None:
    head = struct.pack("<IBBHHHHHI", token, 2, flags, 1, 0, 500, 300, 0, 20_000)
    device.ctrl_transfer(0x41, 3, 0, 0, head + struct.pack("<I", zlib.crc32(head)))


def state(device: usb.core.Device) -> bytes:
    return bytes(device.ctrl_transfer(0xC1, 2, 0, 0, 16))


def found() -> usb.core.Device | None:
    return usb.core.find(idVendor=0x1209, idProduct=0x0001, backend=BACKEND)


def errno_of(call: Callable[[], object]) -> int:
    try:
        call()
    except usb.core.USBError as error:
        return error.errno or 0
    return 0


def transfers(device: usb.core.Device, _control: str) -> dict[str, object]:
    times = []
    for _ in range(100):
        began = time.perf_counter()
        state(device)
        times.append(time.perf_counter() - began)
    timeout = errno_of(lambda: device.read(0x82, 64, 100))
    arm(device, 1)
    event = bytes(device.read(0x82, 64, 2000))
    frame = bytes(device.read(0x81, 1 << 20, 5000))
    head = b"LSO1" + bytes([1, 2, 0, 0]) + bytes([1] * 10) + bytes(10)
    written = device.write(0x01, head + struct.pack("<I", zlib.crc32(head)))
    stall = errno_of(lambda: device.ctrl_transfer(0xC1, 0x77, 0, 0, 4))
    device.ctrl_transfer(0x41, 6, 0, 0, struct.pack("<I", 1))
    return {
        "strings": [device.manufacturer, device.product, device.serial_number],
        "control_us": round(statistics.median(times) * 1e6),
        "timeout": timeout,
        "event": event[:2].decode(),
        "frame": [frame[:4].decode(), len(frame), zlib.crc32(frame[64:]) == struct.unpack_from("<I", frame, 44)[0]],
        "written": written,
        "stall": stall,
    }


def halts(device: usb.core.Device, control: str) -> dict[str, object]:
    """A halt inside a frame, cleared; then a reset of the port."""
    tell(control, do="fault", name="stall-mid-frame", at=2048)
    arm(device, 1)
    halted = errno_of(lambda: device.read(0x81, 1 << 20, 5000))
    device.clear_halt(0x81)
    device.ctrl_transfer(0x41, 7, 0, 0, struct.pack("<I", 1))
    again = bytes(device.read(0x81, 1 << 20, 5000))
    device.reset()
    return {"halted": halted, "again": again[:4].decode(), "state after reset": state(device)[0]}


def claims(device: usb.core.Device, _control: str) -> dict[str, object]:
    other = found()
    assert other is not None
    busy = errno_of(lambda: usb.util.claim_interface(other, 0))
    usb.util.release_interface(device, 0)
    usb.util.claim_interface(other, 0)
    usb.util.release_interface(other, 0)
    usb.util.claim_interface(device, 0)
    return {"busy": busy}


def discards(device: usb.core.Device, _control: str) -> dict[str, object]:
    """Two reads wait at once, on two pipes; each times out by itself, and neither takes the other's place."""
    ended: dict[str, list[float]] = {}

    def read(name: str, endpoint: int, timeout: int) -> None:
        began = time.monotonic()
        code = errno_of(lambda: device.read(endpoint, 64, timeout))
        ended[name] = [code, round(time.monotonic() - began, 2)]

    threads = [threading.Thread(target=read, args=args) for args in (("long", 0x82, 900), ("short", 0x81, 300))]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    device.ctrl_transfer(0x41, 8, 0, 0)
    return {"ended": ended, "event after": bytes(device.read(0x82, 64, 2000))[:2].decode()}


def killed(device: usb.core.Device, control: str) -> dict[str, object]:
    """A program that waits for an event is killed inside its ioctl: the interface is free, and its read takes no event from the next."""
    usb.util.release_interface(device, 0)
    usb.util.dispose_resources(device)
    ended = []
    for _ in range(KILLS):
        holder = subprocess.Popen([sys.executable, __file__, "hold", control], stdout=subprocess.PIPE)
        assert holder.stdout is not None
        holder.stdout.readline()
        time.sleep(0.1)
        holder.kill()
        holder.wait()
        other = found()
        assert other is not None
        busy = errno_of(lambda other=other: usb.util.claim_interface(other, 0))  # type: ignore[misc]
        event = b""
        if not busy:
            other.ctrl_transfer(0x41, 8, 0, 0)
            event = bytes(other.read(0x82, 64, 2000))
        ended.append([busy, event[:2].decode()])
        usb.util.dispose_resources(other)
    return {"ended": ended}


def hold(device: usb.core.Device, _control: str) -> dict[str, object]:
    print("held", flush=True)
    device.read(0x82, 64, 60_000)
    return {}


def unplugs(device: usb.core.Device, control: str) -> dict[str, object]:
    code: list[tuple[float, int]] = []
    waiting = threading.Thread(target=lambda: code.append((errno_of(lambda: device.read(0x82, 64, 5000)), time.monotonic())))  # type: ignore[arg-type]
    waiting.start()
    time.sleep(0.2)
    began = time.monotonic()
    tell(control, do="unplug")
    waiting.join()
    later = errno_of(lambda: state(device))
    usb.util.dispose_resources(device)
    gone = _until(lambda: found() is None)
    tell(control, do="plug")
    back = _until(lambda: found() is not None)
    new = found()
    return {
        "blocked": code[0][0],
        "ms": round((code[0][1] - began) * 1000),
        "later": later,
        "gone": gone,
        "back": back,
        "address": new.address if new else 0,
        "serial": new.serial_number if new else "",
    }


def _until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


WORKS = {work.__name__: work for work in (transfers, halts, claims, discards, killed, hold, unplugs)}


def main() -> None:
    device = found()
    assert device is not None, "no device"
    device.set_configuration()
    usb.util.claim_interface(device, 0)
    print(json.dumps(WORKS[sys.argv[1]](device, sys.argv[2])))


if __name__ == "__main__":
    main()
