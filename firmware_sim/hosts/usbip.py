"""USB/IP server: lets one host at a time import the device, as the kernel's usbip-host does.

Whatever a client sends that is not USB/IP ends that client's connection and nothing else.
"""

from __future__ import annotations

import contextlib
import socket
import threading

from firmware_sim.core.device import UsbDevice
from firmware_sim.hosts import listening, usbip_wire
from firmware_sim.hosts.usbip_importer import Importer, receive
from firmware_sim.hosts.usbip_wire import Exported, Operation, OpStatus, UsbipError

BUSID, TWIN = "1-1", "1-2"
MAX_CLIENTS = 8
OPERATION_TIMEOUT = 10.0  # s, for a client that connects and says nothing


class UsbipServer:
    """Offers one device at `address` (see `listening.listen`)."""

    def __init__(self, device: UsbDevice, address: str) -> None:
        self._device = device
        self._listener = listening.listen(address)
        self.address = listening.named(self._listener)
        self._lock = threading.Lock()
        self._clients: set[socket.socket] = set()
        self._importer: socket.socket | None = None
        self.refusal: OpStatus | None = None  # every import is refused so
        self.twin = False  # the device is listed once more, at another bus id
        self._closing = False
        self._thread = threading.Thread(target=self._accept, name="usbip-server", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """End every connection and remove the socket."""
        if self._closing:
            return
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        listening.close(self._listener)
        with self._lock:
            for client in self._clients:
                _end(client)

    def unplug(self) -> None:
        """Pull the cable: the importing host sees its connection end."""
        self._end_importer()
        self._device.unplug()
        self._end_importer()  # one that came in between

    def plug(self) -> None:
        self._device.plug()

    def _end_importer(self) -> None:
        with self._lock:
            if self._importer is not None:
                _end(self._importer)

    def _accept(self) -> None:
        while not self._closing:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._clients.add(client)
                crowded = len(self._clients) > MAX_CLIENTS
            if crowded:
                self._forget(client)
            else:
                threading.Thread(target=self._serve, args=(client,), name="usbip-client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, EOFError, UsbipError):
                self._operation(client)
        finally:
            self._forget(client)

    def _operation(self, client: socket.socket) -> None:
        client.settimeout(OPERATION_TIMEOUT)
        if client.family == socket.AF_INET:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        operation = usbip_wire.parse_operation(receive(client, usbip_wire.OP_SIZE))
        if operation is Operation.REQ_DEVLIST:
            client.sendall(usbip_wire.pack_devlist([self._exported(busid) for busid in self._busids()]))
            return
        busid = usbip_wire.parse_busid(receive(client, usbip_wire.BUSID_SIZE))
        status = self._claim(client, busid)
        exported = self._exported(busid)
        client.sendall(usbip_wire.pack_import(status, exported))
        if status is OpStatus.OK:
            client.settimeout(None)
            Importer(self._device, exported.devid, client).run()

    def _claim(self, client: socket.socket, busid: str) -> OpStatus:
        with self._lock:
            if busid not in self._busids():
                return OpStatus.NO_DEVICE
            if self.refusal is not None:
                return self.refusal
            if not self._device.claim(client):
                return OpStatus.DEVICE_BUSY
            self._importer = client
            return OpStatus.OK

    def _forget(self, client: socket.socket) -> None:
        with self._lock:
            self._clients.discard(client)
            if self._importer is client:
                self._importer = None
        self._device.release(client)
        client.close()

    def _busids(self) -> list[str]:
        if not self._device.plugged:
            return []
        return [BUSID, TWIN] if self.twin else [BUSID]

    def _exported(self, busid: str) -> Exported:
        told = self._device.descriptors
        triples = tuple(interface.triple for interface in told.configuration.interfaces)
        ids = (told.vendor, told.product, told.release)
        path = f"/sys/devices/platform/livescan-sim/usb1/{busid}"
        return Exported(path, busid, 1, self._device.number + (busid == TWIN), ids, self._device.zero.configuration, triples, told.speed)


def _end(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
