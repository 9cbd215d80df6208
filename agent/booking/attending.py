"""What an officer does while prints are taken: press the button, answer a question, look at the attempts, mark the hand."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from agent.booking.desk import describe
from agent.booking.facts import Facts
from agent.booking.hand import diagram, marked, outdated, smt_offered, with_smt
from agent.booking.ledger import BookingRow, Ledger
from agent.booking.prints import Prints
from agent.booking.states import BookingState
from agent.capture.attempts import best_first
from agent.capture.plan import Step, plan
from agent.errors import LivescanError
from agent.imaging.photo import thumbnail_png
from agent.model.fingers import FingerMark, Position
from agent.model.impression import Impression, QualityReport, Trigger
from agent.workers import Workers

log = logging.getLogger(__name__)

THUMBNAIL = 240  # pixels, the longer side


class Capture(Protocol):
    """What is asked of the capture room."""

    async def trigger(self, booking_id: str, by: Trigger) -> None: ...
    async def pause(self, booking_id: str) -> None: ...
    async def replan(self, booking_id: str, steps: Sequence[Step], forgotten: Collection[Position]) -> None: ...


class Attending:
    def __init__(self, ledger: Ledger, prints: Prints, capture: Capture, workers: Workers) -> None:
        self._ledger = ledger
        self._prints = prints
        self._capture = capture
        self._workers = workers

    async def trigger(self, booking_id: str) -> None:
        """The button: the image is taken now, and the impression says so. Raises LivescanError when none is under way."""
        await self._capture.trigger(self._row(booking_id).id, Trigger.BUTTON)

    async def pause(self, booking_id: str) -> None:
        """No more of it now: it is held, another booking can be taken, and resumed it goes on at the same finger.

        Raises LivescanError when its prints are not being taken.
        """
        row = self._row(booking_id)
        if row.state is not BookingState.CAPTURING:
            raise LivescanError("No prints of that booking are being taken.", do="`livescan booking list` shows where each stands.")
        await self._capture.pause(row.id)

    async def attempts(self, booking_id: str) -> list[dict[str, Any]]:
        """The attempts that are kept, by position, best first, in JSON values."""
        kept = await self._prints.all_attempts(self._row(booking_id).id)
        positions = sorted({one.position for one in kept})
        return [_told(one) for position in positions for one in best_first(a for a in kept if a.position is position)]

    async def attempts_of(self, booking_id: str, position: Position) -> list[dict[str, Any]]:
        """Those of one position, best first."""
        return [_told(one) for one in best_first(await self._prints.attempts(self._row(booking_id).id, position))]

    async def stored_picture(self, booking_id: str, position: Position) -> bytes:
        """What is stored of one position, small, as PNG. Raises LivescanError when nothing is."""
        stored = await self._prints.impression(self._row(booking_id).id, position)
        return await self._workers.run(thumbnail_png, stored.pixels, THUMBNAIL)

    async def picture(self, booking_id: str, position: Position, number: int) -> bytes:
        """One attempt, small, as PNG. Raises LivescanError when it is not kept."""
        attempt = await self._prints.attempt(self._row(booking_id).id, position, number)
        return await self._workers.run(thumbnail_png, attempt.pixels, THUMBNAIL)

    async def hand(self, booking_id: str) -> dict[str, Any]:
        return _hand(await self._prints.facts(self._row(booking_id).id))

    async def mark(self, booking_id: str, finger: Position, mark: FingerMark, *, smt: bool = False) -> dict[str, Any]:
        """Mark one finger, also while prints are taken; `smt`: take the offered line over. The hand as it is then.

        Impressions that were taken with another idea of the finger are taken anew. Raises LivescanError for a booking whose prints are all
        taken: that is a correction.
        """
        row = self._row(booking_id)
        if row.state not in (BookingState.CAPTURING, BookingState.HELD):
            raise LivescanError("The prints of that booking are all taken.", means="Nothing was changed.", do="Correct the booking.")
        before = await self._prints.facts(row.id)
        after = marked(before, finger, mark)
        after = with_smt(after) if smt else after
        forgotten = outdated(before, after, self._ledger.taken(row.id))
        await self._prints.keep_facts(row.id, after)
        await self._ledger.forget(row.id, forgotten)
        for position in forgotten:
            await self._prints.forget_attempts(row.id, position)
        log.info("booking %s: finger %d is marked '%s', %d impressions to take again", row.id, finger, mark, len(forgotten))
        if before.missing.keys() != after.missing.keys():
            await self._capture.replan(row.id, plan(after.missing), forgotten)
        return _hand(after)

    def _row(self, booking_id: str) -> BookingRow:
        row = self._ledger.booking(booking_id)
        if row is None:
            raise LivescanError("There is no such booking on this station.", do="`livescan booking list` shows them.")
        return row


def _hand(facts: Facts) -> dict[str, Any]:
    fingers = [
        {"finger": int(finger), "words": finger.words, "mark": mark.value, "amp": _code(facts, finger)}
        for finger, mark in diagram(facts).items()
    ]
    return {"fingers": fingers, "smt_offered": list(smt_offered(facts))}


def _code(facts: Facts, finger: Position) -> str | None:
    code = facts.missing.get(finger)
    return None if code is None else code.value


def _told(attempt: Impression) -> dict[str, Any]:
    return {**describe(attempt), **_report(attempt.quality), "at": attempt.captured_at.isoformat()}


def _report(quality: QualityReport | None) -> dict[str, Any]:
    if quality is None:
        return {"advice": ""}
    return {
        "found": quality.found,
        "expected": quality.expected,
        "verdict": quality.verdict.value,
        "advice": quality.advice,
        "cause": quality.cause.value,
        "concerns": [int(finger) for finger in quality.concerns],
        "measures": {str(int(finger)): asdict(one) for finger, one in quality.measures.items()},
    }
