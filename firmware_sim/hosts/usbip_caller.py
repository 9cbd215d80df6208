"""The other end of the USB/IP wire, for hosts of ours that have no kernel: imports a device and moves requests. Standard library only.

Protocol: Linux, Documentation/usb/usbip_protocol.rst.
"""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

VERSION, REQ_IMPORT, SUBMIT, UNLINK, RET_SUBMIT = 0x0111, 0x8003, 1, 2, 3
TIMEOUT = 5.0  # s for what the caller itself asks
_HEAD, _OPERATION, _DEVICE = struct.Struct(">5I"), struct.Struct(">HHI"), struct.Struct(">256s32sIIIHHHBBBBBB")
Ended = Callable[[int, bytes, int], None]  # status, bytes read, bytes moved


class CallRefused(Exception):
    """There is no device to import, or somebody else has it."""


class CallFailed(Exception):
    """A request of the caller's own ended with a status."""


@dataclass(frozen=True)
class Imported:
    busnum: int
    devnum: int
    speed: int  # enum usb_device_speed
    vendor: int
    product: int
    release: int
    configuration: int


def dial(address: str) -> socket.socket:
    """`unix:/path` or `tcp:host:port`. Raises OSError."""
    kind, _, rest = address.partition(":")
    if kind == "unix":
        made = socket.socket(socket.AF_UNIX)
        made.connect(rest)
        return made
    host, _, port = rest.rpartition(":")
    made = socket.create_connection((host, int(port)))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def receive(sock: socket.socket, size: int) -> bytes:
    """Exactly so many bytes. Raises EOFError, OSError."""
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        count = sock.recv_into(view[at:])
        if not count:
            raise EOFError
        at += count
    return bytes(data)


def take(address: str, busid: str = "1-1") -> tuple[socket.socket, Imported]:
    """Import a device: the connection that carries its requests from now on, and what it is. Raises CallRefused, OSError."""
    sock = dial(address)
    try:
        sock.sendall(_OPERATION.pack(VERSION, REQ_IMPORT, 0) + busid.encode().ljust(32, b"\0"))
        _version, _code, status = _OPERATION.unpack(receive(sock, 8))
        if status:
            raise CallRefused(f"The USB/IP server at {address} refuses the device {busid} with status {status}.")
        _path, _busid, busnum, devnum, speed, vendor, product, release, *rest = _DEVICE.unpack(receive(sock, _DEVICE.size))
    except EOFError as error:
        sock.close()
        raise CallRefused(f"The USB/IP server at {address} hung up.") from error
    except BaseException:
        sock.close()
        raise
    return sock, Imported(busnum, devnum, speed, vendor, product, release, rest[3])


class Call:
    """One import. Answers come on its own thread, in `ended`; at the end of the connection every waiting request gets `gone`."""

    def __init__(self, address: str, busid: str, gone: int) -> None:
        """Raises CallRefused, OSError."""
        self._sock, self.device = take(address, busid)
        self._devid = self.device.busnum << 16 | self.device.devnum
        self._gone = gone
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[bool, Ended]] = {}
        self._taken_back: dict[int, tuple[int, Callable[[bool], None]]] = {}
        self.over = threading.Event()
        threading.Thread(target=self._read, name="usbip-caller", daemon=True).start()

    def close(self) -> None:
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def submit(self, endpoint: int, length: int, ended: Ended, *, data: bytes = b"", setup: bytes = bytes(8), flags: int = 0) -> int:
        """Ask the device; `endpoint` has bit 7 set for reading. The number of the request."""
        reads = bool(endpoint & 0x80)
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = (reads, ended)
            head = _HEAD.pack(SUBMIT, number, self._devid, int(reads), endpoint & 0x0F)
            self._send(head + struct.pack(">Iiiii8s", flags, length, 0, 0, 0, setup) + data)
        if self.over.is_set():
            self._finish(number, self._gone, b"", 0)
        return number

    def unlink(self, victim: int, taken_back: Callable[[bool], None]) -> None:
        """Take a request back; `taken_back` is told whether that came in time."""
        with self._lock:
            number = next(self._numbers)
            self._taken_back[number] = (victim, taken_back)
            self._send(_HEAD.pack(UNLINK, number, self._devid, 0, 0) + struct.pack(">I24x", victim))

    def control(self, request_type: int, request: int, value: int, index: int, room: int = 0) -> bytes:
        """A control transfer without data to the device, waited for. Raises CallFailed."""
        done, answer = threading.Event(), [(self._gone, b"")]

        def ended(status: int, data: bytes, _moved: int) -> None:
            answer[0] = (status, data)
            done.set()

        self.submit(request_type & 0x80, room, ended, setup=struct.pack("<BBHHH", request_type, request, value, index, room))
        if not done.wait(TIMEOUT) or answer[0][0]:
            raise CallFailed(f"request {request} of value {value:#x} ended with {answer[0][0]}")
        return answer[0][1]

    def _send(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except OSError:
            self.close()

    def _read(self) -> None:
        try:
            while True:
                self._answer(receive(self._sock, 48))
        except (OSError, EOFError):
            self._end()

    def _answer(self, head: bytes) -> None:
        command, number = struct.unpack_from(">II", head)
        status, moved = struct.unpack_from(">ii", head, 20)
        if command == RET_SUBMIT:
            reads = self._waiting.get(number, (False, None))[0]
            self._finish(number, status, receive(self._sock, moved) if reads and moved > 0 else b"", moved)
            return
        with self._lock:
            victim, taken_back = self._taken_back.pop(number)
            if status:
                self._waiting.pop(victim, None)
        taken_back(status != 0)

    def _finish(self, number: int, status: int, data: bytes, moved: int) -> None:
        with self._lock:
            _reads, ended = self._waiting.pop(number, (False, None))
        if ended is not None:
            ended(status, data, moved)

    def _end(self) -> None:
        self.over.set()
        self._sock.close()
        for number in sorted(self._waiting):
            self._finish(number, self._gone, b"", 0)
