"""One USB device without a wire: descriptors, endpoint zero, endpoints, and the function that lives behind them.

Everything that happens to a device happens under its one lock: requests of the host on the host's threads, and the function's own
deeds on the motor's thread. A request's `done` is called under that lock too.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from firmware_sim.core.control import INTERFACE, VENDOR, EndpointZero, Setup, Stall
from firmware_sim.core.descriptors import IN, Descriptors
from firmware_sim.core.endpoints import InEndpoint, OutEndpoint
from firmware_sim.core.urb import Status, Urb


class Function(Protocol):
    """What a device does: the part that differs from model to model."""

    descriptors: Descriptors

    def attach(self, endpoints: Sequence[InEndpoint]) -> None:
        """Called once with the IN endpoints in the order of the descriptors."""
        ...

    def control(self, setup: Setup, data: bytes) -> bytes:
        """A vendor request to the interface. Raises Stall."""
        ...

    def receive(self, data: bytes) -> None:
        """One whole OUT transfer."""
        ...

    def reset(self, *, power: bool) -> None:
        """Bus reset or new configuration; with `power`, the device was without power."""
        ...

    def step(self) -> float | None:
        """Do what is due; seconds of the wall until the next thing is, None when nothing is planned."""
        ...


class UsbDevice:
    """A device at high speed that a host may import."""

    def __init__(self, function: Function) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.descriptors = function.descriptors
        self.function = function
        self.plugged = True
        self.endpoints = self._make_endpoints()
        self.zero = EndpointZero(self.descriptors, self.endpoints, self._configured)
        function.attach([endpoint for endpoint in self.endpoints.values() if isinstance(endpoint, InEndpoint)])

    def _make_endpoints(self) -> dict[int, InEndpoint | OutEndpoint]:
        made: dict[int, InEndpoint | OutEndpoint] = {}
        for endpoint in self.descriptors.configuration.interfaces[0].endpoints:
            address, size = endpoint.address, endpoint.max_packet
            made[address] = InEndpoint(address, size) if address & IN else OutEndpoint(address, size, self.function.receive)
        return made

    def submit(self, urb: Urb) -> None:
        """Begin one request; `urb.done` is called when it ends, perhaps before this returns."""
        with self.lock:
            if not self.plugged:
                urb.finish(Status.GONE)
            elif urb.endpoint & 0x7F == 0:
                self._control(urb)
            elif self.zero.configuration and urb.endpoint in self.endpoints:
                self.endpoints[urb.endpoint].submit(urb)
            else:
                urb.finish(Status.NO_ANSWER)
            self.lock.notify_all()

    def unlink(self, urb: Urb) -> bool:
        """Take back a request; False when it had already ended."""
        with self.lock:
            endpoint = self.endpoints.get(urb.endpoint)
            if endpoint is None or not endpoint.cancel(urb):
                return False
            urb.status = Status.UNLINKED
            return True

    def bus_reset(self) -> None:
        """USB 2.0, 9.1.1.3: address and configuration 0, halts gone, nothing queued."""
        with self.lock:
            self.zero.address = self.zero.configuration = 0
            self._configured(0)

    def unplug(self) -> None:
        """Pull the cable: every waiting request ends, and the device has no power."""
        with self.lock:
            self.plugged = False
            self.zero.address = self.zero.configuration = 0
            self._reset_endpoints()

    def plug(self) -> None:
        with self.lock:
            if not self.plugged:
                self.plugged = True
                self.function.reset(power=True)
                self.lock.notify_all()

    def _control(self, urb: Urb) -> None:
        setup = Setup.parse(urb.setup)
        try:
            answer = self._answer(setup, urb.data)
        except Stall:
            urb.finish(Status.STALL)
            return
        if setup.to_host:
            urb.take(answer[: urb.length])
        else:
            urb.actual = len(urb.data)
        urb.finish(Status.OK)

    def _answer(self, setup: Setup, data: bytes) -> bytes:
        if not setup.to_host and len(data) != setup.length:
            raise Stall
        if setup.kind != VENDOR:
            return self.zero.handle(setup)
        if not self.zero.configuration or setup.recipient != INTERFACE:
            raise Stall
        return self.function.control(setup, data)[: setup.length]

    def _configured(self, _value: int) -> None:
        self._reset_endpoints()
        self.function.reset(power=False)

    def _reset_endpoints(self) -> None:
        for endpoint in self.endpoints.values():
            endpoint.reset()


class Motor:
    """The thread in which a device does things by itself."""

    def __init__(self, device: UsbDevice) -> None:
        self._device = device
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._device.lock:
            self._stopping = True
            self._device.lock.notify_all()
        self._thread.join(5)

    def _run(self) -> None:
        with self._device.lock:
            while not self._stopping:
                wait = self._device.function.step() if self._device.plugged else None
                self._device.lock.wait(wait)
