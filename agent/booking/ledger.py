"""The rows of bookings, prints and submissions: identities, digests, sizes, states and times; nothing of the person.

Each change and what it causes is one SQLite transaction (WAL, synchronous=FULL): the journal entry for the booking's thread is written by
the `journal` that the core passes in, with the same connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from agent.booking.states import BookingEvent, BookingState, move
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression
from agent.store.database import Database

SCHEMA = """
CREATE TABLE booking (
    id        TEXT PRIMARY KEY,
    opened_at TEXT NOT NULL,
    officer   TEXT NOT NULL,
    state     TEXT NOT NULL,
    held_why  TEXT
) STRICT;
CREATE TABLE impression (
    booking_id  TEXT NOT NULL REFERENCES booking(id),
    fgp         INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    captured_at TEXT NOT NULL,
    PRIMARY KEY (booking_id, fgp)
) STRICT;
CREATE TABLE submission (
    tcn             TEXT PRIMARY KEY,
    booking_id      TEXT NOT NULL REFERENCES booking(id),
    made_at         TEXT NOT NULL,
    content_sha256  TEXT,
    envelope_sha256 TEXT UNIQUE,
    car_bytes       INTEGER,
    receipted       INTEGER NOT NULL DEFAULT 0,
    refused         INTEGER NOT NULL DEFAULT 0,
    release_known   INTEGER NOT NULL DEFAULT 0
) STRICT;
"""


class Journal(Protocol):
    """Where a booking's thread is kept. Called inside the transaction of the change it tells; the same entry twice counts once."""

    def __call__(self, connection: sqlite3.Connection, booking_id: BookingId, entry: Entry) -> None: ...


@dataclass(frozen=True)
class Entry:
    kind: str  # captured, quality_passed, quality_overridden, checked, sealed, undone, handed_over, queued, sent
    at: datetime  # UTC
    tcn: str | None = None
    content_sha256: str | None = None
    envelope_sha256: str | None = None
    known: KnownNumbers | None = None  # with "sealed": for a reply that names neither TCN nor OCA


@dataclass(frozen=True)
class KnownNumbers:
    """Numbers of the person that a reply may carry. They pass through; the ledger keeps none of them."""

    fbi: tuple[str, ...] = field(default=(), repr=False)
    state_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class BookingRow:
    id: BookingId
    opened_at: datetime
    officer: str
    state: BookingState
    held_why: str | None


@dataclass(frozen=True)
class SubmissionRow:
    tcn: str
    booking_id: BookingId
    made_at: datetime  # UTC; goes into the file, so it is fixed before the file is built
    content_sha256: str | None
    envelope_sha256: str | None
    car_bytes: int | None  # bytes
    receipted: bool
    undone: bool = False  # taken back before anything was sent


@dataclass(frozen=True)
class Sealed:
    """What was sealed, by its digests."""

    content_sha256: str
    envelope_sha256: str
    car_bytes: int  # bytes
    sealed_with: SealedWith | None = None


@dataclass(frozen=True)
class SealedWith:
    """What an envelope depends on."""

    bureau: str  # SHA-256 of the certificate that it is sealed to, lower-case hex
    signer_ends: datetime  # UTC; from then on nobody believes the signature


class Ledger:
    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    async def open_booking(
        self, booking_id: BookingId, officer: str, at: datetime, within: Callable[[sqlite3.Connection, BookingId], None] | None = None
    ) -> None:
        """`within`: what else is written in the same transaction."""

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO booking (id, opened_at, officer, state) VALUES (?, ?, ?, ?)",
                (booking_id, at.isoformat(), officer, BookingState.CAPTURING),
            )
            if within is not None:
                within(connection, booking_id)

        await self._database.write(insert)

    async def accept(self, booking_id: BookingId, impression: Impression) -> None:
        """The accepted impression of one position; the last one counts."""
        row = (booking_id, int(impression.position), impression.attempt, impression.sha256, impression.captured_at.isoformat())

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO impression VALUES (?, ?, ?, ?, ?)", row)

        await self._database.write(insert)

    async def forget(self, booking_id: BookingId, positions: Collection[Position]) -> None:
        """These positions are to be taken anew."""
        rows = [(booking_id, int(position)) for position in positions]
        sql = "DELETE FROM impression WHERE booking_id = ? AND fgp = ?"
        await self._database.write(lambda connection: connection.executemany(sql, rows))

    async def hold(self, booking_id: BookingId, why: str) -> None:
        """A person must look. Raises NoSuchMove when the booking is sealed already."""
        await self._database.write(lambda connection: self._move(connection, booking_id, BookingEvent.HELD, why))

    async def resume(self, booking_id: BookingId) -> None:
        """A person says: go on. Raises NoSuchMove when the booking is neither held nor undone."""
        await self._database.write(lambda connection: self._move(connection, booking_id, BookingEvent.RESUMED, None))

    async def captured(self, booking_id: BookingId, at: datetime, *, overridden: bool) -> None:
        """Every planned impression is accepted and on disk; `overridden`: at least one in spite of its quality, with a reason."""

        def update(connection: sqlite3.Connection) -> None:
            self._move(connection, booking_id, BookingEvent.ALL_TAKEN, None)
            if connection.execute(f"{_SUBMISSION} WHERE booking_id = ? AND envelope_sha256 IS NOT NULL", (booking_id,)).fetchone():
                return  # a correction: its draft is in the journal already
            self._journal(connection, booking_id, Entry("captured", at))
            self._journal(connection, booking_id, Entry("quality_overridden" if overridden else "quality_passed", at))

        await self._database.write(update)

    async def assign_tcn(self, booking_id: BookingId, tcn: str, at: datetime) -> SubmissionRow:
        """The submission of a booking that has not been sealed yet: the one that is there, or a new one under `tcn`."""

        def assign(connection: sqlite3.Connection) -> SubmissionRow:
            found = connection.execute(f"{_SUBMISSION} WHERE booking_id = ? AND envelope_sha256 IS NULL", (booking_id,)).fetchone()
            if found is None:
                connection.execute("INSERT INTO submission (tcn, booking_id, made_at) VALUES (?, ?, ?)", (tcn, booking_id, at.isoformat()))
                found = connection.execute(f"{_SUBMISSION} WHERE tcn = ?", (tcn,)).fetchone()
            return _submission(found)

        return await self._database.write(assign)

    async def imported(self, booking_id: BookingId, officer: str, at: datetime, impressions: Sequence[Impression]) -> None:
        """A booking whose impressions came from a file, all of it or nothing: captured, and some of them perhaps below the threshold."""
        rows = [(booking_id, int(one.position), one.attempt, one.sha256, one.captured_at.isoformat()) for one in impressions]
        quality = "quality_overridden" if any(one.override for one in impressions) else "quality_passed"

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO booking (id, opened_at, officer, state) VALUES (?, ?, ?, ?)",
                (booking_id, at.isoformat(), officer, BookingState.CAPTURED),
            )
            connection.executemany("INSERT INTO impression VALUES (?, ?, ?, ?, ?)", rows)
            for kind in ("captured", quality):
                self._journal(connection, booking_id, Entry(kind, at))

        await self._database.write(insert)

    def draft_tcn(self, booking_id: str) -> str | None:
        """The control number of the submission that is begun and not sealed."""
        found = [row.tcn for row in self.submissions(booking_id) if row.envelope_sha256 is None]
        return found[0] if found else None

    async def resealed(self, tcn: str, envelope_sha256: str, at: datetime, sealed_with: SealedWith | None = None) -> None:
        """The same content under the same TCN in a new envelope, since the old one is gone; it waits for a receipt again.

        The old envelope is superseded: whoever still has it lets it go.
        """

        def update(connection: sqlite3.Connection) -> None:
            connection.execute(_SUPERSEDE, (at.isoformat(), tcn, envelope_sha256))
            connection.execute(
                "UPDATE submission SET envelope_sha256 = ?, receipted = 0, refused = 0, release_known = 0, sealed_to = ?, signer_ends = ?"
                " WHERE tcn = ?",
                (envelope_sha256, *_with(sealed_with), tcn),
            )
            row = _submission(connection.execute(f"{_SUBMISSION} WHERE tcn = ?", (tcn,)).fetchone())
            self._journal(connection, row.booking_id, Entry("sealed", at, tcn, row.content_sha256, envelope_sha256))

        await self._database.write(update)

    async def checked(self, booking_id: BookingId, at: datetime) -> None:
        await self._database.write(lambda connection: self._journal(connection, booking_id, Entry("checked", at)))

    async def sealed(self, tcn: str, sealed: Sealed, at: datetime, known: KnownNumbers | None = None) -> None:
        content_sha256, envelope_sha256 = sealed.content_sha256, sealed.envelope_sha256

        def update(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE submission SET content_sha256 = ?, envelope_sha256 = ?, car_bytes = ?, sealed_at = ?, sealed_to = ?,"
                " signer_ends = ? WHERE tcn = ?",
                (content_sha256, envelope_sha256, sealed.car_bytes, at.isoformat(), *_with(sealed.sealed_with), tcn),
            )
            (booking_id,) = connection.execute("SELECT booking_id FROM submission WHERE tcn = ?", (tcn,)).fetchone()
            self._move(connection, booking_id, BookingEvent.SEALED, None)
            self._journal(connection, booking_id, Entry("sealed", at, tcn, content_sha256, envelope_sha256, known))

        await self._database.write(update)

    async def receipted(self, envelope_sha256: str) -> list[str]:
        """The bureau has what was in that envelope. Every envelope that it was ever sealed in: none of them need be sent any more."""

        def update(connection: sqlite3.Connection) -> list[str]:
            connection.execute(f"UPDATE submission SET receipted = 1 WHERE {_IN_ENVELOPE}", (envelope_sha256, envelope_sha256))  # noqa: S608 - ours
            return [txid for (txid,) in connection.execute(_ENVELOPES, (envelope_sha256, envelope_sha256))]

        return await self._database.write(update)

    async def refused(self, envelope_sha256: str) -> None:
        """The bureau has answered that it does not take it: it is not offered again until a person sends it again. The envelope is kept."""
        await self._mark(envelope_sha256, "refused")

    async def send_again(self, envelope_sha256: str) -> None:
        """A person sends it again in spite of an earlier refusal, or after having set it aside."""
        sql = (
            "UPDATE submission SET refused = 0, aside_at = NULL, aside_by = NULL, release_known = 0"
            " WHERE envelope_sha256 = ? AND (refused = 1 OR aside_at IS NOT NULL)"
        )
        await self._database.write(lambda connection: connection.execute(sql, (envelope_sha256,)))

    async def release_known(self, envelope_sha256: str) -> None:
        def update(connection: sqlite3.Connection) -> None:
            for table in ("submission", "superseded"):
                connection.execute(f"UPDATE {table} SET release_known = 1 WHERE envelope_sha256 = ?", (envelope_sha256,))  # noqa: S608 - ours

        await self._database.write(update)

    async def retake(self, booking_id: BookingId, positions: Collection[Position]) -> None:
        """These impressions are to be taken anew. Raises NoSuchMove when the booking is sealed, or its prints are being taken."""
        rows = [(booking_id, int(position)) for position in positions]

        def update(connection: sqlite3.Connection) -> None:
            self._move(connection, booking_id, BookingEvent.RETAKEN, None)
            connection.executemany("DELETE FROM impression WHERE booking_id = ? AND fgp = ?", rows)

        await self._database.write(update)

    async def note(self, envelope_sha256: str, kind: str, at: datetime) -> None:
        """A journal entry for the booking that this envelope belongs to; unknown envelopes are ignored."""

        def write(connection: sqlite3.Connection) -> None:
            found = connection.execute(f"{_SUBMISSION} WHERE envelope_sha256 = ?", (envelope_sha256,)).fetchone()
            if found is not None:
                row = _submission(found)
                self._journal(connection, row.booking_id, Entry(kind, at, row.tcn, row.content_sha256, envelope_sha256))

        await self._database.write(write)

    def bookings(self, *states: BookingState) -> list[BookingRow]:
        """Newest last; all of them when no state is named."""
        marks = ",".join("?" * len(states))
        where = f"WHERE state IN ({marks}) " if states else ""
        sql = f"SELECT id, opened_at, officer, state, held_why FROM booking {where}ORDER BY opened_at"  # noqa: S608 - only question marks are put in
        rows = self._database.read_now(lambda connection: connection.execute(sql, states).fetchall())
        return [_booking(row) for row in rows]

    def ids(self) -> frozenset[str]:
        """Of every booking there is a row of."""
        return frozenset(self._database.read_now(lambda connection: [row[0] for row in connection.execute("SELECT id FROM booking")]))

    def booking(self, booking_id: str) -> BookingRow | None:
        sql = "SELECT id, opened_at, officer, state, held_why FROM booking WHERE id = ?"
        row = self._database.read_now(lambda connection: connection.execute(sql, (booking_id,)).fetchone())
        return None if row is None else _booking(row)

    def taken(self, booking_id: BookingId) -> frozenset[Position]:
        sql = "SELECT fgp FROM impression WHERE booking_id = ?"
        rows = self._database.read_now(lambda connection: connection.execute(sql, (booking_id,)).fetchall())
        return frozenset(Position(fgp) for (fgp,) in rows)

    def stored(self, booking_id: BookingId) -> dict[Position, str]:
        """SHA-256 of the pixels that are stored, by position."""
        sql = "SELECT fgp, sha256 FROM impression WHERE booking_id = ?"
        rows = self._database.read_now(lambda connection: connection.execute(sql, (booking_id,)).fetchall())
        return {Position(fgp): sha256 for fgp, sha256 in rows}

    def submissions(self, booking_id: str) -> list[SubmissionRow]:
        rows = self._database.read_now(
            lambda connection: connection.execute(f"{_SUBMISSION} WHERE booking_id = ? ORDER BY made_at", (booking_id,)).fetchall()
        )
        return [_submission(row) for row in rows]

    def by_envelope(self, envelope_sha256: str) -> SubmissionRow | None:
        sql = f"{_SUBMISSION} WHERE envelope_sha256 = ?"
        row = self._database.read_now(lambda connection: connection.execute(sql, (envelope_sha256,)).fetchone())
        return None if row is None else _submission(row)

    def booking_of(self, envelope_sha256: str) -> BookingId | None:
        sql = "SELECT booking_id FROM submission WHERE envelope_sha256 = ?"
        row = self._database.read_now(lambda connection: connection.execute(sql, (envelope_sha256,)).fetchone())
        return None if row is None else BookingId(row[0])

    def unreceipted(self) -> Sequence[str]:
        """Envelopes that are to be sent: neither receipted nor refused, neither undone nor set aside; oldest first."""
        return self._digests("receipted = 0 AND refused = 0 AND undone_at IS NULL AND aside_at IS NULL")

    def not_receipted(self) -> Sequence[str]:
        """Envelopes that are kept: whatever has no receipt and was not undone, refused or not."""
        return self._digests("receipted = 0 AND undone_at IS NULL")

    def outdated(self, bureau: str, now: datetime) -> list[str]:
        """Envelopes without a receipt that the bureau with that certificate cannot open, or whose signature has ended by now."""
        rows = self._database.read_now(
            lambda connection: connection.execute(_OUTDATED, (bureau, now.astimezone(UTC).isoformat())).fetchall()
        )
        return [txid for (txid,) in rows]

    def unacknowledged_releases(self) -> Sequence[str]:
        """Envelopes that the uplink need not keep and has not yet let go: answered, set aside, or sealed anew since."""
        old = self._database.read_now(lambda connection: connection.execute(_SUPERSEDED).fetchall())
        done = self._digests("release_known = 0 AND (receipted = 1 OR refused = 1 OR aside_at IS NOT NULL)")
        return [txid for (txid,) in old] + done

    def receipted_in_the_thread(self) -> list[str]:
        """Envelopes whose receipt is in their booking's thread and not noted here yet: a crash came between."""
        return [txid for (txid,) in self._database.read_now(lambda connection: connection.execute(_RECEIVED).fetchall())]

    def _digests(self, condition: str) -> list[str]:
        sql = f"SELECT envelope_sha256 FROM submission WHERE envelope_sha256 IS NOT NULL AND {condition} ORDER BY made_at"  # noqa: S608 - ours
        rows = self._database.read_now(lambda connection: connection.execute(sql).fetchall())
        return [digest for (digest,) in rows]

    async def _mark(self, envelope_sha256: str, column: str) -> None:
        sql = f"UPDATE submission SET {column} = 1 WHERE envelope_sha256 = ?"  # noqa: S608 - ours
        await self._database.write(lambda connection: connection.execute(sql, (envelope_sha256,)))

    def _move(self, connection: sqlite3.Connection, booking_id: str, event: BookingEvent, why: str | None) -> None:
        (state,) = connection.execute("SELECT state FROM booking WHERE id = ?", (booking_id,)).fetchone()
        after = move(BookingState(state), event)
        connection.execute("UPDATE booking SET state = ?, held_why = ? WHERE id = ?", (after, why, booking_id))


_SUBMISSION = "SELECT tcn, booking_id, made_at, content_sha256, envelope_sha256, car_bytes, receipted, undone_at FROM submission"
_OUTDATED = """
SELECT envelope_sha256 FROM submission
WHERE receipted = 0 AND undone_at IS NULL AND envelope_sha256 IS NOT NULL AND (sealed_to <> ? OR signer_ends < ?) ORDER BY made_at
"""
_RECEIVED = """
SELECT envelope_sha256 FROM submission WHERE receipted = 0 AND undone_at IS NULL AND EXISTS (
    SELECT 1 FROM case_events
    WHERE once = submission.booking_id || '/' || submission.tcn || '/received/'
    AND case_events.envelope_sha256 = submission.envelope_sha256)
"""
_SUPERSEDED = "SELECT envelope_sha256 FROM superseded WHERE release_known = 0 ORDER BY at"
_SUPERSEDE = """
INSERT OR IGNORE INTO superseded (envelope_sha256, tcn, at, release_known)
SELECT envelope_sha256, tcn, ?, receipted AND release_known FROM submission WHERE tcn = ? AND envelope_sha256 <> ?
"""
_IN_ENVELOPE = "(envelope_sha256 = ? OR tcn = (SELECT tcn FROM superseded WHERE envelope_sha256 = ?))"
_ENVELOPES = f"""
WITH found AS (SELECT tcn, envelope_sha256 FROM submission WHERE {_IN_ENVELOPE})
SELECT envelope_sha256 FROM found UNION SELECT envelope_sha256 FROM superseded WHERE tcn IN (SELECT tcn FROM found)
"""  # noqa: S608 - ours


def _with(sealed_with: SealedWith | None) -> tuple[str | None, str | None]:
    return (None, None) if sealed_with is None else (sealed_with.bureau, sealed_with.signer_ends.astimezone(UTC).isoformat())


def _booking(row: tuple[str, str, str, str, str | None]) -> BookingRow:
    return BookingRow(BookingId(row[0]), datetime.fromisoformat(row[1]), row[2], BookingState(row[3]), row[4])


def _submission(row: tuple[str, str, str, str | None, str | None, int | None, int, str | None]) -> SubmissionRow:
    return SubmissionRow(row[0], BookingId(row[1]), datetime.fromisoformat(row[2]), row[3], row[4], row[5], bool(row[6]), bool(row[7]))
