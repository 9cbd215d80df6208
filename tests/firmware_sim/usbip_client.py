"""A USB/IP client of a few dozen lines for these tests: written from the protocol's description, shares nothing with the drivers."""

from __future__ import annotations

import itertools
import socket
import struct
from dataclasses import dataclass


def connect(address: str) -> socket.socket:
    kind, _, rest = address.partition(":")
    if kind == "unix":
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(10)
        made.connect(rest)
        return made
    host, _, port = rest.partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        got = sock.recv(size - len(data))
        if not got:
            raise EOFError
        data += got
    return data


def devlist(address: str) -> tuple[int, bytes]:
    """How many devices, and the bytes that describe them."""
    with connect(address) as sock:
        sock.sendall(struct.pack(">HHI", 0x0111, 0x8005, 0))
        version, code, status, count = struct.unpack(">HHII", exactly(sock, 12))
        assert (version, code, status) == (0x0111, 0x0005, 0)
        rest = b""
        while got := sock.recv(4096):
            rest += got
        return count, rest


@dataclass
class Answer:
    status: int
    data: bytes
    actual: int


class Refused(Exception):
    """The import was answered by a status that is not zero."""


class Client:
    """One imported device. Requests are sent at once; `answer` waits for one of them."""

    def __init__(self, address: str, busid: str = "1-1") -> None:
        self.sock = connect(address)
        self.sock.sendall(struct.pack(">HHI32s", 0x0111, 0x8003, 0, busid.encode()))
        _version, code, status = struct.unpack(">HHI", exactly(self.sock, 8))
        assert code == 0x0003
        if status:
            self.sock.close()
            raise Refused(status)
        self.told = exactly(self.sock, 312)
        bus, number = struct.unpack(">II", self.told[288:296])
        self.devid = bus << 16 | number
        self._numbers = itertools.count(1)
        self._asked: dict[int, tuple[bool, int]] = {}
        self.answers: dict[int, Answer] = {}
        self.unlinked: dict[int, int] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def submit(self, endpoint: int, length: int, *, data: bytes = b"", setup: bytes = bytes(8), flags: int = 0) -> int:
        to_host = bool(endpoint & 0x80)
        number = next(self._numbers)
        self._asked[number] = (to_host, length)
        head = struct.pack(">5I", 1, number, self.devid, int(to_host), endpoint & 0x0F)
        self.sock.sendall(head + struct.pack(">Iiiii8s", flags, length, 0, 0, 0, setup) + data)
        return number

    def unlink(self, victim: int) -> int:
        number = next(self._numbers)
        self.sock.sendall(struct.pack(">5II24x", 2, number, self.devid, 0, 0, victim))
        return number

    def read_one(self) -> int:
        """Take one answer from the wire; its number."""
        command, number, status, actual = struct.unpack(">II12xii", exactly(self.sock, 28))
        exactly(self.sock, 20)
        if command == 4:
            self.unlinked[number] = status
            return number
        assert command == 3
        to_host, _length = self._asked[number]
        self.answers[number] = Answer(status, exactly(self.sock, actual) if to_host and actual else b"", actual)
        return number

    def answer(self, number: int) -> Answer:
        while number not in self.answers:
            self.read_one()
        return self.answers[number]

    def unlink_status(self, number: int) -> int:
        while number not in self.unlinked:
            self.read_one()
        return self.unlinked[number]

    def control_in(self, kind: int, request: int, value: int, index: int, length: int) -> Answer:
        setup = struct.pack("<BBHHH", kind, request, value, index, length)
        return self.answer(self.submit(0x80, length, setup=setup))

    def control_out(self, kind: int, request: int, value: int, index: int, data: bytes = b"") -> Answer:
        setup = struct.pack("<BBHHH", kind, request, value, index, len(data))
        return self.answer(self.submit(0x00, len(data), data=data, setup=setup))

    def bulk_in(self, length: int, endpoint: int = 0x81) -> Answer:
        return self.answer(self.submit(endpoint, length))

    def bulk_out(self, data: bytes, endpoint: int = 0x01) -> Answer:
        return self.answer(self.submit(endpoint, len(data), data=data))

    def configure(self) -> None:
        assert self.control_out(0x00, 9, 1, 0).status == 0
