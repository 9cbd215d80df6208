"""One host that has imported the device: its requests in, its answers out.

A reader takes the requests in order and a writer sends the answers in order, so a host that does not read cannot hold up the device.
"""

from __future__ import annotations

import contextlib
import errno
import queue
import socket
import threading

from firmware_sim.core.control import Setup
from firmware_sim.core.descriptors import IN
from firmware_sim.core.device import UsbDevice
from firmware_sim.core.urb import Piece, Status, Urb, UrbFlag
from firmware_sim.hosts import usbip_wire
from firmware_sim.hosts.usbip_wire import Submit, Unlink, UsbipError

MAX_TRANSFER = 16 << 20  # bytes; usbfs allows as much by default
MAX_UNDER_WAY = 64 << 20  # bytes asked for and not yet sent, per connection
PORT_RESET = Setup(0x23, 3, 4, 0, 0)  # SetPortFeature(PORT_RESET): usbip-host takes it for usb_reset_device


def receive(client: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes. Raises EOFError when the client has gone."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        count = client.recv_into(view)
        if count == 0:
            raise EOFError
        view = view[count:]
    return bytes(buffer)


class Importer:
    """One host that has imported the device."""

    def __init__(self, device: UsbDevice, devid: int, client: socket.socket) -> None:
        self._device = device
        self._devid = devid
        self._client = client
        self._answers: queue.SimpleQueue[list[Piece] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._under_way: dict[int, Urb] = {}
        self._owed = 0  # bytes asked for and not yet sent
        self._over = False  # nothing more is answered

    def run(self) -> None:
        """Until the host leaves, the cable is pulled, or it talks nonsense (UsbipError)."""
        writer = threading.Thread(target=self._write, name="usbip-writer", daemon=True)
        writer.start()
        try:
            while True:
                self._serve(usbip_wire.parse_urb(receive(self._client, usbip_wire.URB_SIZE)))
        finally:
            self._over = True
            self._device.bus_reset()
            self._answers.put(None)
            writer.join(5)

    def _serve(self, request: Submit | Unlink) -> None:
        if request.devid != self._devid:
            raise UsbipError(f"device id {request.devid:#x}")
        if isinstance(request, Unlink):
            self._unlink(request)
        else:
            self._submit(request)

    def _submit(self, request: Submit) -> None:
        with self._lock:
            self._owed += usbip_wire.URB_SIZE + request.length
            if request.length > MAX_TRANSFER or self._owed > MAX_UNDER_WAY or request.seqnum in self._under_way:
                raise UsbipError(f"{request.length} bytes asked for, {self._owed} owed, request {request.seqnum}")
        data = b"" if request.to_host else receive(self._client, request.length)
        urb = Urb(
            endpoint=request.endpoint | (IN if request.to_host else 0),
            length=request.length,
            done=lambda ended: self._done(request, ended),
            data=data,
            flags=UrbFlag(request.flags & (UrbFlag.SHORT_NOT_OK | UrbFlag.ZERO_PACKET)),
            setup=request.setup,
        )
        with self._lock:
            self._under_way[request.seqnum] = urb
        if request.endpoint == 0 and Setup.parse(request.setup) == PORT_RESET:
            self._device.bus_reset()
            urb.finish(Status.OK)
        else:
            self._device.submit(urb)

    def _done(self, request: Submit, urb: Urb) -> None:
        with self._lock:
            self._under_way.pop(request.seqnum, None)
        if self._over:
            return
        head = usbip_wire.pack_ret_submit(request.seqnum, urb.status or 0, urb.actual, request.packets)
        self._answers.put([head, *urb.pieces])
        with self._lock:
            self._owed -= request.length - sum(map(len, urb.pieces))

    def _unlink(self, request: Unlink) -> None:
        with self._lock:
            urb = self._under_way.get(request.victim)
            self._owed += usbip_wire.URB_SIZE
        taken_back = urb is not None and self._device.unlink(urb)
        if taken_back and urb is not None:
            with self._lock:
                self._under_way.pop(request.victim, None)
                self._owed -= usbip_wire.URB_SIZE + urb.length
        self._answers.put([usbip_wire.pack_ret_unlink(request.seqnum, -errno.ECONNRESET if taken_back else 0)])

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while (answer := self._answers.get()) is not None:
                for piece in answer:
                    self._client.sendall(piece)
                with self._lock:
                    self._owed -= sum(map(len, answer))
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)
