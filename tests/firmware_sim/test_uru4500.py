"""The simulated U.are.U 4500, as a host sees it by registers, interrupt packets and one image block."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.models.uru4500 import Uru4500
from firmware_sim.models.uru4500_image import PLAIN, RECORDED, TWO_KEYS
from firmware_sim.subject.file import FilePerson
from firmware_sim.subject.person import Gray, Way
from tests.firmware_sim.usbip_client import Client, devlist

WIDTH, HEIGHT, ROOM = 384, 290, 111_424
HWSTAT, SCRAMBLE, KEY, MODE, INFO = 0x07, 0x33, 0x34, 0x4E, 0xF0


def finger() -> Gray:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return (128 + 100 * np.sin(np.hypot(rows - 120, columns - 200) / 1.4)).astype(np.uint8)


@pytest.fixture
def make_reader(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    with ExitStack() as stack:

        def make(picture: Gray | None = None, *, speed: float = 20.0) -> Bench:
            person = FilePerson("one", {(Way.PLAIN, 11): finger() if picture is None else picture}, {})
            return stack.enter_context(Bench(BenchSettings(f"unix:{tmp_path}/u.sock", speed=speed, model="uru4500"), person))

        yield make


@pytest.fixture
def reader(make_reader: Callable[..., Bench]) -> Bench:
    return make_reader()


class Host:
    """Speaks to the reader; written from the protocol's description, shares nothing with model or driver."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.configure()
        self._waiting = client.submit(0x81, 64)

    def read(self, register: int, size: int) -> bytes:
        answer = self.client.control_in(0xC0, 4, register, 0, size)
        assert answer.status == 0
        return answer.data

    def write(self, register: int, data: bytes) -> None:
        assert self.client.control_out(0x40, 4, register, 0, data).status == 0

    def event(self) -> int:
        packet = self.client.answer(self._waiting).data
        self._waiting = self.client.submit(0x81, 64)
        assert len(packet) == 64
        return int.from_bytes(packet[:2], "big")

    def until(self, event: int) -> None:
        while self.event() != event:
            pass

    def wake(self) -> None:
        status = self.read(HWSTAT, 1)[0]
        self.write(HWSTAT, bytes([status | 0x80]))
        self.write(HWSTAT, bytes([status & 0x0F]))
        assert self.read(HWSTAT, 1)[0] & 0x80 == 0
        self.until(0x56AA)

    def block(self) -> bytes:
        self.write(MODE, b"\x10")
        self.until(0x0101)
        read = self.client.submit(0x82, ROOM)
        self.write(MODE, b"\x20")
        return self.client.answer(read).data

    def key(self, number: int, seed: int = 0x51EA2124) -> int:
        self.write(SCRAMBLE, bytes([number]) + struct.pack("<I", seed))
        return struct.unpack("<I", self.read(KEY, 4))[0] ^ seed

    def picture(self) -> NDArray[np.uint8]:
        """As a person sees it; 0 where the format loses a pixel."""
        return unfold(self.block(), self.key)

    def lift(self) -> None:
        self.write(MODE, b"\x12")
        self.until(0x0200)


def step(register: int) -> int:
    return register >> 1 | (bin(register & 0x9248144D).count("1") & 1) << 31


def byte(register: int) -> int:
    return sum((register >> source & 1) << target for target, source in enumerate((4, 8, 11, 14, 18, 21, 24, 29)))


def unfold(block: bytes, key: Callable[[int], int]) -> NDArray[np.uint8]:
    lines = struct.unpack_from("<H", block, 4)[0]
    assert len(block) == 64 + lines * WIDTH
    number, register = block[6], key(block[6])
    rows: list[bytes] = []
    at = 64
    for flags, count in struct.iter_unpack("BB", block[16:46]):
        if not count:
            break
        size = count * WIDTH
        if flags & 0x80:
            number += 1
            register = key(number)
        data = block[at : at + size]
        if flags & 2:
            plain = bytearray(size)
            for n in range(size):
                plain[n] = data[n + 1] ^ byte(register) if n + 1 < size else 0
                register = step(register)
            rows.append(bytes(plain))
        else:
            rows.append(data)
            if not flags & 4:
                for _ in range(size):
                    register = step(register)
        if not flags & 1:
            at += size
    raw = np.frombuffer(b"".join(rows)[: WIDTH * HEIGHT].ljust(WIDTH * HEIGHT, b"\0"), np.uint8).reshape(HEIGHT, WIDTH)
    return 255 - raw[::-1, ::-1]


@pytest.fixture
def host(reader: Bench) -> Iterator[Host]:
    with Client(reader.address) as client:
        yield Host(client)


def test_descriptors_are_those_of_a_real_one(reader: Bench, host: Host):
    ask = host.client.control_in
    assert ask(0x80, 6, 0x0100, 0, 18).data.hex() == "1201000200000040ba050a00030101020301"
    assert ask(0x80, 6, 0x0200, 0, 255).data.hex() == "09022000010100806409040000 02ffffff00 07058103400008 07058202400000".replace(" ", "")
    assert ask(0x80, 6, 0x0302, 0x0409, 255).data[2:].decode("utf-16-le") == "U.are.U® 4500 Fingerprint Reader"
    assert ask(0x80, 6, 0x0600, 0, 10).status < 0
    assert struct.unpack_from(">I", devlist(reader.address)[1], 296)[0] == 2  # USB_SPEED_FULL


def test_version_registers_are_those_of_a_real_one(host: Host):
    assert host.read(INFO, 16).hex() == "1a0a1a0a01150000002000108b211130"


def test_wakes_up_and_says_so_three_times(host: Host):
    host.wake()
    assert [host.event(), host.event()] == [0x56AA, 0x56AA]


def test_interrupt_packet_is_a_window_into_one_table(host: Host):
    host.wake()
    host.write(MODE, b"\x10")
    packet = b""
    while not packet.startswith(b"\x01\x01"):
        packet = host.client.answer(host._waiting).data
        host._waiting = host.client.submit(0x81, 64)
    assert packet[:18].hex() == "01010200080010002000800056aa03910efe"


def test_picture_arrives_but_for_what_the_format_loses(host: Host):
    host.wake()
    seen, laid = host.picture(), finger()
    assert np.array_equal(seen[:, 1:][:167], laid[:, 1:][:167])
    assert (seen != laid).sum() <= WIDTH + 4
    host.lift()
    host.write(MODE, b"\x70")


@pytest.mark.parametrize("blocks", [RECORDED, TWO_KEYS, PLAIN])
def test_every_layout_of_blocks_can_be_read(reader: Bench, host: Host, blocks: tuple[tuple[int, int], ...]):
    assert isinstance(reader.scanner, Uru4500)
    reader.scanner.blocks = blocks
    host.wake()
    assert (host.picture() != finger()).sum() <= WIDTH + 4


def test_next_capture_has_another_key(host: Host):
    host.wake()
    first = host.block()
    host.lift()
    assert host.block()[64:] != first[64:]


def test_confused_reader_recovers_by_a_new_power_up(reader: Bench, host: Host):
    assert isinstance(reader.scanner, Uru4500)
    with reader.device.lock:
        reader.scanner.confuse()
    status = host.read(HWSTAT, 1)[0]
    assert status & 0x84 == 0x84
    host.write(HWSTAT, bytes([status & 0x0F]))
    while not host.read(HWSTAT, 1)[0] & 1:
        pass
    host.wake()


def test_imminent_failure_is_told_and_the_image_is_empty(reader: Bench, host: Host):
    host.wake()
    reader.faults.arm("imminent-failure")
    assert host.block() == b""
    host.until(0x0800)
    assert len(host.block()) == 111_040


def test_finger_placed_and_lifted_by_word(reader: Bench, host: Host):
    host.wake()
    reader.lift()
    host.write(MODE, b"\x10")
    reader.place("right-thumb")
    host.until(0x0101)
    host.write(MODE, b"\x12")
    reader.lift()
    host.until(0x0200)


def test_image_takes_the_time_of_a_full_speed_bus(make_reader: Callable[..., Bench]):
    import time

    with Client(make_reader(speed=2.0).address) as client:
        host = Host(client)
        host.wake()
        host.write(MODE, b"\x10")
        host.until(0x0101)
        read = client.submit(0x82, ROOM)
        began = time.monotonic()
        host.write(MODE, b"\x20")
        client.answer(read)
        assert 0.05 < time.monotonic() - began < 2
