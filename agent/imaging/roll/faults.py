"""What can go wrong with a roll, as values and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RollFaultKind(StrEnum):
    """The union of what professional scanners report of a roll, and what they pass over: a pair of pictures that could not be checked."""

    SLIP = "slip"  # the skin moved sideways over the glass while the contact went its way
    SHIFT_H = "shift_h"  # finger and contact moved sideways over the glass together
    SHIFT_V = "shift_v"  # skin moved towards or from the wrist: with the contact or under it
    TURNED = "turned"  # the finger turned about itself
    FAST = "fast"
    SLOW = "slow"
    PAUSED = "paused"
    NARROW = "narrow"  # not from nail to nail
    LIFTED = "lifted"
    REVERSED = "reversed"
    SECOND_FINGER = "second_finger"
    FRAME_LOST = "frame_lost"  # a gap in the frames' indexes
    UNCHECKED = "unchecked"  # too little in common with what is composed to say whether the skin moved


WORDS = {
    RollFaultKind.SLIP: "The skin slipped over the glass",
    RollFaultKind.SHIFT_H: "The finger shifted sideways on the glass",
    RollFaultKind.SHIFT_V: "The finger shifted up or down on the glass",
    RollFaultKind.TURNED: "The finger turned on the glass",
    RollFaultKind.FAST: "The roll was too fast",
    RollFaultKind.SLOW: "The roll was too slow",
    RollFaultKind.PAUSED: "The finger stopped",
    RollFaultKind.NARROW: "The roll did not go from nail to nail",
    RollFaultKind.LIFTED: "The finger lost contact",
    RollFaultKind.REVERSED: "The finger rolled back",
    RollFaultKind.SECOND_FINGER: "Something else touched the glass",
    RollFaultKind.FRAME_LOST: "Pictures of the roll were lost",
    RollFaultKind.UNCHECKED: "Whether the skin slipped could not be checked",
}


@dataclass(frozen=True)
class RollFault:
    kind: RollFaultKind
    frame: int  # index of the frame where it began
    x: float  # pixels: of the frame while rolling, of the print once finished; where on the print
    y: float
    words: str  # one sentence, with its amount where there is one


def fault(kind: RollFaultKind, frame: int, where: tuple[float, float], amount: str = "") -> RollFault:
    text = f"{WORDS[kind]}: {amount}." if amount else f"{WORDS[kind]}."
    return RollFault(kind, frame, where[0], where[1], text)
