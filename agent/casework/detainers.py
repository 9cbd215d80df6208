"""Detainers on record: documents and what was read from them in the vault, deeds in SQLite, both only added to.

Rows are ids, kinds and times. Nothing here reads region C, and nothing here sends: a notice to ICE is written down when a person gave it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from agent.casework import tasks, viewing
from agent.casework.detainer_record import (
    Deed,
    Detainer,
    DetainerRefused,
    Lodged,
    NoticeTask,
    check_hold,
    check_lodged,
    document_id,
    notice_task,
)
from agent.casework.detainer_states import DetainerEvent, DetainerState, move
from agent.casework.hold import HoldLimits, HoldWords, limits, words
from agent.casework.viewing import Viewer, what_is
from agent.clock import Clock
from agent.handover.instants import read_instant, write_instant
from agent.model.booking import BookingId
from agent.policy import DetainerPolicy, Jurisdiction
from agent.store.database import Database
from agent.store.vault import Vault

SCHEMA = """
CREATE TABLE detainers (
    id TEXT PRIMARY KEY,
    booking TEXT NOT NULL,
    released_before INTEGER NOT NULL
) STRICT;
CREATE INDEX detainers_of_booking ON detainers (booking);
CREATE TABLE detainer_deeds (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    detainer TEXT NOT NULL REFERENCES detainers,
    event TEXT NOT NULL,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    said TEXT NOT NULL,
    apart TEXT
) STRICT;
CREATE INDEX detainer_deeds_of ON detainer_deeds (detainer, seq);
CREATE TABLE releases (
    booking TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    by TEXT NOT NULL
) STRICT;
"""
_SAID_IN_THE_OPEN = frozenset(("item", "mode", "planned", "copied", "policy", "recipient"))  # of no person in custody


@dataclass(frozen=True)
class DetainerView:
    """What the liaison sees."""

    detainer: Detainer
    state: DetainerState
    open_items: tuple[str, ...]
    notice: NoticeTask | None
    hold: HoldLimits | None
    hold_words: HoldWords | None
    asks_for: tuple[str, ...]  # papers that should have come with the form and are not attached


class Detainers:
    """Blocking reads; writes commit before they return."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, policy: Callable[[], Jurisdiction], zone: ZoneInfo) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._policy = policy
        self._zone = zone
        self._one_at_a_time = asyncio.Lock()  # from the state that is read to the deed that is written

    async def lodge(self, booking: BookingId, document: bytes, lodged: Lodged, by: str) -> Detainer:
        """A form of ICE that came. The same document again is the same record. Raises DetainerRefused."""
        async with self._one_at_a_time:
            check_lodged(lodged, document)
            id_ = document_id(document)
            if self._find(id_) is None:
                self._vault.put(booking, f"detainer-{id_}", document)
                self._vault.put(booking, f"detainer-{id_}.json", _written(lodged))
            released = self.released_at(booking)
            before = released is not None and released <= lodged.received_at
            await self._database.write(partial(_insert, id_=id_, booking=booking, before=before))
            if self.get(id_).state is DetainerState.NONE:
                await self._deed(id_, Deed(DetainerEvent.LODGED, lodged.received_at, by))
            if self._policy().detainer.policy is DetainerPolicy.DECLINE and self.get(id_).state is DetainerState.LODGED:
                await self._deed(id_, Deed(DetainerEvent.DECLINED, self._clock.now(), by, {"policy": DetainerPolicy.DECLINE}))
            return self.get(id_)

    async def record(
        self, id_: str, event: DetainerEvent, by: str, said: Mapping[str, str] | None = None, *, at: datetime | None = None
    ) -> Detainer:
        """Something was done, now or at a time that has passed (of HOLD_STARTED: when the person would otherwise have been released).

        Raises DetainerRefused where form or policy forbid it, NoSuchMove where the table has no row.
        """
        async with self._one_at_a_time:
            detainer = self.get(id_)
            if event is DetainerEvent.HOLD_STARTED:
                check_hold(detainer, self._policy().detainer.policy)
            if event is DetainerEvent.LODGED:
                raise DetainerRefused("A detainer is lodged with its document, once.", do="Record the new document.")
            move(detainer.state, event)
            now = self._clock.now()
            await self._deed(id_, Deed(event, min(at or now, now), by, dict(said or {})))
            return self.get(id_)

    async def released(self, booking: BookingId, by: str, *, at: datetime | None = None) -> datetime:
        """The person has been released or transferred, now or at a time that has passed. Always legal, whatever is open.

        When it was first recorded to be. A reply that has come since then is told of (`tasks`).
        """
        async with self._one_at_a_time:
            now = self._clock.now()
            when = min(at or now, now)
            await self._database.write(partial(_release, booking=booking, at=when, by=by))
            for detainer in self.of_booking(booking):
                if detainer.at(DetainerEvent.RELEASED) is None:
                    await self._deed(detainer.id, Deed(DetainerEvent.RELEASED, when, by))
            return self.released_at(booking) or when

    async def watch(self) -> tuple[str, ...]:
        """Holds whose earlier limit has come are LIMIT_REACHED, on record; their ids. Called by the core's clock."""
        async with self._one_at_a_time:
            reached = await asyncio.to_thread(lambda: [one for one in self.open() if self._reached(one)])
            for one in reached:
                await self._deed(one.id, Deed(DetainerEvent.LIMIT_REACHED, self._clock.now(), "clock"))
            return tuple(one.id for one in reached)

    def view(self, id_: str) -> DetainerView:
        detainer, now = self.get(id_), self._clock.now()
        held = self._limits(detainer)
        today = now.astimezone(self._zone).date()
        notice = notice_task(detainer.deeds, today, self._policy().clocks.notice_days)
        said = words(held, now, self._policy().clocks.alarm_hours) if held else None
        wanting = tuple(paper for paper in detainer.form.asks_for if not detainer.lodged.attached & set(detainer.form.asks_for))
        return DetainerView(detainer, detainer.state, detainer.open_items(), notice, held, said, wanting)

    def document(self, id_: str) -> bytes:
        """As it came."""
        return self._vault.get(self.get(id_).booking, f"detainer-{id_}")

    def get(self, id_: str) -> Detainer:
        found = self._find(id_)
        if found is None:
            raise DetainerRefused("There is no such detainer.", do="`livescan detainer list` shows those there are.")
        return found

    def of_booking(self, booking: BookingId) -> tuple[Detainer, ...]:
        query = "SELECT * FROM detainers WHERE booking = ?"
        rows = self._database.read_now(lambda db: db.execute(query, (booking,)).fetchall())
        return tuple(self._read(row) for row in rows)

    def open(self) -> tuple[Detainer, ...]:
        """Those that are lodged and have not ended, for the liaison's list and search (R34)."""
        return tuple(one for one in self._not_over() if one.state in _OPEN)

    def any_open(self, booking: BookingId) -> bool:
        """Whether one of a booking's has not ended, or has conditions that nobody has ticked off."""
        return any(not one.may_be_closed() for one in self.of_booking(booking))

    def owing(self) -> tuple[DetainerView, ...]:
        """Those of which somebody may still owe something: lodged and not ended, or at their limit with the person not released. Blocks."""
        return tuple(self.view(one.id) for one in self._not_over() if one.state in (*_OPEN, DetainerState.LIMIT_REACHED))

    async def search(self, viewer: Viewer) -> tuple[Detainer, ...]:
        """Booking and detention of those with a lodged detainer, and of nobody else; each search is on record (R34). Raises ViewRefused."""
        viewing.allow(viewer, viewing.What.SEARCH)
        now, seal = self._clock.now(), partial(self._vault.seal_words, viewing.LABEL)
        await self._database.write(
            partial(viewing.note, viewer=viewer, what=viewing.What.SEARCH, of="lodged detainers", booking=None, at=now, seal=seal)
        )
        return self.open()

    def released_at(self, booking: BookingId) -> datetime | None:
        return self._database.read_now(lambda db: released_at(db, booking))

    def _not_over(self) -> Iterator[Detainer]:
        """Told by their rows alone, so that what years have left is not read from the vault each time."""
        rows = self._database.read_now(lambda db: db.execute(_NOT_OVER).fetchall())
        return (self._read(row) for row in rows)

    def _reached(self, detainer: Detainer) -> bool:
        held = self._limits(detainer)
        return detainer.state is DetainerState.HOLD_RUNNING and held is not None and self._clock.now() >= held.earlier

    def _limits(self, detainer: Detainer) -> HoldLimits | None:
        """From when the person would otherwise have been released."""
        started = detainer.at(DetainerEvent.HOLD_STARTED)
        calendar = self._policy().calendar
        hours = timedelta(hours=self._policy().clocks.hold_hours)
        if started is None:
            return None
        return limits(started, self._zone, closures=calendar.agency_closures, calendar=calendar.edition, limit=hours)

    async def _deed(self, id_: str, deed: Deed) -> None:
        """What says something of a person, or of what was served, goes to the vault, first; the row names it."""
        row = replace(deed, said={key: value for key, value in deed.said.items() if key in _SAID_IN_THE_OPEN})
        rest = {key: value for key, value in deed.said.items() if key not in _SAID_IN_THE_OPEN}
        apart = f"detainer-{id_}-{secrets.token_hex(8)}.json" if rest else None
        if apart:
            self._vault.put(self.get(id_).booking, apart, json.dumps(rest).encode())
        await self._database.write(partial(_add, id_=id_, deed=row, apart=apart))

    def _find(self, id_: str) -> Detainer | None:
        row = self._database.read_now(lambda db: db.execute("SELECT * FROM detainers WHERE id = ?", (id_,)).fetchone())
        return self._read(row) if row else None

    def _read(self, row: sqlite3.Row) -> Detainer:
        query = "SELECT * FROM detainer_deeds WHERE detainer = ? ORDER BY seq"
        deeds = self._database.read_now(lambda db: db.execute(query, (row["id"],)).fetchall())
        booking = BookingId(row["booking"])
        lodged = _lodged(self._vault.get(booking, f"detainer-{row['id']}.json"))
        return Detainer(row["id"], booking, lodged, tuple(self._deed_of(booking, one) for one in deeds), bool(row["released_before"]))

    def _deed_of(self, booking: BookingId, row: sqlite3.Row) -> Deed:
        said: dict[str, str] = json.loads(row["said"])
        if row["apart"]:
            said |= json.loads(self._vault.get(booking, row["apart"]))
        return Deed(DetainerEvent(row["event"]), read_instant(row["at"]), row["by"], said)


_NOT_OVER = """
SELECT * FROM detainers WHERE released_before = 1 OR NOT EXISTS (
    SELECT 1 FROM detainer_deeds WHERE detainer = detainers.id AND event IN ('custody_taken', 'released', 'withdrawn', 'declined')
) ORDER BY detainers.rowid
"""
_OPEN = (DetainerState.LODGED, DetainerState.FILED, DetainerState.SERVED, DetainerState.HOLD_RUNNING, DetainerState.RELEASED_BEFORE)


def _insert(db: sqlite3.Connection, *, id_: str, booking: BookingId, before: bool) -> None:
    db.execute("INSERT OR IGNORE INTO detainers (id, booking, released_before) VALUES (?, ?, ?)", (id_, booking, int(before)))


def _add(db: sqlite3.Connection, *, id_: str, deed: Deed, apart: str | None) -> None:
    values = (id_, deed.event, write_instant(deed.at), deed.by, json.dumps(dict(deed.said), sort_keys=True), apart)
    db.execute("INSERT INTO detainer_deeds (detainer, event, at, by, said, apart) VALUES (?, ?, ?, ?, ?, ?)", values)


def released_at(db: sqlite3.Connection, booking: BookingId) -> datetime | None:
    """When the person was released or transferred, as it was first recorded."""
    row = db.execute("SELECT at FROM releases WHERE booking = ?", (booking,)).fetchone()
    return read_instant(row[0]) if row else None


def release_of(db: sqlite3.Connection, booking: BookingId) -> tuple[datetime, str] | None:
    """When, and which officer recorded it."""
    row = db.execute("SELECT at, by FROM releases WHERE booking = ?", (booking,)).fetchone()
    return (read_instant(row[0]), str(row[1])) if row else None


def _release(db: sqlite3.Connection, *, booking: BookingId, at: datetime, by: str) -> None:
    db.execute("INSERT OR IGNORE INTO releases (booking, at, by) VALUES (?, ?, ?)", (booking, write_instant(at), by))
    first = released_at(db, booking) or at
    later = "SELECT rid, kind, arrived_at FROM case_inbound WHERE booking = ? AND kind <> 'receipt' AND arrived_at >= ?"
    for row in db.execute(later, (booking, write_instant(first))).fetchall():
        tasks.after_release(db, booking, row["rid"], what_is(row["kind"]), read_instant(row["arrived_at"]))


def _written(lodged: Lodged) -> bytes:
    plain = asdict(lodged) | {"received_at": write_instant(lodged.received_at), "attached": sorted(lodged.attached)}
    return json.dumps(plain).encode()


def _lodged(data: bytes) -> Lodged:
    plain = json.loads(data)
    return Lodged(**plain | {"received_at": read_instant(plain["received_at"]), "attached": frozenset(plain["attached"])})
