"""A USB/IP server that does exactly what a test tells it, also what no decent server does. From usbip_protocol.rst; shares no codec."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

IN_BULK, IN_INTERRUPT, OUT_BULK = 0x83, 0x85, 0x02  # not the numbers that any other device of ours uses
STALL, BABBLE, UNPLUGGED, UNLINKED, BROKEN = -32, -75, -108, -104, -71  # Linux errno of a URB

DEVICE_DESCRIPTOR = bytes.fromhex("12010002 00000040 09120100 0001 010203 01")
CONFIGURATION = bytes.fromhex(
    "0902270001010080fa"  # 39 bytes, one interface, value 1
    "0904000003ff466000"
    "07058302000200"  # bulk IN
    "07058503400004"  # interrupt IN
    "07050202000200"  # bulk OUT
)


def string_descriptor(text: str) -> bytes:
    body = text.encode("utf-16-le")
    return bytes([2 + len(body), 3]) + body


@dataclass
class Submit:
    seqnum: int
    endpoint: int  # with its direction bit
    length: int
    setup: bytes
    data: bytes


@dataclass
class _Transfer:
    """What the device will send on an IN endpoint: a status, or bytes that end with a short or an empty packet."""

    status: int
    rest: bytes
    empty_packet: bool


@dataclass
class ScriptedServer:
    """One device. Subclasses answer vendor requests."""

    path: Path
    serial: str = "SCRIPT-1"
    unlink: str = "proper"  # or: completed, completed-late, silent
    import_status: int = 0
    version: int = 0x0111
    control_delay: float = 0.0
    requests: list[bytes] = field(default_factory=list)  # setup packets, and "unlink"
    written: list[bytes] = field(default_factory=list)  # to bulk OUT
    halted: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._pending: dict[int, deque[Submit]] = {}
        self._queued: dict[int, deque[_Transfer]] = {}
        self._client: socket.socket | None = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"unix:{self.path}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        if self._client is not None:
            with contextlib.suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)

    def send_raw(self, data: bytes) -> None:
        assert self._client is not None
        self._client.sendall(data)

    def feed(self, endpoint: int, data: bytes = b"", status: int = 0) -> None:
        with self._lock:
            zlp = bool(data) and len(data) % 512 == 0
            self._queued.setdefault(endpoint, deque()).append(_Transfer(status, data, zlp))
            self._serve(endpoint)

    def vendor(self, request: int, data: bytes, length: int) -> bytes | None:
        """Answer to a vendor request, None for a stall."""
        return None

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(client,), daemon=True).start()

    def _converse(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError), client:
            _version, code, _status = struct.unpack(">HHI", _receive(client, 8))
            if code == 0x8005:
                client.sendall(struct.pack(">HHII", self.version, 0x0005, 0, 1) + self._listed() + bytes([0xFF, 0x46, 0x60, 0]))
                return
            _receive(client, 32)
            client.sendall(struct.pack(">HHI", self.version, 0x0003, self.import_status))
            if self.import_status == 0:
                client.sendall(self._listed())
                self._client = client
                self._pending.clear()
                self._transfers(client)

    def _listed(self) -> bytes:
        numbers = struct.pack(">IIIHHHBBBBBB", 1, 2, 3, 0x1209, 0x0001, 0x0100, 0, 0, 0, 1, 1, 1)
        return b"/sys/devices/scripted".ljust(256, b"\0") + b"1-1".ljust(32, b"\0") + numbers

    def _transfers(self, client: socket.socket) -> None:
        while True:
            head = _receive(client, 48)
            command, seqnum, _devid, direction, number = struct.unpack(">5I", head[:20])
            if command == 2:
                self._unlink(seqnum, struct.unpack(">I", head[20:24])[0])
                continue
            length = struct.unpack(">i", head[24:28])[0]
            data = b"" if direction else _receive(client, length)
            submit = Submit(seqnum, number | (0x80 if direction else 0), length, head[40:48], data)
            if number == 0:
                self._control(submit)
            else:
                self._submit(submit)

    def _submit(self, submit: Submit) -> None:
        with self._lock:
            if submit.endpoint in self.halted:
                self._answer(submit, STALL)
            elif submit.endpoint & 0x80:
                self._pending.setdefault(submit.endpoint, deque()).append(submit)
                self._serve(submit.endpoint)
            else:
                self.written.append(submit.data)
                self._answer(submit, 0)

    def _serve(self, endpoint: int) -> None:
        waiting, queued = self._pending.get(endpoint), self._queued.get(endpoint)
        while waiting and queued:
            transfer, submit = queued[0], waiting.popleft()
            piece, transfer.rest = transfer.rest[: submit.length], transfer.rest[submit.length :]
            if transfer.status == STALL and not piece:
                self.halted.add(endpoint)
            self._answer(submit, 0 if piece else transfer.status, piece)
            if not transfer.rest and (len(piece) < submit.length or not transfer.empty_packet) and (not piece or not transfer.status):
                queued.popleft()

    def _control(self, submit: Submit) -> None:
        kind, request, value, index, length = struct.unpack("<BBHHH", submit.setup)
        self.requests.append(submit.setup)
        if kind & 0x60:
            answer = self.vendor(request, submit.data, length)
        elif (kind, request) == (0x80, 6):
            answer = self._descriptor(value >> 8, value & 0xFF)
        elif (kind, request) == (0x02, 1):
            self.halted.discard(index)
            answer = b""
        else:
            answer = b"" if request in (3, 9, 11) else None
        self._answer(submit, STALL if answer is None else 0, (answer or b"")[:length])

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        strings = [b"\x04\x03\x09\x04", *map(string_descriptor, ("MAKER", "MODEL", self.serial))]
        return {1: DEVICE_DESCRIPTOR, 2: CONFIGURATION, 3: strings[min(index, 3)]}.get(kind)

    def _unlink(self, seqnum: int, victim: int) -> None:
        with self._lock:
            self.requests.append(b"unlink")
            found = next((s for waiting in self._pending.values() for s in waiting if s.seqnum == victim), None)
            if found is not None:
                self._pending[found.endpoint].remove(found)
            if self.unlink == "silent":
                return
            completed = self.unlink != "proper" and found is not None
            if completed and found is not None and self.unlink == "completed":
                self._answer(found, 0, b"in time")
            status = UNLINKED if found is not None and not completed else 0
            self.send_raw(struct.pack(">IIIIIi24x", 4, seqnum, 0, 0, 0, status))
            if completed and found is not None and self.unlink == "completed-late":
                self._answer(found, 0, b"in time")

    def _answer(self, submit: Submit, status: int, data: bytes = b"") -> None:
        actual = len(data) if submit.endpoint & 0x80 or submit.setup[0] & 0x80 else submit.length
        self.send_raw(struct.pack(">IIIIIiiiii8x", 3, submit.seqnum, 0, 0, 0, status, actual if not status else 0, 0, 0, 0) + data)


def _receive(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
