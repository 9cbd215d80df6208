"""Faults of a serial device on its bench."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from random import Random

from firmware_sim.hosts.pty import PtyHost
from firmware_sim.models.hands import Twist
from firmware_sim.models.ledpanel import LedPanel
from firmware_sim.models.pedal import Pedal
from firmware_sim.models.zfm import Zfm
from firmware_sim.models.zfm_wire import MAGIC
from firmware_sim.trouble.armed import Armed
from firmware_sim.trouble.board import Board, Deed, Move
from firmware_sim.trouble.skin import TWISTS


class LineTrouble:
    """Hangs a board into one host of a serial line."""

    def __init__(self, host: PtyHost, function: Zfm | Pedal | LedPanel, model: str) -> None:
        self._host = host
        self._function = function
        self._silent_until = 0.0  # s, monotonic
        self._random = Random(1)  # noqa: S311  # the same noise each time
        self.board = Board(model, host.lock, self._moves())
        host.bend = self._on_unit
        if isinstance(function, Zfm):
            function.hands.twist = self._on_touch

    def _moves(self) -> Mapping[str, Move]:
        return {
            "wrong-baud": Move(
                lambda armed: setattr(self._host, "baud", armed.number("baud")), lambda _: setattr(self._host, "baud", None)
            ),
            "silence": Move(self._fall_silent, lambda _: setattr(self, "_silent_until", 0.0)),
            "hang-up": Move(self._pull),
            "contact-bounce": Move(self._bounce(on=True), self._bounce(on=False)),
            "stuck-pedal": Move(self._stick(down=True), self._stick(down=False)),
            "panel-never-acks": Move(self._panel("silent", value=True), self._panel("silent", value=False)),
            "panel-broken": Move(self._panel("broken", value=True), self._panel("broken", value=False)),
        }

    def _on_unit(self, unit: bytes) -> list[bytes]:
        """What becomes of one packet or line."""
        if time.monotonic() < self._silent_until or self.board.striking("lost-packet"):
            return []
        if self.board.striking("checksum-error"):
            unit = _miscounted(unit)
        if noise := self.board.striking("framing-noise"):
            unit = bytes(self._random.randrange(0x80, 0xE0) for _ in range(noise.number("count"))) + unit
        return [unit]

    def _on_touch(self) -> Twist | None:
        armed = self.board.striking(*TWISTS)
        return TWISTS[armed.fault.name] if armed else None

    def _fall_silent(self, armed: Armed) -> None:
        self._silent_until = time.monotonic() + armed.number("ms") / 1000

    def _speak_at(self, armed: Armed) -> None:
        self._host.baud = armed.number("baud")

    def _pull(self, armed: Armed) -> None:
        armed.happened = 1
        threading.Thread(target=self._pull_and_put_back, args=(armed.number("back_ms") / 1000,), name="cable", daemon=True).start()

    def _pull_and_put_back(self, back: float) -> None:
        self._host.unplug()
        if back:
            time.sleep(back)
            self._host.plug()

    def _bounce(self, *, on: bool) -> Deed:
        def happen(armed: Armed) -> None:
            if isinstance(self._function, Pedal):
                self._function.bounces = armed.number("edges") if on else 0

        return happen

    def _stick(self, *, down: bool) -> Deed:
        def happen(_armed: Armed) -> None:
            if isinstance(self._function, Pedal):
                self._function.set_down(down)

        return happen

    def _panel(self, name: str, *, value: bool) -> Deed:
        def happen(_armed: Armed) -> None:
            if isinstance(self._function, LedPanel):
                setattr(self._function, name, value)

        return happen


def _miscounted(unit: bytes) -> bytes:
    """A packet of EF 01 ends with its sum; a line with the sum in two digits and its end."""
    if unit.startswith(MAGIC):
        return unit[:-1] + bytes([unit[-1] ^ 1])
    at = len(unit) - 2
    return unit[:at] + (b"0" if unit[at : at + 1] != b"0" else b"1") + unit[at + 1 :]
