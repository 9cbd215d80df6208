"""The foot pedal's lines, docs/pedal-protocol.md section 3, and what section 4 makes of them. Pure: times are handed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.errors import Garbled
from drivers.line_wire import numbered

WHO = "?"
NAME = "PEDAL"
VERSION = "1"
BOUNCE = 0.030  # s
STUCK_AFTER = 10.0  # s
SILENT_AFTER = 2.0  # s
WRAP = 1 << 16


@dataclass(frozen=True)
class Hello:
    serial: str
    firmware: str


@dataclass(frozen=True)
class Contact:
    """An edge, or the contact as it is."""

    down: bool
    number: int  # of its last edge
    edge: bool


class PedalEvent(StrEnum):
    PRESSED = "pressed"
    RELEASED = "released"
    STUCK = "stuck"
    LINES_LOST = "lines lost"


def parse(content: str) -> Hello | Contact:
    """Raises Garbled."""
    match content.split(" "):
        case ["!PEDAL", version, serial, firmware] if version == VERSION and serial and firmware:
            return Hello(serial, firmware)
        case [("D" | "U") as way, number]:
            return Contact(way == "D", numbered(number), edge=True)
        case ["S", ("D" | "U") as way, number]:
            return Contact(way == "D", numbered(number), edge=False)
    raise Garbled("The device does not speak as a pedal does.")


class _State(StrEnum):
    UNKNOWN = "unknown"  # nothing heard yet
    HELD = "held"  # down since before we listened
    UP = "up"
    DOWN = "down"
    STUCK = "stuck"


class Foot:
    """From contacts and the time to presses: section 4."""

    def __init__(self) -> None:
        self._state = _State.UNKNOWN
        self._changed_at = 0.0  # s
        self._down = False  # as the last line said
        self._number = -1  # -1 before the first line

    def contact(self, contact: Contact, at: float) -> list[PedalEvent]:
        """One line, heard at a time (s, any clock that does not go back)."""
        lost = self._number >= 0 and contact.number != (self._number + contact.edge) % WRAP
        self._number, self._down = contact.number, contact.down
        if self._state is _State.UNKNOWN:
            return self._first(contact, at)
        if not lost:
            return self.passed(at)
        if self._down and self._state is _State.UP:
            self._state, self._changed_at = _State.HELD, at  # when it was pressed nobody knows
        return [PedalEvent.LINES_LOST, *self.passed(at)]

    def passed(self, at: float) -> list[PedalEvent]:
        """What the time alone brings: the end of a bounce, a pedal that is stuck."""
        if at - self._changed_at < BOUNCE:
            return []
        if self._down and self._state is _State.UP:
            return self._become(_State.DOWN, at, PedalEvent.PRESSED)
        if self._down and self._state in (_State.DOWN, _State.HELD) and at - self._changed_at > STUCK_AFTER:
            return self._become(_State.STUCK, at, PedalEvent.STUCK)
        if not self._down and self._state in (_State.DOWN, _State.STUCK):
            return self._become(_State.UP, at, PedalEvent.RELEASED)
        if not self._down and self._state is _State.HELD:
            self._state, self._changed_at = _State.UP, at
        return []

    def _first(self, contact: Contact, at: float) -> list[PedalEvent]:
        """An edge down as the very first line is a press; a contact that is down is one that was held."""
        if contact.down and contact.edge:
            return self._become(_State.DOWN, at, PedalEvent.PRESSED)
        self._state, self._changed_at = (_State.HELD if contact.down else _State.UP), at - BOUNCE
        return []

    def _become(self, state: _State, at: float, event: PedalEvent) -> list[PedalEvent]:
        self._state, self._changed_at = state, at
        return [event]
