"""The live view watched by this program: for a scanner that does not see for itself when all fingers lie still, and beside one that does.

A scanner with auto-capture triggers itself and warns in its own words; then this only speaks where the scanner has said nothing, so that
the officer reads one sentence and not two. Rolls are not watched here: the scanner begins and ends them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from agent.capture.autocapture import AutoCapture, Verdict, begin
from agent.capture.plan import Step
from agent.imaging.placement import Look, look
from agent.imaging.platen import Background, is_latent_alone
from drivers.device import Frame


@dataclass(frozen=True)
class Seen:
    """What one picture of the live view changes."""

    advice: str  # a sentence that was not on the screen before, '' for none
    trigger: bool  # take the picture now


class Watch:
    """Over one armed capture."""

    def __init__(self, step: Step, still_ms: int, empty: Background | None = None) -> None:
        """`empty`: the glass before anybody touched it, where it was seen."""
        self._step = step
        self._empty = empty
        self._auto = begin(step, still_ms=still_ms, cleared=True)  # the scanner is armed only when it has seen the platen clear
        self._look: Look | None = None

    async def see(self, frame: Frame) -> Seen:
        """In a thread: some 15 ms at full size, one more where the empty glass is known."""
        before = self._auto
        self._look = await asyncio.to_thread(look, frame.pixels, frame.ppi, self._step.fingers, self._look)
        touching = self._empty is None or not await asyncio.to_thread(is_latent_alone, frame.pixels, self._empty, frame.ppi)
        self._auto = before.after(self._look, frame.device_time_us, touching=touching)
        return Seen(_news(before, self._auto), self._auto.trigger)


def _news(before: AutoCapture, after: AutoCapture) -> str:
    """An empty platen is what the screen asks about anyway."""
    silent = after.verdict in (Verdict.EMPTY, Verdict.GOOD, Verdict.MOVING) or after.advice == before.advice
    return "" if silent else after.advice
