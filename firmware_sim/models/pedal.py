"""A foot pedal (docs/pedal-protocol.md): says every edge of its contact, and twice a second how it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firmware_sim.core.pace import Agenda, Pace
from firmware_sim.models import lines

FIRMWARE = "sim-1.0.0"
BAUD = 115_200
STATE_US = 500_000  # section 3
PRESS_US = 200_000  # how long a foot stays down


class Pedal:
    def __init__(self, serial: str, pace: Pace) -> None:
        self.baud = BAUD
        self.serial = serial
        self.pace = pace
        self.agenda = Agenda()
        self.down = False
        self.bounces = 0  # extra edges at each edge to come
        self.bounce_us = 4_000  # between them
        self._edge = 0  # number of the last edge
        self._reader = lines.LineReader()

    def attach(self, send: Callable[[bytes], None]) -> None:
        self._send = send

    def reset(self) -> None:
        self.agenda.clear()
        self._edge = 0
        self._reader = lines.LineReader()
        self._after(STATE_US, self._tell_state)

    def feed(self, data: bytes) -> None:
        for content in self._reader.feed(data):
            if content == "?":
                self._say(f"!PEDAL 1 {self.serial} {FIRMWARE}")

    def step(self) -> float | None:
        due = self.agenda.run(self.pace.now())
        return None if due is None else self.pace.wall_seconds(due - self.pace.now())

    def tell_bench(self) -> dict[str, Any]:
        return {"down": self.down, "edge": self._edge}

    # what a foot does

    def press(self) -> None:
        """Down, and up a little later."""
        self.set_down(True)
        self._after(PRESS_US, lambda: self.set_down(False))

    def set_down(self, down: bool) -> None:
        if down == self.down:
            return
        self._edge_to(down)
        for n in range(self.bounces):
            self._after((2 * n + 1) * self.bounce_us, lambda: self._edge_to(not down))
            self._after((2 * n + 2) * self.bounce_us, lambda: self._edge_to(down))

    def _edge_to(self, down: bool) -> None:
        self.down = down
        self._edge = (self._edge + 1) % 65536
        self._say(f"{'D' if down else 'U'} {self._edge}")

    def _tell_state(self) -> None:
        self._say(f"S {'D' if self.down else 'U'} {self._edge}")
        self._after(STATE_US, self._tell_state)

    def _say(self, content: str) -> None:
        self._send(lines.pack(content))

    def _after(self, delay_us: int, deed: Callable[[], None]) -> None:
        self.agenda.plan(self.pace.now() + delay_us, "", deed)
