"""Where in the core's database something of a booking stands, read for `standing`, and taken away: every table, in one transaction.

A table that comes to know bookings must be named in PLACES; a test looks through the schema. The tables of the audit record's feed are not
here: what is on record stays there, as ids.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agent.booking.intake import arrival_place
from agent.booking.states import BookingState
from agent.booking.tcns import PURGED
from agent.casework import cases
from agent.casework.events import fold, latest_tcn
from agent.handover.instants import read_instant
from agent.model.booking import BookingId
from agent.retention.standing import Standing

SCHEMA = """
ALTER TABLE audit_due ADD COLUMN case_ref TEXT;
ALTER TABLE audit_due ADD COLUMN why TEXT;
CREATE TABLE legal_hold (
    booking   TEXT PRIMARY KEY,
    case_ref  TEXT NOT NULL,
    why       TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at TEXT NOT NULL
) STRICT;
CREATE TABLE retention_due (
    booking   TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    case_ref  TEXT,
    why       TEXT,
    who       TEXT,
    at        TEXT NOT NULL,
    rows      INTEGER NOT NULL,
    envelopes TEXT NOT NULL,
    marks     TEXT NOT NULL
) STRICT;
CREATE TABLE retention_run (
    at       TEXT PRIMARY KEY,
    purged   INTEGER NOT NULL,
    kept     INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    entries  INTEGER NOT NULL
) STRICT;
DROP TRIGGER audit_retaken;
CREATE TRIGGER audit_retaken AFTER DELETE ON impression
WHEN NOT EXISTS (SELECT 1 FROM retention_due WHERE booking = OLD.booking_id) BEGIN
    INSERT INTO audit_due (event, booking, fgp, print) VALUES ('capture_dropped', OLD.booking_id, OLD.fgp, OLD.sha256);
END;
"""

# table, which of its rows are the booking's (one question mark: its id); what points before what it points to
PLACES: tuple[tuple[str, str], ...] = (
    (
        "case_views",
        "booking = ?1 OR of IN (SELECT rid FROM case_inbound WHERE booking = ?1) OR of IN (SELECT id FROM detainers WHERE booking = ?1)",
    ),
    ("superseded", "tcn IN (SELECT tcn FROM submission WHERE booking_id = ?)"),
    ("correction", "booking_id = ?"),
    ("impression", "booking_id = ?"),
    ("submission", "booking_id = ?"),
    ("jail_request", "arrival IN (SELECT id FROM arrival WHERE booking = ?)"),
    ("arrival", "booking = ?"),
    ("sending", "booking = ?"),
    ("case_drafts", "booking = ?"),
    ("case_tasks", "booking = ?"),
    ("detainer_deeds", "detainer IN (SELECT id FROM detainers WHERE booking = ?)"),
    ("detainers", "booking = ?"),
    ("releases", "booking = ?"),
    ("case_settled", "rid IN (SELECT rid FROM case_inbound WHERE booking = ?)"),
    ("case_effects", "rid IN (SELECT rid FROM case_inbound WHERE booking = ?)"),
    ("case_inbound", "booking = ?"),
    ("case_numbers", "tcn IN (SELECT tcn FROM case_submissions WHERE booking = ?)"),
    ("case_policies", "tcn IN (SELECT tcn FROM case_submissions WHERE booking = ?)"),
    ("case_open", "booking = ?"),
    ("case_submissions", "booking = ?"),
    ("case_events", "booking = ?"),
    ("legal_hold", "booking = ?"),
    ("booking", "id = ?"),
)


_NUMBERS = """
UPDATE tcn SET tcn = 'destroyed-' || number, booking_id = NULL, void_at = coalesce(void_at, :at), void_why = coalesce(void_why,
    CASE WHEN EXISTS (SELECT 1 FROM submission s WHERE s.tcn = tcn.tcn AND envelope_sha256 IS NOT NULL) THEN :sent ELSE :not_sent END)
WHERE booking_id = :booking
"""


@dataclass(frozen=True)
class Gone:
    """What was taken away, to know what else to destroy and what to look for afterwards."""

    rows: int
    tcns: tuple[str, ...]
    envelopes: tuple[str, ...]  # txids of what was sealed
    places: tuple[str, ...]  # in the vault, each with a key of its own: the booking's, and what the jail's list said of the person
    marks: tuple[str, ...]  # the booking's id, control numbers and digests: nothing of them may be found any more


def standing_of(db: sqlite3.Connection, booking: BookingId, *, detainer: bool) -> Standing | None:
    """None when there is no such booking. detainer: whether one of it has not ended."""
    row = db.execute("SELECT state, opened_at FROM booking WHERE id = ?", (booking,)).fetchone()
    if row is None:
        return None
    events = cases.events_of(db, booking)
    state = fold(events, latest_tcn(events))
    sent = db.execute(
        "SELECT receipted, refused, aside_at, release_known FROM submission WHERE booking_id = ? AND envelope_sha256 IS NOT NULL"
        " AND undone_at IS NULL",
        (booking,),
    )
    submissions = sent.fetchall()
    return Standing(
        booking=booking,
        state=BookingState(row["state"]),
        last=max([datetime.fromisoformat(row["opened_at"]).astimezone(UTC), *(event.at for event in events)]),
        receipted=bool(submissions) and all(one["receipted"] for one in submissions),
        on_its_way=any(not (one["receipted"] or one["refused"] or one["aside_at"]) for one in submissions),
        released=all(one["release_known"] for one in submissions)
        and not _any(
            db, "SELECT 1 FROM superseded JOIN submission USING (tcn) WHERE booking_id = ? AND superseded.release_known = 0", booking
        ),
        ident=state.ident,
        immigration=state.immigration,
        manual=_any(db, "SELECT 1 FROM case_inbound WHERE booking = ? AND manual IS NOT NULL", booking)
        or _any(db, "SELECT 1 FROM case_tasks WHERE booking = ? AND done_at IS NULL", booking),
        detainer=detainer,
        legal_hold=_any(db, "SELECT 1 FROM legal_hold WHERE booking = ?", booking),
    )


def all_bookings(db: sqlite3.Connection) -> list[BookingId]:
    """The oldest first."""
    return [BookingId(name) for (name,) in db.execute("SELECT id FROM booking ORDER BY opened_at, id")]


def candidates(db: sqlite3.Connection, before: datetime) -> list[BookingId]:
    """Sealed, signed for, and opened before that: what is worth a closer look. The oldest first."""
    sql = """SELECT id FROM booking WHERE state = 'sealed' AND opened_at < ?
    AND NOT EXISTS (SELECT 1 FROM submission WHERE booking_id = id AND receipted = 0 AND undone_at IS NULL) ORDER BY opened_at, id"""
    return [BookingId(name) for (name,) in db.execute(sql, (before.isoformat(),))]


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM booking").fetchone()[0])


def destroy(db: sqlite3.Connection, booking: BookingId, now: datetime) -> Gone:
    """Every row of it goes; its control numbers stay counted, without saying which they were."""
    gone = _marks(db, booking)
    db.execute(_NUMBERS, {"booking": booking, "at": now.isoformat(), "sent": PURGED, "not_sent": "not sent: its booking was destroyed"})
    rows = sum(db.execute(f"DELETE FROM {table} WHERE {where}", (booking,)).rowcount for table, where in PLACES)  # noqa: S608 - ours
    return replace(gone, rows=rows)


def unproven(db: sqlite3.Connection, before: str) -> list[str]:
    """Inbound messages (rid) that prove nothing, belong to nobody, wait for nobody's decision, and arrived before that instant."""
    sql = (
        "SELECT rid FROM case_inbound WHERE booking IS NULL AND verified = 0 AND manual IS NULL"
        " AND settled_at IS NOT NULL AND arrived_at < ?"
    )
    return [rid for (rid,) in db.execute(sql, (before,))]


def forget_message(db: sqlite3.Connection, rid: str) -> None:
    db.execute("DELETE FROM case_settled WHERE rid = ?", (rid,))
    db.execute("DELETE FROM case_effects WHERE rid = ?", (rid,))
    db.execute("DELETE FROM case_inbound WHERE rid = ? AND booking IS NULL AND verified = 0", (rid,))
    db.execute("INSERT INTO audit_due (event, inbound, step) VALUES ('purged', ?, 'unproven')", (rid,))


def unprinted(db: sqlite3.Connection, before: datetime) -> list[str]:
    """Who has been on the list since before that instant, or off it, without a print ever being taken."""
    sql = "SELECT id FROM arrival WHERE booking IS NULL AND coalesce(gone_at, received_at) < ?"
    return [id_ for (id_,) in db.execute(sql, (before.isoformat(),))]


def forget_unprinted(db: sqlite3.Connection, arrival: str) -> bool:
    """Whether they are gone; not when a booking was begun since it was looked at."""
    if db.execute("DELETE FROM arrival WHERE id = ? AND booking IS NULL", (arrival,)).rowcount == 0:
        return False
    db.execute("DELETE FROM jail_request WHERE arrival = ?", (arrival,))
    return True


def last_run(db: sqlite3.Connection) -> sqlite3.Row | None:
    found: sqlite3.Row | None = db.execute("SELECT * FROM retention_run ORDER BY at DESC LIMIT 1").fetchone()
    return found


def last_run_at(db: sqlite3.Connection) -> datetime | None:
    found = last_run(db)
    return None if found is None else read_instant(found["at"])


def _marks(db: sqlite3.Connection, booking: BookingId) -> Gone:
    """Read before the rows go."""
    sent = db.execute("SELECT tcn, content_sha256, envelope_sha256 FROM submission WHERE booking_id = ?", (booking,)).fetchall()
    tcns = {row["tcn"] for row in sent} | {tcn for (tcn,) in db.execute("SELECT tcn FROM tcn WHERE booking_id = ?", (booking,))}
    envelopes = [row["envelope_sha256"] for row in sent if row["envelope_sha256"]]
    prints = [sha256 for (sha256,) in db.execute("SELECT sha256 FROM impression WHERE booking_id = ?", (booking,))]
    old = "SELECT superseded.envelope_sha256 FROM superseded JOIN submission USING (tcn) WHERE booking_id = ?"
    envelopes += [txid for (txid,) in db.execute(old, (booking,))]
    arrived = [rid for (rid,) in db.execute("SELECT rid FROM case_inbound WHERE booking = ?", (booking,))]
    digests = [*envelopes, *(row["content_sha256"] for row in sent if row["content_sha256"]), *prints, *arrived]
    ordered = tuple(sorted(tcns))
    listed = db.execute("SELECT id, number FROM arrival WHERE booking = ?", (booking,)).fetchall()
    places = (booking, *(arrival_place(row["id"]) for row in listed))
    return Gone(0, ordered, tuple(envelopes), places, (booking, *ordered, *digests, *(row["id"] for row in listed)))


def _any(db: sqlite3.Connection, sql: str, booking: BookingId) -> bool:
    return db.execute(sql, (booking,)).fetchone() is not None
