"""Where the prints of a card stand on letter paper: the boxes of the FBI's form FD-249, in inches from the upper left of the sheet.

FD-249 is eight inches square; its prints have the full width here too: five rolls of 1.6 x 1.5 inches in two rows, then left four, two
thumbs, right four. Letter paper leaves a quarter inch at each side, which every printer can do. The plain row is 2.0 inches high, as on the
form, or 3.0 for the images of a platen of that height; thumbs are 0.8 wide, as on the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from agent.model.fingers import Position

PAPER = (8.5, 11.0)  # inches, US letter
LEFT, WIDTH = 0.25, 8.0  # inches: left edge and width of the card
CAPTION = 0.15  # inches above each row
ROLL = (1.6, 1.5)  # inches, EBTS 11.0 §3.8.4: 800 x 750 pixels
FOUR, THUMB = 3.2, 0.8  # inches wide
FIRST_ROLLS, SECOND_ROLLS, PLAIN = 2.47, 4.12, 5.77  # inches: upper edges of the image rows
FORM_HEIGHT, PLATEN_HEIGHT = 2.0, 3.0  # inches, of the plain row


@dataclass(frozen=True)
class Box:
    """Inches, from the upper left of the sheet."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


def boxes(plain_height: float, *, both_thumbs: bool = False) -> dict[Position, Box]:
    """Every box of a card, left to right; `both_thumbs`: one for FGP 15, where a file has that instead of 11 and 12."""
    thumbs = (
        [(Position.PLAIN_THUMBS, 2 * THUMB)] if both_thumbs else [(Position.PLAIN_LEFT_THUMB, THUMB), (Position.PLAIN_RIGHT_THUMB, THUMB)]
    )
    plains, left = {}, LEFT
    for position, width in ((Position.PLAIN_LEFT_FOUR, FOUR), *thumbs, (Position.PLAIN_RIGHT_FOUR, FOUR)):
        plains[position] = Box(left, PLAIN, width, plain_height)
        left += width
    return {**_rolls(Position.RIGHT_THUMB, FIRST_ROLLS), **_rolls(Position.LEFT_THUMB, SECOND_ROLLS), **plains}


def _rolls(first: Position, top: float) -> dict[Position, Box]:
    return {Position(first + i): Box(LEFT + i * ROLL[0], top, *ROLL) for i in range(5)}


CAPTIONS = MappingProxyType(
    {
        Position.RIGHT_THUMB: "1. R. THUMB",
        Position.RIGHT_INDEX: "2. R. INDEX",
        Position.RIGHT_MIDDLE: "3. R. MIDDLE",
        Position.RIGHT_RING: "4. R. RING",
        Position.RIGHT_LITTLE: "5. R. LITTLE",
        Position.LEFT_THUMB: "6. L. THUMB",
        Position.LEFT_INDEX: "7. L. INDEX",
        Position.LEFT_MIDDLE: "8. L. MIDDLE",
        Position.LEFT_RING: "9. L. RING",
        Position.LEFT_LITTLE: "10. L. LITTLE",
        Position.PLAIN_LEFT_FOUR: "LEFT FOUR FINGERS TAKEN SIMULTANEOUSLY",
        Position.PLAIN_LEFT_THUMB: "L. THUMB",
        Position.PLAIN_RIGHT_THUMB: "R. THUMB",
        Position.PLAIN_RIGHT_FOUR: "RIGHT FOUR FINGERS TAKEN SIMULTANEOUSLY",
        Position.PLAIN_THUMBS: "THUMBS TAKEN SIMULTANEOUSLY",
    }
)
