"""One capture, run: the session's table, the scanner's thread and the process pool joined on the loop.

    arm ─▶ events (thread) ─▶ image ─▶ cut, score, judge (pool) ─▶ accepted: stored ─▶ next step
      ▲                                                        ├▶ again: same step, next attempt
      │                                                        └▶ tries used: the officer decides
      └── scanner lost: paused, looked for, opened again, same step

A step is left only after `accept` has returned, and `accept` returns only when the impression is stored: killed anywhere, a booking resumes
at the first position that is not stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

import numpy as np

from agent.capture.advice import cause, sentence
from agent.capture.device_thread import DeviceThread, Reopen
from agent.capture.events import Accepted, CaptureEvent, Cautioned, Counted, Interrupted, Judged, Looked, Moved
from agent.capture.plan import Step
from agent.capture.session import Event, NoSuchMove, Session, State, begin
from agent.capture.settings import CaptureSettings
from agent.clock import Clock
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression, Override, QualityReport, Verdict
from agent.quality.assess import Asked, assess
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import rank, unchecked
from agent.workers import WorkerDied, Workers
from drivers.device import DeviceEvent, DeviceState, FingerCount, Frame, KeyPressed, Preview, Result, Scanner, StateChanged, Warned
from drivers.errors import DeviceError, Garbled, Gone, Refused, Timeout

FAULTS = 5  # troubles in a row, other than being unplugged, after which the capture ends with the last of them

Accept = Callable[[Impression], Awaitable[None]]
Decide = Callable[[Sequence[Impression]], Awaitable[Override | None]]


class CaptureRunner:
    """Captures bookings with one scanner, one booking at a time.

    scanner: open. reopen: finds and opens it again (blocking), or raises DeviceError while it is not there; with `any_scanner` it may open
    another one, and the capture goes on with that at the same finger.
    accept: stores an impression; the capture goes on when it returns. decide: called with all attempts of a position, best first, when the
    tries are used up; an Override takes the best one, None asks for more tries. on_event: called on the loop, must not block.
    """

    def __init__(
        self,
        scanner: Scanner,
        workers: Workers,
        thresholds: QualityThresholds,
        clock: Clock,
        *,
        on_event: Callable[[CaptureEvent], None],
        accept: Accept,
        decide: Decide,
        reopen: Reopen,
        settings: CaptureSettings | None = None,
        any_scanner: bool = False,
    ) -> None:
        self._device = DeviceThread(scanner, any_scanner=any_scanner)
        self._workers = workers
        self._limits = thresholds
        self._clock = clock
        self._on_event = on_event
        self._accept = accept
        self._decide = decide
        self._reopen = reopen
        self._settings = settings or CaptureSettings()
        self._booking = BookingId("")
        self._session = Session((), state=State.DONE)
        self._attempts: list[Impression] = []  # of the present step since it began or the officer asked for more
        self._faults = 0  # in a row
        self._heard_of = False  # whether the scanner has said anything since it was armed: one that has is slow, one that has not is broken

    @property
    def session(self) -> Session:
        return self._session

    async def run(self, booking_id: BookingId, steps: Sequence[Step], done: Collection[Position] = ()) -> None:
        """All steps that are not done. Cancel the task to stop.

        Raises what `accept` and `decide` raise, and what is wrong with the scanner when it has been so FAULTS times running: DeviceError,
        or NoSuchMove when it breaks the order of the table.
        """
        self._booking, self._session, self._attempts, self._faults = booking_id, begin(steps, done), [], 0
        self._tell_state()
        try:
            while not self._session.ended:
                frame = await self._image()
                if frame is not None:
                    await self._settle(await self._checked(frame))
        finally:
            if not self._session.ended:
                self._move(Event.CANCEL)

    async def trigger(self) -> None:
        """Take the image now (pedal, button). Raises DeviceError when the scanner refuses."""
        await self._device.trigger()

    async def close(self) -> None:
        """Release the scanner and end its thread."""
        await self._device.close()

    # the scanner

    async def _image(self) -> Frame | None:
        """One armed capture; None when the scanner waited in vain or was lost, and the session says which."""
        self._heard_of = False
        try:
            frame = await self._taken()
            self._move(Event.EXPIRED if frame is None else Event.IMAGE_TAKEN)
        except (DeviceError, NoSuchMove) as trouble:
            await self._interrupted(trouble)
            return None
        self._faults = 0
        return frame

    async def _taken(self) -> Frame | None:
        """None when nobody came in time. Raises DeviceError."""
        try:
            return await self._followed()
        except Timeout:
            if self._heard_of:
                return None
            raise

    async def _followed(self) -> Frame | None:
        settings = self._settings
        request = self._session.step.request(ppi=settings.ppi, still_ms=settings.still_ms, timeout_s=settings.timeout_s)
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
                self._on_event(Looked(frame.pixels, frame.ppi))
            case FingerCount(found=found, expected=expected):
                self._on_event(Counted(found, expected))
            case Warned(advice=advice) if words := sentence(advice, self._session.step):
                self._on_event(Cautioned(words))
            case KeyPressed(key="foot"):
                with suppress(Refused):  # pressed when there was nothing to take
                    await self._device.trigger()

    def _device_state(self, state: DeviceState) -> None:
        ours = self._session.state
        if state is DeviceState.ARMED:
            self._move(Event.FINGER_GONE if ours is State.TRACKING else Event.PLATEN_CLEAR)
        elif state in (DeviceState.TRACKING, DeviceState.ROLL_ACTIVE):
            self._move(Event.FINGER_SEEN)
        elif state is DeviceState.TAKING:
            self._move(Event.IMAGE_TAKING)

    async def _interrupted(self, trouble: DeviceError | NoSuchMove) -> None:
        """Paused until the scanner has been opened again. Raises a trouble, other than being unplugged, that comes too often in a row."""
        self._faults += 0 if isinstance(trouble, Gone) else 1
        if self._faults >= FAULTS:
            raise trouble
        self._move(Event.UNPLUGGED)
        self._on_event(Interrupted(trouble.what, trouble.means, trouble.do))
        before = self._device.tag.serial
        while not await self._back():
            await asyncio.sleep(self._settings.reopen_every_s)
        self._move(Event.PLUGGED_IN)
        if self._device.tag.serial != before:
            self._on_event(Cautioned(f"The capture goes on with another scanner: {self._device.tag.serial}."))

    async def _back(self) -> bool:
        try:
            await self._device.reopen(self._reopen)
        except DeviceError:
            return False
        return True

    # the image

    async def _checked(self, frame: Frame) -> Impression:
        """The impression with its report."""
        step, attempt = self._session.step, self._session.attempt
        pixels = np.ascontiguousarray(frame.pixels)
        impression = Impression(step.position, step.kind, pixels, frame.ppi, attempt, self._device.tag, self._clock.now())
        report = await self._assessed(impression)
        why = "" if report.verdict is Verdict.ACCEPT else cause(frame.advice, step)
        return replace(impression, quality=replace(report, advice=why or report.advice))

    async def _assessed(self, impression: Impression) -> QualityReport:
        step, tries = self._session.step, self._session.tries
        asked = Asked(step.position, step.kind, step.missing, impression.ppi)
        try:
            return await self._workers.run(assess, impression.pixels, asked, self._limits, tries)
        except WorkerDied:
            return unchecked(step.position, len(step.fingers), self._limits, tries)

    async def _settle(self, impression: Impression) -> None:
        """Accept, ask for another attempt, or ask the officer."""
        self._attempts.append(impression)
        self._on_event(Judged(impression))
        match impression.quality:
            case QualityReport(verdict=Verdict.ACCEPT):
                await self._store(impression, Event.ACCEPTED)
            case QualityReport(verdict=Verdict.RETRY):
                self._move(Event.REJECTED)
            case _:
                await self._ask()

    async def _ask(self) -> None:
        self._move(Event.TRIES_USED)
        ranked = sorted(self._attempts, key=lambda attempt: rank(attempt.quality), reverse=True)
        override = await self._decide(ranked)
        if override is None:
            self._attempts.clear()
            self._move(Event.OFFICER_REPEATS)
        else:
            await self._store(replace(ranked[0], override=override), Event.OFFICER_ACCEPTED)

    async def _store(self, impression: Impression, event: Event) -> None:
        await self._accept(impression)
        self._attempts.clear()
        self._on_event(Accepted(impression))
        self._move(event)

    # the session

    def _move(self, event: Event) -> None:
        before = self._session
        self._session = before.after(event)
        if self._session != before:
            self._tell_state()

    def _tell_state(self) -> None:
        now = self._session
        step = now.steps[now.index] if now.index < len(now.steps) else None
        number = min(now.index + 1, len(now.steps))
        self._on_event(Moved(self._booking, now.state, step, now.attempt, number, len(now.steps)))
