"""A roll composed while it happens, from the scanner's raw pictures.

Each picture is laid while the next one is on its way, in a thread; what goes wrong is said while the finger still rolls. A flaw that spoils
the print asks for another roll; one that only made it harder is noted and shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from agent.imaging.roll import RollComposer, RolledPrint, RollFaultKind, RollSight
from agent.model.impression import GrayImage, RollFlaw, RollNote
from drivers.device import Advice, Frame
from drivers.errors import Garbled

K, A = RollFaultKind, Advice

ADVICE: dict[RollFaultKind, Advice] = {
    K.SLIP: A.ROLL_SLIP,
    K.SHIFT_H: A.ROLL_SHIFT_H,
    K.SHIFT_V: A.ROLL_SHIFT_V,
    K.TURNED: A.ROLL_SLIP,
    K.FAST: A.ROLL_FAST,
    K.SLOW: A.ROLL_SLOW,
    K.PAUSED: A.ROLL_PAUSED,
    K.NARROW: A.ROLL_NARROW,
    K.LIFTED: A.ROLL_LIFTED,
    K.REVERSED: A.ROLL_REVERSED,
    K.SECOND_FINGER: A.EXTRA_FINGER,
    K.FRAME_LOST: A.FRAME_LOST,
    K.UNCHECKED: A.NONE,
}
SIZE = (40.64, 38.1)  # mm, width and height of a rolled print: 800 x 750 pixels at 500 ppi (EBTS 11.0 section 3.8.4)
SPOILING = A.ROLL_SLIP | A.ROLL_SHIFT_H | A.ROLL_SHIFT_V | A.ROLL_NARROW | A.ROLL_LIFTED | A.EXTRA_FINGER  # the print is not what a roll is


class Rolling:
    """Over one armed roll."""

    def __init__(self, ppi: int) -> None:
        self._composer = RollComposer((round(SIZE[0] * ppi / 25.4), round(SIZE[1] * ppi / 25.4)), ppi)
        self._said = Advice.NONE
        self._next = 0
        self.progress = 0  # 0..999 per mille of a usual finger

    async def add(self, frame: Frame, index: int) -> Advice:
        """What is new to be said after this picture. One that comes twice, or late, is passed over.

        Raises Garbled for a picture that cannot belong to this roll.
        """
        if index < self._next:
            return Advice.NONE
        self._next = index + 1
        try:
            sight: RollSight = await asyncio.to_thread(self._composer.add, frame.pixels, index, frame.device_time_us)
        except ValueError as error:
            raise Garbled(f"The scanner sent a picture that does not belong to this roll: {error}.") from error
        self.progress = sight.progress
        seen = _advice(fault.kind for fault in sight.faults)
        new, self._said = seen & ~self._said, self._said | seen
        return new

    async def finish(self) -> tuple[GrayImage, RollNote, Advice]:
        """The print, how it came about, and what is to be said of it."""
        rolled: RolledPrint = await asyncio.to_thread(self._composer.finish)
        flaws = tuple(RollFlaw(fault.kind.value, fault.words, round(fault.x), round(fault.y)) for fault in rolled.faults)
        note = RollNote(rolled.frames, rolled.lost_frames, rolled.unchecked_frames, round(rolled.width_mm, 1), flaws)
        return rolled.pixels, note, _advice(fault.kind for fault in rolled.faults)


def _advice(kinds: Iterable[RollFaultKind]) -> Advice:
    said = Advice.NONE
    for kind in kinds:
        said |= ADVICE[kind]
    return said
