"""A capture as a screen shows it: where it stands, the one sentence, the newest picture.

A slow screen gets fewer pictures, never old ones.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from agent.capture.events import Accepted, CaptureEvent, Cautioned, Counted, GlassSeen, Interrupted, Judged, Looked, Moved, Rolled
from agent.capture.plan import Step
from agent.capture.session import State
from agent.capture.signs import Sign, sign_of_cause
from agent.clock import Clock
from agent.model.impression import GrayImage, QualityReport, Verdict

_ANEW = frozenset({State.AWAIT_CLEAR, State.AWAIT_FINGER, State.PAUSED, State.DONE, State.CANCELLED})  # what lay on the glass is gone


@dataclass(frozen=True)
class Standing:
    """What is true now. `stamp` rises with each change."""

    stamp: int = 0
    booking: str = ""  # "" before the first
    state: State = State.DONE
    step: Step | None = None
    attempt: int = 1
    found: int = 0  # fingers that the scanner sees
    rolled: int = 0  # per mille of a roll
    sentence: str = ""  # for the officer; "" none
    sign: Sign = Sign.NONE  # the sentence as a drawing, where it has one
    of_glass: bool = False  # the sentence is about the glass, and goes when that is clean
    trouble: str = ""  # what is wrong with the scanner, and what to do; "" nothing
    judged: int = 0  # how many images were judged in this process
    accepted: int = 0  # how many were stored


@dataclass(frozen=True, eq=False)
class Picture:
    number: int  # rises with each
    pixels: GrayImage = field(repr=False)
    ppi: int
    at: float  # s since 1970, of its arrival


class LiveView:
    """On the loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.now = Standing()
        self.picture: Picture | None = None
        self.glass: GlassSeen | None = None  # as it was when it was last looked at
        self._number = 0
        self._watching: set[asyncio.Event] = set()

    @contextlib.contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever something has changed; whoever waits clears it."""
        event = asyncio.Event()
        event.set()
        self._watching.add(event)
        try:
            yield event
        finally:
            self._watching.discard(event)

    def heard(self, event: CaptureEvent) -> None:
        if isinstance(event, Looked):
            self._number += 1
            self.picture = Picture(self._number, event.pixels, event.ppi, self._clock.now().timestamp())
        else:
            self.glass = event if isinstance(event, GlassSeen) else self.glass
            self._say(event)
        for watching in self._watching:
            watching.set()

    def say(self, sentence: str) -> None:
        """Of the pedal, or while the scanner is looked for."""
        self.now = replace(self.now, stamp=self.now.stamp + 1, sentence=sentence, sign=Sign.NONE)
        for watching in self._watching:
            watching.set()

    def _say(self, event: CaptureEvent) -> None:
        before, stamp = self.now, self.now.stamp + 1
        match event:
            case Moved(booking=booking, state=state, step=step, attempt=attempt):
                self.now = _moved(before, booking, state, step, attempt)
            case Counted(found=found):
                self.now = replace(before, stamp=stamp, found=found)
            case Rolled(progress=progress):
                self.now = replace(before, stamp=stamp, rolled=progress)
            case Cautioned(sentence=sentence, sign=sign):
                self.now = replace(before, stamp=stamp, sentence=sentence, sign=sign, of_glass=False)
            case GlassSeen(advice=advice) if advice or before.of_glass:
                sign = Sign.CLEAN_GLASS if advice else Sign.NONE
                self.now = replace(before, stamp=stamp, sentence=advice, sign=sign, of_glass=bool(advice))
            case Judged(impression=impression):
                advice, sign = _said_of(impression.quality)
                self.now = replace(before, stamp=stamp, judged=before.judged + 1, sentence=advice, sign=sign, of_glass=False)
            case Accepted():
                self.now = replace(before, stamp=stamp, accepted=before.accepted + 1)
            case Interrupted(what=what, means=means, do=do):
                trouble = " ".join(part for part in (what, means, do) if part)
                self.now = replace(before, stamp=stamp, trouble=trouble)
        if self.now.state in _ANEW:
            self.picture = None


def _said_of(quality: QualityReport | None) -> tuple[str, Sign]:
    """What is to be done better; nothing where it was accepted."""
    if quality is None or quality.verdict is Verdict.ACCEPT:
        return "", Sign.NONE
    return quality.advice, sign_of_cause(quality.cause)


def _moved(before: Standing, booking: str, state: State, step: Step | None, attempt: int) -> Standing:
    """The advice on an image stays while its hand is lifted, and until the next finger comes."""
    same = (before.booking, before.step) == (booking, step)
    keeps = same and (state not in (State.TRACKING, State.TAKING, State.CHECKING) or state is State.TRACKING is before.state)
    return replace(
        before,
        stamp=before.stamp + 1,
        booking=booking,
        state=state,
        step=step,
        attempt=attempt,
        found=before.found if state in (State.TRACKING, State.TAKING, State.CHECKING) else 0,
        rolled=before.rolled if same and state in (State.TRACKING, State.TAKING, State.CHECKING) else 0,
        sentence=before.sentence if keeps else "",
        sign=before.sign if keeps else Sign.NONE,
        trouble=before.trouble if state is State.PAUSED else "",
    )
