"""The usbredir host, as a virtual machine sees it: a client of a few lines, written from the protocol's description."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.hosts.usbredir_wire import Decoder, Packet, RedirError
from firmware_sim.subject.person import Person
from tests.firmware_sim import fap60_host as fap
from tests.firmware_sim.fap60_host import arm_bytes
from tests.firmware_sim.usbip_client import Client, Refused

HELLO, CONNECT, DISCONNECT, RESET, INTERFACES, ENDPOINTS, SET_CONFIG, CONFIG_STATUS = 0, 1, 2, 3, 4, 5, 6, 8
START, STOP, RECEIVING, CANCEL, CONTROL, BULK, INTERRUPT = 15, 16, 17, 21, 100, 101, 103
CAPS = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 6
IDS_64 = 1 << 5


@pytest.fixture
def bench(tmp_path: Path, small_person: Person) -> Iterator[Bench]:
    settings = BenchSettings(f"unix:{tmp_path}/sim.sock", speed=20, usbredir=f"unix:{tmp_path}/redir.sock")
    with Bench(settings, small_person) as bench:
        yield bench


class Machine:
    def __init__(self, bench: Bench, caps: int = CAPS) -> None:
        assert bench.redir is not None
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(bench.redir.address.removeprefix("unix:"))
        self.wide, self.buffer = False, b""
        self.say(HELLO, struct.pack("<64sI", b"a machine", caps))
        if caps & IDS_64:
            self.hear(HELLO)
            self.wide = True

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def say(self, kind: int, body: bytes = b"", number: int = 0) -> None:
        self.sock.sendall(struct.pack("<IIQ" if self.wide else "<III", kind, len(body), number) + body)

    def _exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            got = self.sock.recv(1 << 16)
            if not got:
                raise EOFError
            self.buffer += got
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def hear(self, wanted: int) -> tuple[int, bytes]:
        """Id and body of the next packet of a kind; what comes before is passed over."""
        while True:
            kind, length, number = struct.unpack("<IIQ", self._exactly(16)) if self.wide else struct.unpack("<III", self._exactly(12))
            body = self._exactly(length)
            if kind == wanted:
                return number, body

    def configure(self) -> None:
        self.hear(CONNECT)
        self.say(SET_CONFIG, b"\x01", 77)
        assert self.hear(CONFIG_STATUS) == (77, b"\x00\x01")

    def control_in(self, kind: int, request: int, value: int, length: int, number: int = 1) -> tuple[int, bytes]:
        """Status, data."""
        self.say(CONTROL, struct.pack("<BBBBHHH", 0x80, request, kind, 0, value, 0, length), number)
        back, body = self.hear(CONTROL)
        assert back == number
        return body[3], body[10:]

    def control_out(self, request: int, data: bytes) -> int:
        self.say(CONTROL, struct.pack("<BBBBHHH", 0, request, 0x41, 0, 0, 0, len(data)) + data, 2)
        return self.hear(CONTROL)[1][3]

    def bulk_in(self, length: int, number: int = 3) -> tuple[int, bytes]:
        self.say(BULK, struct.pack("<BBHIH", 0x81, 0, length & 0xFFFF, 0, length >> 16), number)
        _, body = self.hear(BULK)
        size = struct.unpack_from("<H", body, 2)[0] | struct.unpack_from("<H", body, 8)[0] << 16
        assert size == len(body) - 10
        return body[1], body[10:]


def test_device_is_shown_with_its_interfaces_and_endpoints(bench: Bench):
    with Machine(bench) as machine:
        _, interfaces = machine.hear(INTERFACES)
        assert (struct.unpack_from("<I", interfaces)[0], interfaces[36], interfaces[68], interfaces[100]) == (1, 0xFF, 0x46, 0x60)
        _, endpoints = machine.hear(ENDPOINTS)
        assert (endpoints[0], endpoints[16], endpoints[17], endpoints[18], endpoints[1], endpoints[2]) == (0, 0, 2, 3, 2, 255)
        assert struct.unpack_from("<32H", endpoints, 96)[17] == 512
        assert struct.unpack("<BBBBHHH", machine.hear(CONNECT)[1]) == (2, 0, 0, 0, 0x1209, 0x0001, 0x0100)


@pytest.mark.parametrize("ids", [0, IDS_64])
def test_capture_through_every_kind_of_transfer(bench: Bench, ids: int):
    with Machine(bench, CAPS | ids) as machine:
        machine.configure()
        machine.say(START, b"\x82")
        assert machine.hear(RECEIVING)[1] == b"\x00\x82"
        assert machine.control_in(0x80, 6, 0x0100, 18)[1][:2] == b"\x12\x01"
        assert machine.control_in(0xC1, 0x77, 0, 4)[0] == 4
        assert machine.control_out(3, arm_bytes(1, 2, {1}, flags=9)) == 0
        assert machine.hear(INTERRUPT)[1][4:6] == b"EV"
        status, data = machine.bulk_in(1 << 20)
        assert status == 0
        assert fap.parse_frame(data).kind == 2
        machine.say(STOP, b"\x82")
        while machine.hear(RECEIVING)[1] != b"\x00\x82":
            pass


def test_read_that_is_taken_back_says_cancelled(bench: Bench):
    with Machine(bench) as machine:
        machine.configure()
        machine.say(BULK, struct.pack("<BBHIH", 0x81, 0, 512, 0, 0), 9)
        machine.say(CANCEL, b"", 9)
        number, body = machine.hear(BULK)
        assert (number, body[1]) == (9, 1)


def test_unplugged_and_plugged_in_again_on_the_same_line(bench: Bench):
    with Machine(bench) as machine:
        machine.configure()
        bench.unplug()
        machine.hear(DISCONNECT)
        bench.plug()
        machine.configure()
        assert machine.control_in(0xC1, 2, 0, 16)[1][0] == fap.READY


def test_machine_and_importer_exclude_each_other(bench: Bench):
    with Machine(bench) as machine:
        machine.hear(CONNECT)
        with pytest.raises(Refused):
            Client(bench.address)
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            with contextlib.suppress(Refused):
                stack.enter_context(Client(bench.address))
                break
        with pytest.raises((EOFError, ConnectionError)), Machine(bench) as other:
            other.hear(CONNECT)


HOSTILE: dict[str, Callable[[Machine], None]] = {
    "no hello": lambda machine: machine.say(RESET),
    "lacking capabilities": lambda machine: machine.say(HELLO, struct.pack("<64sI", b"old", 0)),
    "a gigabyte": lambda machine: machine.sock.sendall(struct.pack("<III", BULK, 1 << 30, 1)),
    "short control": lambda machine: machine.say(CONTROL, b"\0" * 3),
    "control with too few bytes": lambda machine: machine.say(CONTROL, struct.pack("<BBBBHHH", 0, 3, 0x41, 0, 0, 0, 24)),
    "empty configuration": lambda machine: machine.say(SET_CONFIG),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nonsense_ends_that_connection_only(bench: Bench, name: str):
    machine = Machine(bench) if name not in ("no hello", "lacking capabilities") else Machine.__new__(Machine)
    if not hasattr(machine, "sock"):
        assert bench.redir is not None
        machine.sock, machine.buffer, machine.wide = socket.socket(socket.AF_UNIX), b"", False
        machine.sock.settimeout(10)
        machine.sock.connect(bench.redir.address.removeprefix("unix:"))
    with machine, contextlib.suppress(ConnectionError, EOFError):
        HOSTILE[name](machine)
        with pytest.raises((EOFError, ConnectionError)):
            while True:
                machine.hear(999)
    for _ in range(100):
        with contextlib.suppress(EOFError, ConnectionError), Machine(bench) as again:
            again.hear(CONNECT)
            return
        time.sleep(0.02)
    pytest.fail("nobody is served any more")


def cut(decoder: Decoder) -> list[Packet]:
    packets = []
    while (packet := decoder.next()) is not None:
        packets.append(packet)
    return packets


@given(st.lists(st.binary(max_size=60), max_size=6), st.booleans())
def test_decoder_cuts_the_same_packets_however_the_bytes_come(pieces: list[bytes], wide: bool):
    whole, parts = Decoder(), Decoder()
    whole.wide = parts.wide = wide
    whole.feed(b"".join(pieces))
    try:
        expected = cut(whole)
    except RedirError:
        return
    found = []
    for piece in pieces:
        parts.feed(piece)
        found += cut(parts)
    assert found == expected
