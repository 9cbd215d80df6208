"""One armed capture after the other: what the scanner says moves the session, until an image is here or it has none to give."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import numpy as np

from agent.capture.advice import sentence
from agent.capture.course import Course
from agent.capture.device_thread import DeviceThread
from agent.capture.events import Cautioned, Counted, Looked, Rolled
from agent.capture.mending import Mending
from agent.capture.rolling import ADVICE, Rolling
from agent.capture.session import Event, NoSuchMove, State
from agent.capture.settings import CaptureSettings
from agent.capture.signs import sign_of_advice
from agent.capture.touching import touches
from agent.capture.watching import Watch
from agent.imaging.platen import Background
from agent.model.impression import GrayImage, RollNote, Trigger
from drivers.device import (
    Advice,
    Capabilities,
    DeviceEvent,
    DeviceState,
    FingerCount,
    Frame,
    KeyPressed,
    Mode,
    PlatenState,
    Preview,
    PreviewSize,
    Request,
    Result,
    RollFrame,
    StateChanged,
    Warned,
)
from drivers.errors import DeviceError, Garbled, Refused, Timeout

_ROLL_ADVICE = reduce(or_, ADVICE.values())  # the composer looks closer than the scanner: its word counts


@dataclass(frozen=True, eq=False)
class Taken:
    """An image that was taken, not yet judged."""

    pixels: GrayImage = field(repr=False)
    ppi: int
    advice: Advice  # what the scanner saw, and what was seen while the roll was composed
    trigger: Trigger
    roll: RollNote | None = None  # where it was composed here
    touched: bool = True  # False where nothing was seen that did not lie on the empty glass


class AtDevice:
    def __init__(self, device: DeviceThread, course: Course, settings: CaptureSettings, mending: Mending) -> None:
        self.background: Background | None = None  # the glass with nothing on it, where it was seen
        self._device = device
        self._course = course
        self._settings = settings
        self._mending = mending
        self._heard_of = False  # whether the scanner has said anything since it was armed: one that has is slow, one that has not is broken
        self._interrupted = False  # the capture under way was ended from here
        self._pressed: Trigger | None = None  # who triggered the capture under way
        self._watch: Watch | None = None  # over the capture under way, where it is no roll
        self._rolling: Rolling | None = None  # the roll under way, where it comes picture by picture
        self._touched = True  # in the capture under way, something that the empty glass did not show
        self._warned = False  # the scanner itself has said what is to be done better

    @property
    def able(self) -> Capabilities:
        """What the scanner can do."""
        return self._device.able

    async def image(self) -> Taken | None:
        """One armed capture; None when the scanner waited in vain, was lost or was interrupted: the session says which.

        Raises what is wrong with the scanner when it has been so FAULTS times running.
        """
        frame = await self._tried(self._followed, Event.IMAGE_TAKEN)
        return None if frame is None else await self._composed(frame)

    async def empty(self) -> Frame | None:
        """The glass with nothing on it; None when it was not clear in time, or the scanner was lost or interrupted: the session says which.

        Raises like `image`. Only for a scanner that is able to.
        """
        return await self._tried(self._emptied, None)

    async def _tried(self, follow: Callable[[], Awaitable[Frame | None]], done: Event | None) -> Frame | None:
        """`done`: what a picture is to the session; None where it is no move."""
        self._heard_of, self._interrupted, self._warned, self._pressed = False, False, False, None
        self._touched = self.background is None
        try:
            frame = await self._taken(follow)
            word = done if frame is not None else None if self._interrupted else self._in_vain()
            if word is not None:
                self._course.move(word)
        except (DeviceError, NoSuchMove) as trouble:
            await self._mending.until_back(trouble)
            return None
        self._mending.worked()
        return frame

    async def _emptied(self) -> Frame | None:
        """Taken again where a hand came down meanwhile: it would be there for ever."""
        frame, clear = await self._glass()
        while not clear:
            frame, clear = await self._glass()
        return frame

    async def _glass(self) -> tuple[Frame | None, bool]:
        """With whether nothing lay there when it was taken."""
        request = Request(Mode.EMPTY, frozenset(), ppi=self.able.ppi[0], timeout_s=self._settings.timeout_s, preview=PreviewSize.NONE)
        frame, clear = None, True
        async with aclosing(self._device.capture(request)) as events:
            async for event in events:
                self._heard_of = True
                frame = event.frame if isinstance(event, Result) else frame
                clear = event.clear if isinstance(event, PlatenState) else clear
        return frame, clear or frame is None

    async def _composed(self, frame: Frame) -> Taken:
        """The image; a roll that came picture by picture is the print that was composed of them."""
        trigger = self._trigger_of(frame)
        if self._rolling is None:
            await self._felt(frame)
            return Taken(np.ascontiguousarray(frame.pixels), frame.ppi, frame.advice, trigger, touched=self._touched)
        pixels, note, advice = await self._rolling.finish()
        return Taken(pixels, frame.ppi, frame.advice & ~_ROLL_ADVICE | advice, trigger, note, self._touched)

    async def trigger(self, by: Trigger) -> None:
        """Take the image now, where a capture is under way. Raises DeviceError when the scanner refuses."""
        self._pressed = by
        await self._device.trigger()

    async def interrupt(self) -> None:
        """End the capture under way without an image and without a move of the session."""
        self._interrupted = True
        await self._device.interrupt()

    def _in_vain(self) -> Event:
        return Event.TIME_UP if self._course.session.waits + 1 >= self._settings.waits_most else Event.EXPIRED

    def _trigger_of(self, frame: Frame) -> Trigger:
        if Advice.MANUAL_TRIGGER in frame.advice:
            return self._pressed or Trigger.BUTTON
        return Trigger.DEVICE

    async def _taken(self, follow: Callable[[], Awaitable[Frame | None]]) -> Frame | None:
        """None when nobody came in time. Raises DeviceError."""
        try:
            return await follow()
        except Timeout:
            if self._heard_of:
                return None
            raise

    async def _followed(self) -> Frame | None:
        settings = self._settings
        step, able = self._course.session.step, self._device.able
        raw = able.roll_frames
        request = step.request(ppi=settings.ppi, still_ms=settings.still_ms, timeout_s=settings.timeout_s, auto=able.auto_capture, raw=raw)
        self._watch = None if step.mode is Mode.ROLL else Watch(step, settings.still_ms, self.background)
        self._rolling = Rolling(settings.ppi) if request.roll_frames else None
        async with aclosing(self._device.capture(request)) as events:
            frame = None
            async for event in events:
                frame = event.frame if isinstance(event, Result) else frame
                await self._heard(event)
        if frame is not None and frame.ppi != settings.ppi:
            raise Garbled(f"The scanner gave an image of {frame.ppi} ppi where {settings.ppi} were asked for.")
        return frame

    async def _heard(self, event: DeviceEvent) -> None:
        self._heard_of = True
        match event:
            case StateChanged(state=state):
                self._device_state(state)
            case Preview(frame=frame):
                self._course.tell(Looked(frame.pixels, frame.ppi))
                await self._watched(frame)
            case RollFrame(frame=frame, index=index):
                await self._rolled(frame, index)
            case FingerCount(found=found, expected=expected):
                self._course.tell(Counted(found, expected))
            case Warned(advice=advice) if words := sentence(advice, self._course.session.step):
                self._warned = True
                self._course.tell(Cautioned(words, sign_of_advice(advice)))
            case KeyPressed(key="foot"):
                with suppress(Refused):  # pressed when there was nothing to take
                    await self.trigger(Trigger.PEDAL)

    async def _rolled(self, frame: Frame, index: int) -> None:
        self._course.tell(Looked(frame.pixels, frame.ppi))
        if self._rolling is None:
            return
        await self._felt(frame)
        new = await self._rolling.add(frame, index)
        self._course.tell(Rolled(self._rolling.progress))
        if words := sentence(new, self._course.session.step):
            self._course.tell(Cautioned(words, sign_of_advice(new)))

    async def _felt(self, frame: Frame) -> None:
        """What touched once has touched: a roll's strip is small at its ends."""
        self._touched = self._touched or await asyncio.to_thread(touches, frame, self.background, self.able)

    async def _watched(self, frame: Frame) -> None:
        """The live view with our own eyes: for a scanner that does not trigger by itself, and to say what it does not say."""
        if self._watch is None:
            return
        seen = await self._watch.see(frame)
        if seen.advice and not self._warned:
            self._course.tell(Cautioned(seen.advice))
        if seen.trigger and not self._device.able.auto_capture and self._pressed is None:
            with suppress(Refused):  # the image was just taken
                await self.trigger(Trigger.STATION)

    def _device_state(self, state: DeviceState) -> None:
        ours = self._course.session.state
        if state is DeviceState.ARMED:
            self._course.move(Event.FINGER_GONE if ours is State.TRACKING else Event.PLATEN_CLEAR)
        elif state in (DeviceState.TRACKING, DeviceState.ROLL_ACTIVE):
            self._course.move(Event.FINGER_SEEN)
        elif state is DeviceState.TAKING:
            self._course.move(Event.IMAGE_TAKING)
