"""One imported device: a socket on which transfers of all its endpoints are under way at once.

Who may do what: any thread submits (one at a time writes to the socket); one reader thread takes every answer and wakes the thread it
belongs to, so a control transfer never waits behind a pending interrupt read. The reader fills the caller's own buffer.

A transfer ends exactly once, in one of these ways:

    RET_SUBMIT                                 its status and data
    deadline, RET_UNLINK -ECONNRESET           it was still pending: timed out
    deadline, RET_UNLINK 0, RET_SUBMIT         it had just completed: its status and data, nothing is lost
    deadline, no RET_UNLINK within a second    timed out; its late answer is read and thrown away
    the connection ends                        ENODEV, for this one and every later one: it is never made again behind the caller's back
"""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass, field

from drivers import usbip_wire as wire
from drivers.usb_errors import NO_DEVICE, urb_error, usb_error

UNLINK_DEADLINE = 1.0  # s for the server to answer CMD_UNLINK
SEND_DEADLINE = 2  # s for the server to take what we send
_ENODEV = -19


@dataclass(eq=False)
class _Transfer:
    is_in: bool
    size: int  # bytes asked for or sent
    buffer: memoryview | None = None  # None: nobody waits any more, the data is thrown away
    done: threading.Event = field(default_factory=threading.Event)
    status: int = 0
    actual: int = 0

    def end(self, status: int, actual: int = 0) -> None:
        self.status, self.actual = status, actual
        self.done.set()


class UsbipConnection:
    """Takes over a socket on which OP_REP_IMPORT has said OK."""

    def __init__(self, sock: socket.socket, devid: int) -> None:
        self._sock = sock
        self._devid = devid
        self._lock = threading.Lock()  # the tables and the counter
        self._sending = threading.Lock()
        self._pending: dict[int, _Transfer] = {}
        self._unlinks: dict[int, _Transfer] = {}
        self._seqnum = 0
        self._gone = False
        sock.settimeout(None)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_DEADLINE, 0))
        self._reader = threading.Thread(target=self._read, name="usbip-reader", daemon=True)
        self._reader.start()

    @property
    def gone(self) -> bool:
        return self._gone

    def transfer(
        self, endpoint: int, buffer: memoryview, *, is_in: bool, timeout_ms: int, setup: bytes = bytes(8), interval: int = 0
    ) -> int:
        """Move `buffer` in or out and return the number of bytes. 0 ms waits for ever. Raises USBError as libusb does."""
        size = len(buffer)
        one = _Transfer(is_in, size, buffer)
        seqnum = self._enter(self._pending, one)
        data = b"" if is_in else bytes(buffer)
        self._send(wire.submit(seqnum, self._devid, endpoint, is_in=is_in, length=size, setup=setup, interval=interval, data=data))
        if not one.done.wait(timeout_ms / 1000 if timeout_ms else None):
            self._give_up(seqnum, one)
        if one.status:
            raise urb_error(one.status)
        return one.actual

    def close(self) -> None:
        """End the connection, which is how the server learns that the device is free. Never raises."""
        self._hang_up()
        if threading.current_thread() is not self._reader:
            self._reader.join(SEND_DEADLINE)

    def _enter(self, table: dict[int, _Transfer], one: _Transfer) -> int:
        with self._lock:
            if self._gone:
                raise usb_error(NO_DEVICE)
            self._seqnum = self._seqnum % 0xFFFFFFFF + 1
            table[self._seqnum] = one
            return self._seqnum

    def _send(self, data: bytes) -> None:
        try:
            with self._sending:
                self._sock.sendall(data)
        except OSError:
            self._hang_up()

    def _give_up(self, victim: int, one: _Transfer) -> None:
        """The deadline has passed: unlink, and find out which of the two was first."""
        unlinked = _Transfer(is_in=False, size=0)
        seqnum = self._enter_or_end(unlinked, one)
        if seqnum:
            self._send(wire.unlink(seqnum, self._devid, victim))
            answered = unlinked.done.wait(UNLINK_DEADLINE)
            if answered and unlinked.status == 0:
                one.done.wait(UNLINK_DEADLINE)
            self._abandon(victim, one, forget=answered and unlinked.status != 0)
        if not one.done.is_set():
            one.end(_ENODEV if self._gone else -110)

    def _enter_or_end(self, unlinked: _Transfer, one: _Transfer) -> int:
        try:
            return self._enter(self._unlinks, unlinked)
        except OSError:
            one.done.wait(UNLINK_DEADLINE)
            return 0

    def _abandon(self, victim: int, one: _Transfer, *, forget: bool) -> None:
        """From here on the reader does not touch the caller's buffer."""
        with self._lock:
            waiting = self._pending.get(victim) is one
            if waiting and forget:
                del self._pending[victim]
            elif waiting:
                one.buffer = None
        if not waiting and not one.done.wait(UNLINK_DEADLINE):  # the reader is at this moment filling the buffer, or has done so
            self._hang_up()
            one.done.wait()

    def _read(self) -> None:
        try:
            while True:
                self._take(wire.parse_return(self._receive(wire.HEADER_SIZE)))
        except (OSError, ValueError):
            self._end_all()
            with self._sending:
                self._sock.close()

    def _take(self, answer: wire.Return) -> None:
        table = self._pending if answer.command == wire.RET_SUBMIT else self._unlinks
        with self._lock:
            one = table.pop(answer.seqnum, None)
            buffer = one.buffer if one else None
        if one is None:
            if answer.command == wire.RET_UNLINK:
                return
            raise wire.UsbipGarbled(f"an answer to transfer {answer.seqnum}, which nobody asked for")
        self._fill(one, buffer, answer)

    def _fill(self, one: _Transfer, buffer: memoryview | None, answer: wire.Return) -> None:
        """Read the data that follows and end the transfer, whatever happens on the way."""
        status = _ENODEV
        try:
            if answer.actual > one.size:
                raise wire.UsbipGarbled(f"{answer.actual} bytes in answer to a transfer of {one.size}")
            if one.is_in and answer.actual:
                target = memoryview(bytearray(answer.actual)) if buffer is None else buffer
                self._receive_into(target[: answer.actual])
            status = answer.status
        finally:
            one.end(status, answer.actual)

    def _receive(self, size: int) -> bytearray:
        data = bytearray(size)
        self._receive_into(memoryview(data))
        return data

    def _receive_into(self, view: memoryview) -> None:
        at = 0
        while at < len(view):
            got = self._sock.recv_into(view[at:])
            if not got:
                raise ConnectionResetError("the USB/IP server ended the connection")
            at += got

    def _end_all(self) -> None:
        with self._lock:
            self._gone = True
            ended = [*self._pending.values(), *self._unlinks.values()]
            self._pending.clear()
            self._unlinks.clear()
        self._hang_up()
        for one in ended:
            one.end(_ENODEV)

    def _hang_up(self) -> None:
        """Wake the reader, which ends everything and frees the descriptor when nobody writes to it any more."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
