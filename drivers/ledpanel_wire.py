"""The LED panel's lines, docs/ledpanel-protocol.md section 2. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.device import Beep, Colour, Icon, Indication, Light
from drivers.errors import Garbled
from drivers.line_wire import numbered

WHO = "?"
NAME = "LEDPANEL"
VERSION = "1"

LETTERS = {Colour.GREEN: "g", Colour.RED: "r", Colour.YELLOW: "y"}
BEEPS = {Beep.NONE: "-", Beep.GOOD: "g", Beep.TRY_AGAIN: "t", Beep.ERROR: "e"}
ICONS = {Icon.NONE: "-", Icon.LEFT_FOUR: "l", Icon.RIGHT_FOUR: "r", Icon.THUMBS: "t", Icon.ROLL: "o"}


@dataclass(frozen=True)
class Hello:
    serial: str
    firmware: str


@dataclass(frozen=True)
class Answer:
    number: int
    code: int  # 0 shown, 1 not understood, 2 hardware


def show(number: int, indication: Indication) -> str:
    lights = "".join(_letter(indication.lights.get(finger)) for finger in range(1, 11))
    return f"L {number} {lights} {BEEPS[indication.beep]} {ICONS[indication.icon]}"


def parse(content: str) -> Hello | Answer:
    """Raises Garbled."""
    match content.split(" "):
        case ["!LEDPANEL", version, serial, firmware] if version == VERSION and serial and firmware:
            return Hello(serial, firmware)
        case ["A", number]:
            return Answer(numbered(number), 0)
        case ["N", number, code] if code != "0":
            return Answer(numbered(number), numbered(code))
    raise Garbled("The device does not speak as an LED panel does.")


def _letter(light: Light | None) -> str:
    if light is None:
        return "."
    letter = LETTERS[light.colour]
    return letter.upper() if light.blinking else letter
