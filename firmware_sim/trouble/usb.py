"""Faults of a USB device on its bench: enumeration, control, pipes, power and link, hands."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from firmware_sim.core.control import VENDOR, Request, Setup
from firmware_sim.core.descriptors import BULK, Type
from firmware_sim.core.device import Hitch, UsbDevice
from firmware_sim.core.endpoints import InEndpoint
from firmware_sim.core.transfer import Mark, Transfer
from firmware_sim.core.urb import Status, Urb
from firmware_sim.hosts.usbip import UsbipServer
from firmware_sim.hosts.usbip_wire import OpStatus
from firmware_sim.models.fap60 import Fap60
from firmware_sim.models.fap60_outlet import FINGER_OFF
from firmware_sim.models.fap60_wire import Error, Kind
from firmware_sim.models.hands import Twist
from firmware_sim.models.uru4500 import Uru4500
from firmware_sim.trouble.armed import Armed
from firmware_sim.trouble.board import Board, Move
from firmware_sim.trouble.pipes import EVENTS, FRAMES, cut_at
from firmware_sim.trouble.skin import TWISTS


class UsbBench(Protocol):
    """What a bench must have."""

    device: UsbDevice
    server: UsbipServer
    scanner: Fap60 | Uru4500

    def unplug(self) -> None: ...
    def plug(self) -> None: ...


class UsbTrouble:
    """Hangs a board into one bench."""

    def __init__(self, bench: UsbBench, model: str, own_rate: float | None) -> None:
        self._bench = bench
        self._device, self._scanner = bench.device, bench.scanner
        self._own_rate = own_rate
        self._hung = False  # the firmware answers nothing any more
        self._asleep_until = 0.0  # s, monotonic: the bus is suspended
        self._captures = 0
        self.board = Board(model, self._device.lock, self._moves())
        self._device.hitch = self._on_control
        self._device.refuse = self._on_request
        self._scanner.hands.twist = self._on_touch
        self._scanner.moment = self._on_moment
        for endpoint in self._device.descriptors.configuration.interfaces[0].endpoints:
            pipe = self._device.endpoints[endpoint.address]
            if isinstance(pipe, InEndpoint):
                pipe.shape = self._on_frame if endpoint.kind == BULK else self._on_event
        if isinstance(self._scanner, Fap60):
            self._scanner.self_test = lambda: Error.CALIBRATION if self.board.striking("self-test-fails") else Error.OK

    def _moves(self) -> Mapping[str, Move]:
        """Faults that happen when they are armed."""
        server, device = self._bench.server, self._device

        def refuse(status: OpStatus) -> Move:
            return Move(lambda _: setattr(server, "refusal", status), lambda _: setattr(server, "refusal", None))

        return {
            "same-serial": Move(lambda _: setattr(server, "twin", True), lambda _: setattr(server, "twin", False)),
            "full-speed": Move(lambda armed: device.pace_bulk(armed.number("rate")), lambda _: device.pace_bulk(self._own_rate)),
            "unplug-idle": Move(self._pull),
            "replug-new-address": Move(self._pull),
            "watchdog-reboot": Move(self._pull),
            "replug-other-firmware": Move(self._other_firmware),
            "replug-other-serial": Move(self._other_serial),
            "port-reset": Move(lambda _: device.port_reset()),
            "brown-out": Move(lambda _: device.brown_out()),
            "suspend-resume": Move(self._suspend),
            "hang-after-captures": Move(lambda _: setattr(self, "_captures", 0), lambda _: self._wake_up()),
            "claimed-elsewhere": refuse(OpStatus.DEVICE_BUSY),
            "permission-denied": refuse(OpStatus.NOT_AVAILABLE),
            "sensor-fault": Move(lambda _: self._sensor_fault()),
            "dirt-on-glass": Move(self._soil, self._wipe),
            "prints-left-on-glass": Move(self._grease, self._wipe),
            "imminent-failure": Move(lambda _: setattr(self._scanner, "fails_next", True)),
        }

    # hooks of the device

    def _on_control(self, setup: Setup) -> Hitch | None:
        if self._hung:
            return Hitch(never=True)
        if (asleep := self._asleep_until - time.monotonic()) > 0:
            return Hitch(delay=asleep)
        return self._vendor(setup) if setup.kind == VENDOR else self._standard(setup)

    def _vendor(self, setup: Setup) -> Hitch | None:
        striking = self.board.striking
        if striking("control-stall-once") or next(self.board.waiting("control-stall-always"), None):
            return Hitch(status=Status.STALL)
        if striking("control-nak"):
            return Hitch(never=True)
        if setup.to_host and (short := striking("control-short")):
            return Hitch(change=lambda answer: answer[: short.number("length")])
        if not setup.to_host and (early := striking("early-event")):
            return Hitch(late_end=early.number("ms") / 1000)
        return None

    def _standard(self, setup: Setup) -> Hitch | None:
        striking = self.board.striking
        if setup.request == Request.SET_CONFIGURATION and striking("config-stall"):
            return Hitch(status=Status.STALL)
        if setup.request == Request.GET_DESCRIPTOR and (change := self._changed_descriptor(*divmod(setup.value, 256))):
            return Hitch(change=change)
        if late := striking("slow-enumeration"):
            return Hitch(delay=late.number("ms") / 1000)
        return None

    def _changed_descriptor(self, kind: int, index: int) -> Callable[[bytes], bytes] | None:
        for wrong in self.board.waiting("wrong-string"):
            if kind == Type.STRING and index == wrong.number("index") and wrong.strikes():
                text = wrong.text("text").encode("utf-16-le")[:252]
                return lambda _: struct.pack("<BB", 2 + len(text), Type.STRING) + text
        if kind == Type.CONFIGURATION and (bad := self.board.striking("bad-total-length")):
            return lambda answer: answer[:2] + struct.pack("<H", bad.number("length")) + answer[4:]
        return None

    def _on_request(self, urb: Urb) -> Status | None:
        pipe = self._device.endpoints.get(urb.endpoint)
        bulk = isinstance(pipe, InEndpoint) and pipe.shape == self._on_frame
        return Status.NO_MEMORY if bulk and self.board.striking("out-of-memory") else None

    # hooks of the pipes

    def _on_frame(self, pipe: InEndpoint, transfer: Transfer) -> list[Transfer]:
        for armed in self.board.waiting(*FRAMES, "bulk-nak", "stale-frame", "unplug-mid-frame", "unplug-mid-result"):
            name = armed.fault.name
            wanted = {"stale-frame": "result", "unplug-mid-result": self._result_kind}.get(name) or armed.text("kind")
            if wanted in ("any", transfer.tag.lower()) and armed.strikes():
                return self._bend_frame(pipe, transfer, armed)
        return [transfer]

    @property
    def _result_kind(self) -> str:
        return Kind.RESULT.name.lower() if isinstance(self._scanner, Fap60) else "image"

    def _bend_frame(self, pipe: InEndpoint, transfer: Transfer, armed: Armed) -> list[Transfer]:
        name = armed.fault.name
        if name in FRAMES:
            return FRAMES[name](pipe, transfer, armed)
        data = transfer.bytes_left()
        if name == "stale-frame":
            stale = self._scanner.last_result if isinstance(self._scanner, Fap60) else b""
            return [Transfer([stale or data], terminated=True, tag=transfer.tag)]
        at = cut_at(pipe, len(data), armed.number("at"))
        happen = self._pause(armed) if name == "bulk-nak" else self._pull_here(armed)
        return [Transfer([data[:at], Mark(happen), data[at:]], terminated=True, tag=transfer.tag)]

    def _pause(self, armed: Armed) -> Callable[[InEndpoint], None]:
        def happen(pipe: InEndpoint) -> None:
            pipe.nak = True
            self._device.later(armed.number("ms") / 1000, lambda: self._go_on(pipe))

        return happen

    def _pull_here(self, armed: Armed) -> Callable[[InEndpoint], None]:
        def happen(pipe: InEndpoint) -> None:
            pipe.nak = True
            self._pull(armed)

        return happen

    @staticmethod
    def _go_on(pipe: InEndpoint) -> None:
        pipe.nak = False
        pipe.flow()

    def _on_event(self, pipe: InEndpoint, transfer: Transfer) -> list[Transfer]:
        if transfer.tag == FINGER_OFF and (late := self.board.striking("late-finger-off")):
            self._device.later(late.number("ms") / 1000, lambda: pipe.queue(transfer))
            return []
        armed = self.board.striking(*EVENTS)
        return EVENTS[armed.fault.name](pipe, transfer, armed) if armed else [transfer]

    # hooks of the model

    def _on_touch(self) -> Twist | None:
        armed = self.board.striking(*TWISTS)
        return TWISTS[armed.fault.name] if armed else None

    def _on_moment(self, moment: str) -> None:
        if moment == "armed" and (pull := self.board.striking("unplug-armed")):
            self._pull(pull)
        if moment == "power":
            self._hung, self._asleep_until = False, 0.0
        if moment == "done":
            self._captures += 1
            for armed in self.board.waiting("hang-after-captures"):
                if self._captures >= armed.number("captures") and armed.strikes():
                    self._hang()

    # deeds

    def _pull(self, armed: Armed) -> None:
        """The cable is pulled in a thread of its own: whoever holds the device's lock now must be able to let go."""
        armed.happened = max(armed.happened, 1)
        threading.Thread(target=self._pull_and_put_back, args=(armed.number("back_ms") / 1000,), name="cable", daemon=True).start()

    def _pull_and_put_back(self, back: float) -> None:
        self._bench.unplug()
        if back:
            self._device.later(back, self._bench.plug)

    def _other_firmware(self, armed: Armed) -> None:
        self._scanner.descriptors = replace(self._scanner.descriptors, release=armed.number("release"))
        if isinstance(self._scanner, Fap60):
            self._scanner.info = replace(self._scanner.info, firmware="sim-2.0.0")
        self._pull(armed)

    def _other_serial(self, armed: Armed) -> None:
        strings = self._scanner.descriptors.strings
        self._scanner.descriptors = replace(self._scanner.descriptors, strings=(*strings[:2], armed.text("serial")))
        self._pull(armed)

    def _suspend(self, armed: Armed) -> None:
        seconds = armed.number("ms") / 1000
        self._asleep_until = time.monotonic() + seconds
        self._set_nak(nak=True)
        self._device.later(seconds, lambda: self._set_nak(nak=self._hung))

    def _hang(self) -> None:
        self._hung = True
        self._set_nak(nak=True)

    def _wake_up(self) -> None:
        self._hung = False
        self._set_nak(nak=False)

    def _set_nak(self, *, nak: bool) -> None:
        for pipe in self._device.endpoints.values():
            pipe.nak = nak
            pipe.flow()

    def _sensor_fault(self) -> None:
        if isinstance(self._scanner, Fap60):
            self._scanner.fault(Error.SENSOR)

    def _soil(self, armed: Armed) -> None:
        if isinstance(self._scanner, Fap60):
            self._scanner.glass.soil(armed.number("percent") / 100)

    def _grease(self, armed: Armed) -> None:
        if isinstance(self._scanner, Fap60):
            self._scanner.glass.greasy = armed.number("percent") / 100

    def _wipe(self, _: Armed) -> None:
        if isinstance(self._scanner, Fap60):
            self._scanner.glass.greasy = 0.0
            self._scanner.glass.wipe()
