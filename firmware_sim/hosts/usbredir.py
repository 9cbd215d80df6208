"""usbredir host: gives the device to a virtual machine's USB controller (QEMU's xHCI), which connects to a UNIX socket of ours.

`-chardev socket,id=c,path=PATH,reconnect=1 -device usb-redir,chardev=c`. One machine at a time; a cable pulled at the bench is a device
disconnected there, and one put back is connected again.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import socket
import threading
from collections.abc import Callable, Mapping

from firmware_sim.core.device import UsbDevice
from firmware_sim.core.endpoints import InEndpoint
from firmware_sim.core.urb import Piece, Status, Urb
from firmware_sim.hosts import listening
from firmware_sim.hosts import usbredir_wire as wire
from firmware_sim.hosts.usbredir_wire import Answer, Cap, Kind, Packet, RedirError, RedirStatus, Transfer

CHUNK = 1 << 16  # bytes read at once
INTERRUPT_READS = 2  # kept waiting on an interrupt pipe
MAX_UNDER_WAY = 64 << 20  # bytes asked for and not yet answered
SET_CONFIGURATION, SET_INTERFACE = 9, 11


class UsbredirServer:
    """Offers one device at `address` (unix:/path). Raises ListenError."""

    def __init__(self, device: UsbDevice, address: str) -> None:
        self._device = device
        self._listener = listening.listen(address)
        self.address = listening.named(self._listener)
        self._machine: Machine | None = None
        self._thread = threading.Thread(target=self._accept, name="usbredir-server", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        listening.close(self._listener)
        if self._machine is not None:
            self._machine.close()

    def unplugged(self) -> None:
        """The cable was pulled."""
        if self._machine is not None:
            self._machine.disconnect()

    def plugged(self) -> None:
        if self._machine is not None:
            self._machine.connect()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            machine = Machine(self._device, client)
            if not self._device.claim(machine):
                machine.close()
                continue
            self._machine = machine
            threading.Thread(target=self._serve, args=(machine,), name="usbredir-machine", daemon=True).start()

    def _serve(self, machine: Machine) -> None:
        try:
            with contextlib.suppress(OSError, EOFError, RedirError):
                machine.run()
        finally:
            self._machine = None
            machine.close()
            self._device.bus_reset()
            self._device.release(machine)


class Machine:
    """One virtual machine that has the device."""

    def __init__(self, device: UsbDevice, client: socket.socket) -> None:
        self._device = device
        self._client = client
        self._decoder = wire.Decoder()
        self._answers: queue.SimpleQueue[list[Piece] | None] = queue.SimpleQueue()
        self._under_way: dict[int, Urb] = {}
        self._receiving: dict[int, list[Urb]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._owed = 0  # bytes asked for and not yet answered
        self._greeted = False
        self._connected = False
        self._table: Mapping[int, Callable[[Packet], None]] = {
            Kind.HELLO: self._hello,
            Kind.RESET: lambda _: self._reset(),
            Kind.SET_CONFIGURATION: self._configure,
            Kind.GET_CONFIGURATION: lambda packet: self._tell_configuration(RedirStatus.SUCCESS, packet.id),
            Kind.SET_ALT_SETTING: self._set_alternate,
            Kind.GET_ALT_SETTING: lambda packet: self._tell_alternate(RedirStatus.SUCCESS, packet),
            Kind.START_INTERRUPT_RECEIVING: lambda packet: self._start_receiving(wire.one_byte(packet.body)),
            Kind.STOP_INTERRUPT_RECEIVING: lambda packet: self._stop_receiving(wire.one_byte(packet.body)),
            Kind.CANCEL_DATA_PACKET: self._cancel,
            Kind.CONTROL_PACKET: self._control,
            Kind.BULK_PACKET: self._bulk,
        }

    def run(self) -> None:
        """Until the machine leaves or talks nonsense. Raises OSError, EOFError, RedirError."""
        writer = threading.Thread(target=self._write, name="usbredir-writer", daemon=True)
        writer.start()
        self._say(wire.pack_hello())
        try:
            while data := self._client.recv(CHUNK):
                self._decoder.feed(data)
                while (packet := self._decoder.next()) is not None:
                    self._obey(packet)
        finally:
            self._answers.put(None)
            writer.join(5)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)
        self._client.close()

    def connect(self) -> None:
        """Show the device, when there is one and the machine has said hello."""
        with self._lock:
            if self._greeted and self._device.plugged and not self._connected:
                self._connected = True
                self._say(*wire.pack_connect(self._device.descriptors))

    def disconnect(self) -> None:
        with self._lock:
            self._receiving.clear()
            if self._connected:
                self._connected = False
                self._say(wire.pack(Kind.DEVICE_DISCONNECT))

    def _obey(self, packet: Packet) -> None:
        if not self._greeted and packet.kind != Kind.HELLO:
            raise RedirError("no hello")
        action = self._table.get(packet.kind)
        if action is not None:
            action(packet)

    def _hello(self, packet: Packet) -> None:
        both = wire.parse_hello(packet.body) & wire.CAPABILITIES
        with self._lock:
            self._decoder.wide = bool(both >> Cap.IDS_64 & 1)
            self._greeted = True
        self.connect()

    def _reset(self) -> None:
        with self._lock:
            self._receiving.clear()
        self._device.bus_reset()

    # configuration

    def _configure(self, packet: Packet) -> None:
        setup = bytes([0x00, SET_CONFIGURATION, wire.one_byte(packet.body), 0, 0, 0, 0, 0])
        self._ask(setup, lambda urb: self._configured(wire.redir_status(urb.status), packet.id))

    def _configured(self, status: RedirStatus, number: int) -> None:
        self._say(*wire.pack_interfaces(self._device.descriptors))
        self._tell_configuration(status, number)

    def _tell_configuration(self, status: RedirStatus, number: int) -> None:
        self._say(wire.pack(Kind.CONFIGURATION_STATUS, bytes([status, self._device.zero.configuration]), number))

    def _set_alternate(self, packet: Packet) -> None:
        if len(packet.body) < 2:
            raise RedirError("a short alternate setting")
        interface, alternate = packet.body[:2]
        setup = bytes([0x01, SET_INTERFACE, alternate, 0, interface, 0, 0, 0])
        self._ask(setup, lambda urb: self._tell_alternate(wire.redir_status(urb.status), packet))

    def _tell_alternate(self, status: RedirStatus, packet: Packet) -> None:
        self._say(wire.pack(Kind.ALT_SETTING_STATUS, bytes([status, wire.one_byte(packet.body), 0]), packet.id))

    def _ask(self, setup: bytes, done: Callable[[Urb], None]) -> None:
        self._device.submit(Urb(0, 0, done, setup=setup))

    # transfers

    def _control(self, packet: Packet) -> None:
        asked = wire.parse_control(packet.body)

        def answer(urb: Urb) -> Answer:
            return wire.pack_control(packet.body, wire.redir_status(urb.status), urb.actual, urb.pieces, packet.id)

        self._submit(packet.id, asked, answer)

    def _bulk(self, packet: Packet) -> None:
        asked = wire.parse_bulk(packet.body)

        def answer(urb: Urb) -> Answer:
            return wire.pack_bulk(asked.endpoint, wire.redir_status(urb.status), urb.actual, urb.pieces, packet.id)

        self._submit(packet.id, asked, answer)

    def _submit(self, number: int, asked: Transfer, answer: Callable[[Urb], Answer]) -> None:
        def done(urb: Urb) -> None:
            with self._lock:
                self._under_way.pop(number, None)
                self._owed -= asked.length
            self._say(answer(urb))

        urb = Urb(asked.endpoint, asked.length, done, data=asked.data, setup=asked.setup)
        with self._lock:
            self._owed += asked.length
            if number in self._under_way or self._owed > MAX_UNDER_WAY:
                raise RedirError(f"packet {number}, {self._owed} bytes owed")
            self._under_way[number] = urb
        self._device.submit(urb)

    def _cancel(self, packet: Packet) -> None:
        with self._lock:
            urb = self._under_way.get(packet.id)
        if urb is not None and self._device.unlink(urb):
            urb.done(urb)

    # interrupt pipes

    def _start_receiving(self, endpoint: int) -> None:
        pipe = self._device.endpoints.get(endpoint)
        if not isinstance(pipe, InEndpoint):
            self._tell_receiving(endpoint, RedirStatus.INVALID)
            return
        with self._lock:
            begun = endpoint in self._receiving
            self._receiving.setdefault(endpoint, [])
        self._tell_receiving(endpoint, RedirStatus.SUCCESS)
        for _ in range(0 if begun else INTERRUPT_READS):
            self._read_interrupt(endpoint, pipe.max_packet)

    def _read_interrupt(self, endpoint: int, size: int) -> None:
        urb = Urb(endpoint, size, lambda urb: self._received(endpoint, urb))
        with self._lock:
            if endpoint not in self._receiving:
                return
            self._receiving[endpoint].append(urb)
        self._device.submit(urb)

    def _received(self, endpoint: int, urb: Urb) -> None:
        with self._lock:
            if urb not in self._receiving.get(endpoint, []):
                return
            self._receiving[endpoint].remove(urb)
        if urb.status is Status.OK:
            data = b"".join(urb.pieces)
            self._say(wire.pack_interrupt(endpoint, RedirStatus.SUCCESS, data, next(self._numbers)))
            self._read_interrupt(endpoint, urb.length)
        elif urb.status is Status.STALL:
            self._stop_receiving(endpoint, RedirStatus.STALL)

    def _stop_receiving(self, endpoint: int, status: RedirStatus = RedirStatus.SUCCESS) -> None:
        with self._lock:
            reads = self._receiving.pop(endpoint, [])
        for urb in reads:
            self._device.unlink(urb)
        self._tell_receiving(endpoint, status)

    def _tell_receiving(self, endpoint: int, status: RedirStatus) -> None:
        self._say(wire.pack(Kind.INTERRUPT_RECEIVING_STATUS, bytes([status, endpoint])))

    # answers

    def _say(self, *answers: Answer) -> None:
        for answer in answers:
            self._answers.put(answer.frame(wide=self._decoder.wide))

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while (answer := self._answers.get()) is not None:
                for piece in answer:
                    self._client.sendall(piece)
