"""The events of every booking in SQLite: added, never changed.

Only ids, digests, kinds and times stand here; what a person said or is stays in the vault.
FBI number and state id are kept as keyed digests: enough to compare a reply's with ours, useless without this station's storage key.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.casework.answer_states import IdentState
from agent.casework.errors import CaseworkError
from agent.casework.events import CaseEvent, CaseState, EventKind, Submission, fold, latest_tcn
from agent.casework.submission_states import SubmissionState
from agent.casework.tie import Match
from agent.handover.instants import read_instant, write_instant
from agent.model.booking import BookingId

CASES_SCHEMA = """
CREATE TABLE case_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    booking TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    tcn TEXT,
    content_sha256 TEXT,
    envelope_sha256 TEXT,
    rid TEXT,
    once TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX case_events_of_booking ON case_events (booking, seq);
CREATE TABLE case_submissions (
    tcn TEXT PRIMARY KEY,
    booking TEXT NOT NULL,
    content_sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX case_submissions_of_booking ON case_submissions (booking);
CREATE TABLE case_numbers (
    digest TEXT NOT NULL,
    tcn TEXT NOT NULL REFERENCES case_submissions,
    PRIMARY KEY (digest, tcn)
) STRICT;
CREATE TABLE case_open (
    booking TEXT PRIMARY KEY,
    tcn TEXT NOT NULL,
    since TEXT NOT NULL,
    waits_for TEXT NOT NULL
) STRICT;
CREATE INDEX case_open_since ON case_open (since);
CREATE TABLE case_policies (
    tcn TEXT PRIMARY KEY REFERENCES case_submissions,
    procedure_edition TEXT NOT NULL,
    agreement TEXT NOT NULL
) STRICT;
"""


def add(db: sqlite3.Connection, booking: BookingId, event: CaseEvent, *, once: str = "", numbers: Iterable[str] = ()) -> bool:
    """Record one event; False when it is known already. once: what makes it one of several of its kind; numbers: `number_digest`s.

    Raises NoSuchMove when the state table has no row, CaseworkError when a TCN is used for a second content; roll back then.
    """
    key = "/".join((booking, event.tcn or "", event.kind, once))
    if event.kind is EventKind.SEALED:
        _add_submission(db, booking, event, numbers)
    if db.execute("SELECT 1 FROM case_events WHERE once = ?", (key,)).fetchone():
        return False
    before = events_of(db, booking)
    fold((*before, event), event.tcn)
    values = (booking, event.kind, write_instant(event.at), event.tcn, event.content_sha256, event.envelope_sha256, event.rid, key)
    db.execute(
        "INSERT INTO case_events (booking, kind, at, tcn, content_sha256, envelope_sha256, rid, once) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    if event.tcn is not None:
        _note_open(db, booking, (*before, event))
    return True


def events_of(db: sqlite3.Connection, booking: BookingId) -> tuple[CaseEvent, ...]:
    rows = db.execute("SELECT * FROM case_events WHERE booking = ? ORDER BY seq", (booking,))
    return tuple(_event(row) for row in rows)


@dataclass(frozen=True)
class OpenItem:
    """A booking that waits for the bureau. Regions A and B only: nothing here could be sorted by what DHS or ICE said of anyone."""

    booking: BookingId
    tcn: str
    since: datetime  # UTC, when it was sealed
    waits_for: str  # "receipt", "answer", "correction"


def open_items(db: sqlite3.Connection, limit: int) -> tuple[OpenItem, ...]:
    rows = db.execute("SELECT * FROM case_open ORDER BY since, booking LIMIT ?", (limit,))
    return tuple(OpenItem(BookingId(row["booking"]), row["tcn"], read_instant(row["since"]), row["waits_for"]) for row in rows)


def _note_open(db: sqlite3.Connection, booking: BookingId, events: Sequence[CaseEvent]) -> None:
    """A list kept beside the events, made from nothing but them."""
    tcn = latest_tcn(events)
    state = fold(events, tcn)
    waits = _waits_for(state)
    if tcn is None or waits is None:
        db.execute("DELETE FROM case_open WHERE booking = ?", (booking,))
        return
    since = next(event.at for event in events if event.kind is EventKind.SEALED and event.tcn == tcn)
    values = (booking, tcn, write_instant(since), waits)
    db.execute("INSERT OR REPLACE INTO case_open (booking, tcn, since, waits_for) VALUES (?, ?, ?, ?)", values)


def _waits_for(state: CaseState) -> str | None:
    if state.submission is SubmissionState.REJECTED:
        return "correction"
    if state.submission is SubmissionState.CANCELLED:
        return None
    if state.submission is not SubmissionState.ACKNOWLEDGED:
        return "receipt"
    return "answer" if state.ident is IdentState.AWAITED else None


def note_policy(db: sqlite3.Connection, tcn: str, edition: str, agreement: str) -> None:
    """The edition of the procedure and the agreement that held when a submission was sealed; never changed (R6)."""
    db.execute("INSERT OR IGNORE INTO case_policies (tcn, procedure_edition, agreement) VALUES (?, ?, ?)", (tcn, edition, agreement))


def policy_of(db: sqlite3.Connection, tcn: str) -> tuple[str, str] | None:
    """(edition, agreement) of a submission; "" where no agreement was on file."""
    row = db.execute("SELECT procedure_edition, agreement FROM case_policies WHERE tcn = ?", (tcn,)).fetchone()
    return (row[0], row[1]) if row else None


def submission(db: sqlite3.Connection, tcn: str) -> Submission | None:
    row = db.execute("SELECT booking, content_sha256 FROM case_submissions WHERE tcn = ?", (tcn,)).fetchone()
    if row is None:
        return None
    sealed = db.execute(_ENVELOPES, (row["booking"], tcn)).fetchall()
    envelopes = [txid for (txid,) in sealed if txid]
    return Submission(BookingId(row["booking"]), tcn, row["content_sha256"], frozenset(envelopes), envelopes[-1] if envelopes else "")


def by_envelope(db: sqlite3.Connection, txid: str) -> Submission | None:
    """What we sent in that envelope. Looks through all events: for an answer that names no control number."""
    row = db.execute("SELECT tcn FROM case_events WHERE kind = 'sealed' AND envelope_sha256 = ?", (txid,)).fetchone()
    return submission(db, row["tcn"]) if row else None


def by_tcn(db: sqlite3.Connection, tcn: str) -> frozenset[Match]:
    return _matches(db.execute("SELECT booking, tcn FROM case_submissions WHERE tcn = ?", (tcn,)))


def by_oca(db: sqlite3.Connection, oca: str) -> frozenset[Match]:
    """Our OCA is the booking's id."""
    return _matches(db.execute("SELECT booking, tcn FROM case_submissions WHERE booking = ?", (oca,)))


def by_number(db: sqlite3.Connection, digest: str) -> frozenset[Match]:
    """digest: of `number_digest`."""
    query = "SELECT booking, tcn FROM case_submissions JOIN case_numbers USING (tcn) WHERE digest = ?"
    return _matches(db.execute(query, (digest,)))


def number_digest(key: bytes, kind: str, number: str) -> str:
    """kind: FBI or SID. Keyed, because a number of nine characters could be found from a plain digest by trying."""
    return hmac.new(key, f"livescan-case-number/1/{kind}/{number.strip().upper()}".encode(), hashlib.sha256).hexdigest()


def _add_submission(db: sqlite3.Connection, booking: BookingId, event: CaseEvent, numbers: Iterable[str]) -> None:
    if not (event.tcn and event.content_sha256 and event.envelope_sha256):
        raise CaseworkError(
            "A sealed submission was recorded without its control number or digests.", do="Report this: it is a fault in the software."
        )
    known = submission(db, event.tcn)
    if known is not None and (known.booking, known.content_sha256) != (booking, event.content_sha256):
        raise CaseworkError(
            f"The control number {event.tcn} stands for another file already.",
            means="The second file was not recorded as sent.",
            do="Seal it under a new control number.",
        )
    values = (event.tcn, booking, event.content_sha256)
    db.execute("INSERT OR IGNORE INTO case_submissions (tcn, booking, content_sha256) VALUES (?, ?, ?)", values)
    db.executemany("INSERT OR IGNORE INTO case_numbers (digest, tcn) VALUES (?, ?)", [(digest, event.tcn) for digest in numbers])


_ENVELOPES = "SELECT envelope_sha256 FROM case_events WHERE booking = ? AND tcn = ? AND kind = 'sealed' ORDER BY seq"


def _event(row: sqlite3.Row) -> CaseEvent:
    at: datetime = read_instant(row["at"])
    return CaseEvent(EventKind(row["kind"]), at, row["tcn"], row["content_sha256"], row["envelope_sha256"], row["rid"])


def _matches(rows: Iterable[Sequence[str]]) -> frozenset[Match]:
    return frozenset(Match(BookingId(booking), tcn) for booking, tcn in rows)
