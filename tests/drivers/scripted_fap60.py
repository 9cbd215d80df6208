"""A FAP60 device that does exactly what a test tells it: for trouble that the simulator does not make. Written from the protocol page."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.drivers import fap60_bytes as page
from tests.drivers.scripted_usbip import IN_BULK, IN_INTERRUPT, ScriptedServer

READY, AWAIT_CLEAR, ARMED, TRACKING, TAKING, RESULT, ERROR = 1, 2, 3, 4, 6, 7, 8
STATE, FINGERS, PLATEN, KEY, FAULT = 1, 2, 3, 5, 8


@dataclass
class ScriptedFap60(ScriptedServer):
    """`on_arm`, `on_resend` and `on_self_test` are the test's script."""

    state: int = READY
    token: int = 0
    error: int = 0
    sequence: int = 0
    last_event: int = 0
    info: bytes = field(default_factory=page.info)
    said: list[str] = field(default_factory=list)
    on_arm: Callable[[ScriptedFap60], None] = lambda _: None
    on_resend: Callable[[ScriptedFap60], None] = lambda _: None
    on_self_test: Callable[[ScriptedFap60], None] = lambda _: None
    arm_flags: int = 0

    def vendor(self, request: int, data: bytes, length: int) -> bytes | None:
        if request == 1:
            return self.info
        if request == 2:
            return page.state(self.state, token=self.token, error=self.error, last=self.last_event)
        if request == 3:
            return self._arm(data)
        return self._about_capture(request, data)

    def _arm(self, data: bytes) -> bytes | None:
        if self.state != READY:
            return self.refuse(1)
        self.said.append("arm")
        self.arm_flags = data[5]
        self.token, self.state = struct.unpack("<I", data[:4])[0], ARMED
        self.on_arm(self)
        return b""

    def _about_capture(self, request: int, data: bytes) -> bytes | None:
        if request == 8:
            self.on_self_test(self)
            return b""
        if request == 9:
            self.said.append("clear error")
            self.state = READY
            return b""
        if struct.unpack("<I", data)[0] != self.token:
            return self.refuse(3)
        if self.state == ERROR:
            return self.refuse(1)
        self.said.append({4: "trigger", 5: "cancel", 6: "release", 7: "resend"}[request])
        if request in (5, 6):
            self.state = READY
            self.tell(STATE, READY)
        if request == 7:
            self.on_resend(self)
        return b""

    def refuse(self, error: int) -> bytes | None:
        self.error = error
        return None

    def tell(self, kind: int, a: int = 0, b: int = 0, *, number: int | None = None, token: int | None = None) -> None:
        self.sequence += 1
        self.last_event = self.sequence
        self.feed(IN_INTERRUPT, page.event(kind, a, b, sequence=number or self.sequence, token=self.token if token is None else token))

    def become(self, state: int) -> None:
        self.state = state
        self.tell(STATE, state)

    def show(
        self,
        image: NDArray[np.uint8],
        *,
        kind: int = page.RESULT,
        mode: int = 5,
        index: int = 0,
        spoil: int | None = None,
        token: int | None = None,
    ) -> None:
        """Send a frame, with one byte wrong when told so."""
        self.sequence += 1
        token = self.token if token is None else token
        data = bytearray(page.frame(image, sequence=self.sequence, token=token, kind=kind, mode=mode, index=index))
        if spoil is not None:
            data[spoil] ^= 0xFF
        self.feed(IN_BULK, bytes(data))

    def deliver(self, image: NDArray[np.uint8], *, spoil: int | None = None) -> None:
        """The end of a capture."""
        self.become(RESULT)
        self.show(image, spoil=spoil)
