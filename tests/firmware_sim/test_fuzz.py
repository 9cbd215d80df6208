"""A million random packets each: no crash, no hang, memory flat. Long tests, about two minutes together on two cores."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from firmware_sim.core.device import UsbDevice
from firmware_sim.core.pace import Pace
from firmware_sim.core.urb import Urb, UrbFlag
from firmware_sim.hosts import usbip_wire, usbredir_wire
from firmware_sim.models.fap60 import Fap60
from firmware_sim.models.ledpanel import LedPanel
from firmware_sim.models.pedal import Pedal
from firmware_sim.models.uru4500 import Uru4500
from firmware_sim.models.zfm import Zfm
from firmware_sim.subject.file import FilePerson
from firmware_sim.subject.person import Way
from tests.firmware_sim.conftest import SMALL, picture
from tests.firmware_sim.fap60_host import arm_bytes

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
MILLION = 1_000_000
GROWTH_KIB = 8 << 10  # of resident memory, after the first tenth
PERSON = FilePerson("small", SMALL, {})


def resident() -> int:
    """KiB."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def keep_flat(one: Callable[[int], None]) -> None:
    """Do it a million times; memory after the first tenth must not grow."""
    before = 0
    for n in range(MILLION):
        if n == MILLION // 10:
            before = resident()
        one(n)
    assert resident() - before < GROWTH_KIB


def nothing(_urb: Urb) -> None:
    """Nobody waits for it."""


class Attacker:
    """Random requests, half of them nearly right, to a device that lives in a time of its own."""

    def __init__(self, make: Callable[[Pace], Fap60 | Uru4500]) -> None:
        self.random = Random(1)
        self.now = 0.0
        self.device = UsbDevice(make(Pace(clock=lambda: self.now)))
        self.waiting: list[Urb] = []
        self.ended = 0

    def one(self, n: int) -> None:
        random = self.random
        kind = random.random()
        if kind < 0.45:
            self.control()
        elif kind < 0.8:
            self.pipe()
        elif kind < 0.9 and self.waiting:
            self.device.unlink(self.waiting.pop(random.randrange(len(self.waiting))))
        elif kind < 0.95:
            self.now += random.random() * 0.4
            self.device.step()
        elif n % 997 == 0:
            random.choice((self.device.bus_reset, self.device.unplug, self.device.brown_out, self.device.port_reset))()
            self.device.plug()
        if len(self.waiting) > 64:
            self.waiting = [urb for urb in self.waiting if urb.status is None]
            while len(self.waiting) > 32:
                self.device.unlink(self.waiting.pop())

    def control(self) -> None:
        random = self.random
        nearly = random.random()
        if nearly < 0.2:
            setup, data = struct.pack("<BBHHH", 0, 9, 1, 0, 0), b""
        elif nearly < 0.5:
            data = random.choice(
                (arm_bytes(7, 5, {2, 3, 4, 5}), arm_bytes(7, 1, {2}, flags=5), struct.pack("<I", 7), b"", b"\x10", b"\x20")
            )
            request, recipient = random.randrange(12), random.choice((0x41, 0x40))
            setup = struct.pack("<BBHHH", recipient, request, random.choice((0, 0x4E, 0x07, 0x33)), 0, len(data))
        else:
            setup = random.randbytes(8)
            data = b"" if setup[0] & 0x80 else random.randbytes(random.randrange(64))
        self.submit(setup[0] & 0x80, random.randrange(80) if setup[0] & 0x80 else len(data), data, setup)

    def pipe(self) -> None:
        random = self.random
        endpoint = random.choice((0x81, 0x82, 0x01, 0x81, 0x82, random.randrange(256)))
        if endpoint & 0x80:
            self.submit(endpoint, random.choice((0, 1, 64, 512, 4096, 1 << 20, random.randrange(5000))), b"", bytes(8))
        else:
            data = random.randbytes(random.choice((0, 32, 64, 512, random.randrange(600))))
            self.submit(endpoint, len(data), data, bytes(8))

    def submit(self, endpoint: int, length: int, data: bytes, setup: bytes) -> None:
        flags = UrbFlag(self.random.choice((0, 0, 1, 0x40)))
        urb = Urb(endpoint, length, nothing, data=data, setup=setup, flags=flags)
        self.device.submit(urb)
        if urb.status is None:
            self.waiting.append(urb)
        else:
            self.ended += 1

    def still_answers(self) -> bool:
        urb = Urb(0x80, 18, nothing, setup=struct.pack("<BBHHH", 0x80, 6, 0x0100, 0, 18))
        self.device.plug()
        self.device.submit(urb)
        return urb.status == 0 and urb.actual == 18


@pytest.mark.parametrize("model", ["fap60", "uru4500"])
def test_a_million_requests_to_the_device_core(model: str):
    thumb = FilePerson("thumb", {(Way.PLAIN, 11): picture(1, 384, 290)}, {})
    makers: dict[str, Callable[[Pace], Fap60 | Uru4500]] = {
        "fap60": lambda pace: Fap60("X", PERSON, pace),
        "uru4500": lambda pace: Uru4500("X", thumb, pace),
    }
    attacker = Attacker(makers[model])
    keep_flat(attacker.one)
    assert attacker.ended > MILLION // 10
    assert attacker.still_answers()


def usbip_packets(random: Random) -> Iterator[bytes]:
    while True:
        if random.random() < 0.5:
            head = struct.pack(
                ">5I", random.choice((1, 1, 2, 9)), random.getrandbits(32), 0x10002, random.randrange(3), random.randrange(20)
            )
            yield head + struct.pack(">Iiiii8s", 0, random.getrandbits(20) - 1000, 0, random.randrange(-1, 3), 0, random.randbytes(8))
        else:
            yield random.randbytes(48)


def test_a_million_requests_to_the_usbip_decoder():
    packets = usbip_packets(Random(2))
    good = 0

    def one(n: int) -> None:
        nonlocal good
        data = next(packets)
        with contextlib.suppress(usbip_wire.UsbipError):
            usbip_wire.parse_urb(data)
            good += 1
        if n % 8 == 0:
            with contextlib.suppress(usbip_wire.UsbipError):
                usbip_wire.parse_operation(data[:8])
            usbip_wire.parse_busid(data[:32])

    keep_flat(one)
    assert MILLION // 10 < good < MILLION


def test_a_million_packets_to_the_usbredir_decoder():
    random = Random(3)
    decoder = usbredir_wire.Decoder()
    seen = 0

    def one(_n: int) -> None:
        nonlocal decoder, seen
        body = random.randbytes(random.randrange(40))
        length = len(body) if random.random() < 0.9 else random.choice((1 << 30, len(body) + 12))
        head = struct.pack("<III", random.choice((0, 6, 15, 100, 101, 999)), length, random.getrandbits(16))
        try:
            decoder.feed(head + body)
            while (packet := decoder.next()) is not None:
                seen += 1
                for parse in (usbredir_wire.parse_control, usbredir_wire.parse_bulk, usbredir_wire.parse_hello, usbredir_wire.one_byte):
                    with contextlib.suppress(usbredir_wire.RedirError):
                        parse(packet.body)
        except usbredir_wire.RedirError:
            decoder = usbredir_wire.Decoder()
        if len(decoder._buffer) > 4096:  # a length that was believed
            decoder = usbredir_wire.Decoder()

    keep_flat(one)
    assert seen > MILLION // 10


@pytest.mark.parametrize("model", ["zfm", "pedal", "ledpanel"])
def test_a_million_packets_to_a_serial_device(model: str):
    random = Random(4)
    sent: list[bytes] = []
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    thumb = FilePerson("thumb", {(Way.PLAIN, 11): picture(1, 40, 40)}, {})
    makers: dict[str, Callable[[], Zfm | Pedal | LedPanel]] = {
        "zfm": lambda: Zfm("X", thumb, pace),
        "pedal": lambda: Pedal("X", pace),
        "ledpanel": lambda: LedPanel("X"),
    }
    device = makers[model]()
    device.attach(sent.append)
    device.reset()

    def packet() -> bytes:
        if random.random() < 0.4:
            return random.randbytes(random.randrange(24))
        if model == "zfm":
            # no image and no template is asked for: a reader of a million images would take hours
            content = bytes([random.choice((1, 2, 3, 4, 5, 6, 7, 0x0C, 0x0D, 0x0E, 0x0F, 0x14, 0x18, 0x19, 0x1D, 0x1F, 0x53, 0xEE))])
            content += random.randbytes(random.randrange(8))
            body = struct.pack(">2sIBH", b"\xef\x01", 0xFFFFFFFF, 1, len(content) + 2) + content
            return body + struct.pack(">H", sum(body[6:]) & 0xFFFF)
        content = random.choice((b"?", b"L 7 .......... - -", b"L 99999 x", b"S", random.randbytes(20)))
        total = 0
        for byte in content:
            total ^= byte
        return content + b"*%02X\n" % total

    def one(n: int) -> None:
        device.feed(packet())
        if n % 50 == 0:
            now[0] += 0.05
            device.step()
        sent.clear()

    keep_flat(one)
