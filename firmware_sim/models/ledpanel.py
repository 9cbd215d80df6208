"""Lights in the shape of two hands, a beeper and a sign (docs/ledpanel-protocol.md)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from firmware_sim.models import lines

FIRMWARE = "sim-1.0.0"
BAUD = 115_200
NOT_UNDERSTOOD, HARDWARE = 1, 2
_SHOW = re.compile(r"L (\d{1,5}) ([.grYyGR]{10}) ([-gte]) ([-lrto])")


class LedPanel:
    def __init__(self, serial: str) -> None:
        self.baud = BAUD
        self.serial = serial
        self.lights, self.beep, self.icon = "." * 10, "-", "-"
        self.beeps = 0  # how often it has beeped
        self.silent = False  # it shows, and never says so
        self.broken = False  # it cannot show
        self._last: int | None = None  # number of the last line that was shown
        self._reader = lines.LineReader()

    def attach(self, send: Callable[[bytes], None]) -> None:
        self._send = send

    def reset(self) -> None:
        self.lights, self.beep, self.icon, self._last = "." * 10, "-", "-", None
        self._reader = lines.LineReader()

    def feed(self, data: bytes) -> None:
        for content in self._reader.feed(data):
            if content == "?":
                self._say(f"!LEDPANEL 1 {self.serial} {FIRMWARE}")
            elif content.startswith("L"):
                self._show(content)

    def step(self) -> float | None:
        return None

    def tell_bench(self) -> dict[str, Any]:
        return {"lights": self.lights, "beep": self.beep, "icon": self.icon, "beeps": self.beeps}

    def _show(self, content: str) -> None:
        found = _SHOW.fullmatch(content)
        number = re.match(r"L (\d{1,5})\b", content)
        if found is None or int(found[1]) > 65535:
            self._say(f"N {number[1] if number else 0} {NOT_UNDERSTOOD}")
        elif self.broken:
            self._say(f"N {found[1]} {HARDWARE}")
        else:
            self.lights, self.beep, self.icon = found[2], found[3], found[4]
            self.beeps += self.beep != "-" and int(found[1]) != self._last
            self._last = int(found[1])
            self._say(f"A {found[1]}")

    def _say(self, content: str) -> None:
        if not self.silent:
            self._send(lines.pack(content))
