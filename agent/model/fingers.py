"""Fingers and friction-ridge positions. ANSI/NIST-ITL 1-2011 table 12; EBTS 11.0 field 4.004 FGP."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Position(IntEnum):
    """FGP codes that a criminal ten-print uses. 1 to 10 are single fingers, 11 to 15 plain impressions."""

    RIGHT_THUMB = 1
    RIGHT_INDEX = 2
    RIGHT_MIDDLE = 3
    RIGHT_RING = 4
    RIGHT_LITTLE = 5
    LEFT_THUMB = 6
    LEFT_INDEX = 7
    LEFT_MIDDLE = 8
    LEFT_RING = 9
    LEFT_LITTLE = 10
    PLAIN_RIGHT_THUMB = 11
    PLAIN_LEFT_THUMB = 12
    PLAIN_RIGHT_FOUR = 13
    PLAIN_LEFT_FOUR = 14
    PLAIN_THUMBS = 15

    @property
    def words(self) -> str:
        """For a person: 'right index', 'plain left four'."""
        return self.name.lower().replace("_", " ")


FINGERS: tuple[Position, ...] = tuple(Position(n) for n in range(1, 11))

_FINGERS_OF: dict[Position, tuple[Position, ...]] = {
    **{finger: (finger,) for finger in FINGERS},
    Position.PLAIN_RIGHT_THUMB: (Position.RIGHT_THUMB,),
    Position.PLAIN_LEFT_THUMB: (Position.LEFT_THUMB,),
    # as they stand on the platen from left to right, palm down
    Position.PLAIN_RIGHT_FOUR: (Position.RIGHT_INDEX, Position.RIGHT_MIDDLE, Position.RIGHT_RING, Position.RIGHT_LITTLE),
    Position.PLAIN_LEFT_FOUR: (Position.LEFT_LITTLE, Position.LEFT_RING, Position.LEFT_MIDDLE, Position.LEFT_INDEX),
    Position.PLAIN_THUMBS: (Position.LEFT_THUMB, Position.RIGHT_THUMB),
}


def fingers_of(position: Position) -> tuple[Position, ...]:
    """The fingers of an impression, in the order in which they stand in the image from left to right."""
    return _FINGERS_OF[position]


class MissingReason(StrEnum):
    """EBTS 2.084 AMP: why a finger gives no print."""

    AMPUTATED = "XX"
    UNPRINTABLE = "UP"  # bandaged, or otherwise not to be printed now


class FingerMark(StrEnum):
    """What a finger is marked as on the hand diagram."""

    THERE = "there"
    SCARRED = "scarred"  # printed all the same
    MISSING = "missing"  # also in part
    BANDAGED = "bandaged"
    CANNOT_PRESENT = "cannot_present"
