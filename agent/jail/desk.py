"""The jail system's counter: arrivals in, exactly once whatever is repeated; where each stands, out."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from agent.booking.intake import Arrival, Intake
from agent.booking.ledger import Ledger
from agent.casework.desk import Casework
from agent.casework.events import EventKind, latest_tcn
from agent.clock import Clock
from agent.errors import LivescanError
from agent.handover.instants import write_instant
from agent.jail.arrival import ArrivalError, FieldError, arrival_from_python
from agent.jail.standing import WORDS, Standing, standing
from agent.model.booking import BookingId
from agent.model.messages import ReplyKind
from agent.nist.findings import Finding
from agent.store.database import Database

SCHEMA = """
CREATE TABLE jail_request (
    key_sha256  TEXT PRIMARY KEY,       -- of the idempotency key, which is not kept
    body_sha256 TEXT NOT NULL,          -- of that key and the body: nobody without the key can try bodies against it
    arrival     TEXT NOT NULL,
    at          TEXT NOT NULL
) STRICT;
"""
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_TOLD = frozenset({ReplyKind.SRE, ReplyKind.ERRT})
_STEPS = (EventKind.SEALED, EventKind.QUEUED, EventKind.SENT, EventKind.RECEIVED)


class KeyReused(LivescanError):
    """An idempotency key that stood for another arrival."""


class NotOnList(LivescanError):
    """A booking number that this station was never told."""


class Releases(Protocol):
    async def released(self, booking_id: str, by: str, at: datetime | None) -> Mapping[str, Any]: ...


class JailDesk:
    def __init__(
        self,
        intake: Intake,
        ledger: Ledger,
        casework: Casework,
        database: Database,
        clock: Clock,
        *,
        say: Callable[[Mapping[str, Any]], None],
        releases: Releases | None = None,
    ) -> None:
        self._intake = intake
        self._ledger = ledger
        self._casework = casework
        self._database = database
        self._clock = clock
        self._say = say
        self._releases = releases

    async def arrive(self, raw: Any, key: str) -> tuple[Mapping[str, Any], bool]:
        """What is on the list now, and whether this is the answer to a repeated request. Raises ArrivalError, KeyReused.

        The same booking number is the same person, so a request that was cut off after its effect does no harm when it comes again.
        """
        if not _KEY.fullmatch(key):
            raise ArrivalError("There is no Idempotency-Key of 1 to 128 printable ASCII characters.")
        key_sha256, body_sha256 = _sha256(key), _sha256(f"{key}\n{json.dumps(raw, sort_keys=True)}")
        before = await self._request(key_sha256)
        if before is not None:
            if before[0] != body_sha256:
                raise KeyReused("That Idempotency-Key came before with another body.", means="Nothing was changed.", do="Use a new key.")
            return await self._accepted(before[1]), True
        said = arrival_from_python(raw)
        arrival_id = await self._intake.arrive(said.number, said.facts, said.at)
        await self._note(key_sha256, body_sha256, arrival_id)
        self._say({"event": "arrived", "booking": None})
        return await self._accepted(arrival_id), False

    async def list(self) -> Sequence[Mapping[str, Any]]:
        """Everybody on the list whom the jail has a number of, newest first."""
        found = [one for one in await self._intake.arrivals() if one.number is not None]
        return await asyncio.to_thread(lambda: [self._line(one) for one in found])

    async def everybody(self, since: datetime) -> Sequence[Mapping[str, Any]]:
        """Of the list, with a number of the jail or without, who arrived since then or has not been answered yet; newest first."""
        found = await self._intake.arrivals()
        lines = await asyncio.to_thread(lambda: [(one.arrived_at, self._line(one)) for one in found])
        return [line for at, line in lines if at >= since or line["standing"] != Standing.ANSWERED]

    async def state(self, number: str) -> Mapping[str, Any]:
        """One, with submissions and the kinds of what came back. Raises NotOnList."""
        found = await self._by_number(number)
        return await asyncio.to_thread(lambda: {**self._line(found), **self._course(found.booking)})

    async def released(self, number: str, by: str, at: datetime | None) -> Mapping[str, Any]:
        """The person has left: on record, so that a later reply raises an alarm. Raises NotOnList."""
        found = await self._by_number(number)
        if found.booking is not None and self._releases is not None:
            await self._releases.released(found.booking, by, at)
        elif found.booking is None:
            await self._intake.take_off(found.id)
        return {"booking_number": number, "released": True}

    async def number_of(self, booking_id: str) -> str | None:
        found = await self._intake.of_booking(booking_id)
        return None if found is None else found.number

    async def _by_number(self, number: str) -> Arrival:
        found = await self._intake.by_number(number)
        if found is None:
            raise NotOnList("This station was told of nobody with that booking number.", do="Send the arrival first.")
        return found

    async def _accepted(self, arrival_id: str) -> Mapping[str, Any]:
        """Where it stands, and what an officer or the jail system still has to mend before it can be sent."""
        arrival = await self._intake.arrival(arrival_id)
        facts = await self._intake.form(arrival_id)
        wrong = [] if arrival.booking is not None else await asyncio.to_thread(self._intake.check, facts)
        return {**await asyncio.to_thread(self._line, arrival), "to_mend": [_as_error(one) for one in wrong]}

    def _line(self, one: Arrival) -> Mapping[str, Any]:
        row = None if one.booking is None else self._ledger.booking(one.booking)
        case = self._casework.state(BookingId(one.booking or ""))
        stands = standing(None if row is None else row.state, case)
        return {
            "booking_number": one.number,
            "arrived_at": write_instant(one.arrived_at),
            "booking": one.booking,
            "standing": stands.value,
            "words": WORDS[stands],
        }

    def _course(self, booking_id: BookingId | None) -> Mapping[str, Any]:
        """Of the submission that counts. A reply is named by its kind and never read out: reading is for people, with a reason."""
        if booking_id is None:
            return {"submissions": [], "times": {}, "replies": []}
        events, inbound = self._casework.events(booking_id), self._casework.inbound(booking_id)
        tcn = latest_tcn(events)
        taken = [(one.arrived_at, one.taken) for one in inbound if one.taken is not None and one.taken.kind in _TOLD]
        return {
            "submissions": [{"tcn": one.tcn, "made_at": write_instant(one.made_at)} for one in self._ledger.submissions(booking_id)],
            "times": {one.kind.value: write_instant(one.at) for one in events if one.tcn == tcn and one.kind in _STEPS},
            "replies": [{"kind": one.kind, "arrived_at": write_instant(at), "verified": one.verified} for at, one in taken],
        }

    async def _request(self, key_sha256: str) -> tuple[str, str] | None:
        sql = "SELECT body_sha256, arrival FROM jail_request WHERE key_sha256 = ?"
        row = await self._database.read(lambda db: db.execute(sql, (key_sha256,)).fetchone())
        return None if row is None else (row[0], row[1])

    async def _note(self, key_sha256: str, body_sha256: str, arrival_id: str) -> None:
        row = (key_sha256, body_sha256, arrival_id, write_instant(self._clock.now()))
        await self._database.write(lambda db: db.execute("INSERT OR IGNORE INTO jail_request VALUES (?, ?, ?, ?)", row))


def _as_error(one: Finding) -> FieldError:
    return FieldError(field=one.form or one.field, rule=one.id, sentence=one.sentence)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
