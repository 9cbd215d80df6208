"""One USB device without a wire: descriptors, endpoint zero, endpoints, and the function that lives behind them.

Everything that happens to a device happens under its one lock: requests of the host on the host's threads, and the function's own
deeds on the motor's thread. A request's `done` is called under that lock too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from firmware_sim.core.control import VENDOR, EndpointZero, Setup, Stall
from firmware_sim.core.descriptors import BULK, IN, Descriptors
from firmware_sim.core.endpoints import InEndpoint, OutEndpoint
from firmware_sim.core.pace import Agenda, Throttle
from firmware_sim.core.urb import Status, Urb


class Function(Protocol):
    """What a device does: the part that differs from model to model."""

    descriptors: Descriptors

    def attach(self, endpoints: Sequence[InEndpoint]) -> None:
        """Called once with the IN endpoints in the order of the descriptors."""
        ...

    def control(self, setup: Setup, data: bytes) -> bytes:
        """A vendor request, to whomever it is. Raises Stall."""
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


@dataclass(frozen=True)
class Hitch:
    """What goes wrong with one control request."""

    status: Status | None = None  # it ends so, and the function never hears of it
    never: bool = False  # no answer: the device says NAK until the host gives up
    delay: float = 0.0  # s before the function hears of it
    late_end: float = 0.0  # s from what it causes until it ends
    change: Callable[[bytes], bytes] | None = None  # what the host gets instead of the answer


class Watcher(Protocol):
    """Sees what passes between host and device."""

    def submitted(self, urb: Urb) -> None: ...
    def ended(self, urb: Urb) -> None: ...


class UsbDevice:
    """A device that a host may import."""

    def __init__(self, function: Function) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.function = function
        self.plugged = True
        self.number = 2  # address on the bus; another one each time it is plugged in
        self.endpoints = self._make_endpoints()
        self.zero = EndpointZero(self.descriptors, self.endpoints, self._configured)
        self.hitch: Callable[[Setup], Hitch | None] = lambda _: None
        self.refuse: Callable[[Urb], Status | None] = lambda _: None
        self.watcher: Watcher | None = None
        self._owner: object | None = None  # who has imported it
        self._held: list[Urb] = []  # control requests without an answer yet
        self._agenda = Agenda()
        function.attach([endpoint for endpoint in self.endpoints.values() if isinstance(endpoint, InEndpoint)])

    @property
    def descriptors(self) -> Descriptors:
        return self.function.descriptors

    def _make_endpoints(self) -> dict[int, InEndpoint | OutEndpoint]:
        made: dict[int, InEndpoint | OutEndpoint] = {}
        for endpoint in self.descriptors.configuration.interfaces[0].endpoints:
            address, size = endpoint.address, endpoint.max_packet
            made[address] = InEndpoint(address, size) if address & IN else OutEndpoint(address, size, self.function.receive)
        return made

    def claim(self, owner: object) -> bool:
        """One host at a time has the device; False when another one has it."""
        with self.lock:
            if self._owner is not None:
                return False
            self._owner = owner
            return True

    def release(self, owner: object) -> None:
        with self.lock:
            if self._owner is owner:
                self._owner = None

    def pace_bulk(self, rate: float | None) -> None:
        """Bytes a second that the bus carries to the host on a bulk pipe; None: as fast as it can."""
        with self.lock:
            for endpoint in self.descriptors.configuration.interfaces[0].endpoints:
                pipe = self.endpoints[endpoint.address]
                if endpoint.kind == BULK and isinstance(pipe, InEndpoint):
                    pipe.meter = None if rate is None else Throttle(rate)
                    pipe.flow()
            self.lock.notify_all()

    def submit(self, urb: Urb) -> None:
        """Begin one request; `urb.done` is called when it ends, perhaps before this returns."""
        with self.lock:
            self._watch(urb)
            refused = self.refuse(urb) if self.plugged else Status.GONE
            if refused is not None:
                urb.finish(refused)
            elif urb.endpoint & 0x7F == 0:
                self._control(urb)
            elif self.zero.configuration and urb.endpoint in self.endpoints:
                self.endpoints[urb.endpoint].submit(urb)
            else:
                urb.finish(Status.NO_ANSWER)
            self.lock.notify_all()

    def _watch(self, urb: Urb) -> None:
        watcher, done = self.watcher, urb.done
        if watcher is None:
            return

        def ended(urb: Urb) -> None:
            watcher.ended(urb)
            done(urb)

        watcher.submitted(urb)
        urb.done = ended

    def unlink(self, urb: Urb) -> bool:
        """Take back a request; False when it had already ended."""
        with self.lock:
            if urb in self._held:
                self._held.remove(urb)
            elif (endpoint := self.endpoints.get(urb.endpoint)) is None or not endpoint.cancel(urb):
                return False
            urb.status = Status.UNLINKED
            if self.watcher is not None:
                self.watcher.ended(urb)
            return True

    def bus_reset(self) -> None:
        """USB 2.0, 9.1.1.3: address and configuration 0, halts gone, nothing queued."""
        with self.lock:
            self.zero.address = self.zero.configuration = 0
            self._configured(0)
            self._end_held()

    def unplug(self) -> None:
        """Pull the cable: every waiting request ends, and the device has no power."""
        with self.lock:
            self.plugged = False
            self.zero.address = self.zero.configuration = 0
            self._reset_endpoints()
            self._end_held()

    def plug(self) -> None:
        with self.lock:
            if not self.plugged:
                self.plugged = True
                self.number = self.number % 127 + 1
                self.zero.descriptors = self.descriptors
                self.function.reset(power=True)
                self.lock.notify_all()

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        """Call `deed` under the lock, so many seconds of the wall from now."""
        with self.lock:
            self._agenda.plan(_now() + int(seconds * 1e6), "", deed)
            self.lock.notify_all()

    def step(self) -> float | None:
        """Do what is due; seconds until the next thing is, None when nothing is planned."""
        wait = self.function.step() if self.plugged else None
        waits = [] if wait is None else [wait]
        for endpoint in self.endpoints.values():
            endpoint.flow()
            if isinstance(endpoint, InEndpoint) and endpoint.meter is not None and endpoint.starved:
                waits.append(Throttle.PATIENCE)
        due = self._agenda.run(_now())
        if due is not None:
            waits.append(max(0, due - _now()) / 1e6)
        return min(waits, default=None)

    def _control(self, urb: Urb) -> None:
        hitch = self.hitch(Setup.parse(urb.setup)) or Hitch()
        if hitch.status is not None:
            urb.finish(hitch.status)
        elif hitch.never or hitch.delay:
            self._held.append(urb)
            if not hitch.never:
                self.later(hitch.delay, lambda: self._answer_late(urb, hitch))
        else:
            self._answer(urb, hitch)

    def brown_out(self) -> None:
        """The voltage dips: the firmware starts again, the device stays configured."""
        with self.lock:
            for endpoint in self.endpoints.values():
                endpoint.reset(Status.NO_ANSWER)
            self.function.reset(power=True)
            self.lock.notify_all()

    def port_reset(self) -> None:
        """As a hub does it by itself, and the host configures the device again."""
        with self.lock:
            configuration = self.zero.configuration
            self.bus_reset()
            self.zero.configuration = configuration
            self.lock.notify_all()

    def _answer_late(self, urb: Urb, hitch: Hitch) -> None:
        if urb in self._held:
            self._held.remove(urb)
            self._answer(urb, hitch)

    def _answer(self, urb: Urb, hitch: Hitch) -> None:
        setup = Setup.parse(urb.setup)
        status = Status.OK
        try:
            answer = self._ask(setup, urb.data)
            if setup.to_host:
                urb.take((hitch.change(answer) if hitch.change else answer)[: urb.length])
            else:
                urb.actual = len(urb.data)
        except Stall:
            status = Status.STALL
        if hitch.late_end:
            self._held.append(urb)
            self.later(hitch.late_end, lambda: self._end_late(urb, status))
        else:
            urb.finish(status)

    def _end_late(self, urb: Urb, status: Status) -> None:
        if urb in self._held:
            self._held.remove(urb)
            urb.finish(status)

    def _ask(self, setup: Setup, data: bytes) -> bytes:
        if not setup.to_host and len(data) != setup.length:
            raise Stall
        if setup.kind != VENDOR:
            return self.zero.handle(setup)
        if not self.zero.configuration:
            raise Stall
        return self.function.control(setup, data)[: setup.length]

    def _configured(self, _value: int) -> None:
        self._reset_endpoints()
        self.function.reset(power=False)

    def _reset_endpoints(self) -> None:
        for endpoint in self.endpoints.values():
            endpoint.reset()

    def _end_held(self) -> None:
        while self._held:
            self._held.pop().finish(Status.GONE)


def _now() -> int:
    return int(time.monotonic() * 1e6)


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
                self._device.lock.wait(self._device.step())
