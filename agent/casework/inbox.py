"""Every message that came in, and what became of it. Rows are ids, digests, kinds and times; the bytes are in the vault.

    arrived ──▶ settled (its effect is in the record)
        └─────▶ settled, manual (a person decides; its bytes and the payload are kept)

Settling is one transaction: the row, the effect and the events, or nothing. An effect happens once for each (source, message id): the same
content again changes nothing; other content under a used id goes to a person.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime

from agent.casework import cases, tasks
from agent.casework.answer_states import ImmigrationState
from agent.casework.detainers import released_at
from agent.casework.events import IMMIGRATION_KINDS, CaseEvent, EventKind, Submission, fold, latest_tcn
from agent.casework.letters import Letter, ReceiptLetter, ReplyLetter
from agent.casework.receipts import COMMITTED, judge
from agent.casework.replies import events_in
from agent.casework.taken import RECEIPT, UNUSABLE, Inbound, Taken
from agent.casework.tie import Clues, Match, TiedBy, Untied, tie
from agent.casework.viewing import what_is
from agent.handover.instants import read_instant, write_instant
from agent.model.booking import BookingId
from agent.model.messages import ReplyKind

UNEXPECTED = "An immigration response came for a submission for which none is expected: the liaison looks at it."

INBOX_SCHEMA = """
CREATE TABLE case_inbound (
    rid TEXT PRIMARY KEY,
    arrived_at TEXT NOT NULL,
    settled_at TEXT,
    kind TEXT,
    booking TEXT,
    tcn TEXT,
    tied_by TEXT,
    release_txid TEXT,
    refused_txid TEXT,
    verified INTEGER NOT NULL DEFAULT 0,
    answers_sha256 TEXT,
    manual TEXT,
    in_booking INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX case_inbound_of_booking ON case_inbound (booking);
CREATE TABLE case_effects (
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    rid TEXT NOT NULL REFERENCES case_inbound,
    PRIMARY KEY (source, message_id)
) STRICT;
"""


def arrive(db: sqlite3.Connection, rid: str, at: datetime) -> datetime:
    """Note the message; the time at which it first arrived."""
    db.execute("INSERT OR IGNORE INTO case_inbound (rid, arrived_at) VALUES (?, ?)", (rid, write_instant(at)))
    return read_instant(db.execute("SELECT arrived_at FROM case_inbound WHERE rid = ?", (rid,)).fetchone()[0])


def settle(db: sqlite3.Connection, rid: str, letter: Letter, at: datetime, numbers_key: bytes) -> Taken:
    """Record the effect of a message that has arrived. numbers_key: of `cases.number_digest`."""
    if isinstance(letter, ReceiptLetter):
        taken = _settle_receipt(db, rid, letter, at)
    elif isinstance(letter, ReplyLetter):
        taken = _settle_reply(db, rid, letter, at, numbers_key)
    else:
        taken = Taken(UNUSABLE, manual=letter.reason)
    _write(db, rid, taken, at)
    return taken


def find(db: sqlite3.Connection, rid: str) -> Inbound | None:
    row = db.execute("SELECT * FROM case_inbound WHERE rid = ?", (rid,)).fetchone()
    return _inbound(row) if row else None


def unfinished(db: sqlite3.Connection) -> tuple[Inbound, ...]:
    """What a crash left: arrived but not settled, or settled but not yet moved to its booking."""
    rows = db.execute("SELECT * FROM case_inbound WHERE settled_at IS NULL OR (booking IS NOT NULL AND in_booking = 0) ORDER BY arrived_at")
    return tuple(_inbound(row) for row in rows)


def of_booking(db: sqlite3.Connection, booking: BookingId) -> tuple[Inbound, ...]:
    rows = db.execute("SELECT * FROM case_inbound WHERE booking = ? ORDER BY arrived_at, rid", (booking,))
    return tuple(_inbound(row) for row in rows)


def manual(db: sqlite3.Connection) -> tuple[Inbound, ...]:
    """What waits for a person, oldest first."""
    return tuple(_inbound(row) for row in db.execute("SELECT * FROM case_inbound WHERE manual IS NOT NULL ORDER BY arrived_at, rid"))


def unusable(db: sqlite3.Connection) -> int:
    """How many messages wait for a person that prove nothing."""
    return int(db.execute("SELECT count(*) FROM case_inbound WHERE kind = ? AND manual IS NOT NULL", (UNUSABLE,)).fetchone()[0])


def moved(db: sqlite3.Connection, rid: str) -> bool:
    """Its bytes lie with its booking now; False where nothing is known of it any more: its booking was destroyed meanwhile."""
    return db.execute("UPDATE case_inbound SET in_booking = 1 WHERE rid = ?", (rid,)).rowcount == 1


def _settle_receipt(db: sqlite3.Connection, rid: str, letter: ReceiptLetter, at: datetime) -> Taken:
    receipt = letter.receipt.receipt
    sent = cases.submission(db, letter.routing.tcn)
    if letter.receipt.stage != COMMITTED:  # of what could not be opened the bureau knows no control number, only the envelope
        refused = sent if sent and receipt.envelope_sha256 in sent.envelopes else cases.by_envelope(db, receipt.envelope_sha256)
        if refused is not None:
            return _refusal(db, refused, letter, at)
    booking = sent.booking if sent else None
    said = Taken(RECEIPT, booking, letter.routing.tcn if sent else None, verified=True, answers_sha256=receipt.content_sha256)
    reason = judge(letter.receipt, letter.routing, letter.source, sent)
    if reason or sent is None:
        return replace(said, manual=reason)
    _first_time(db, letter.source, f"receipt/{letter.content_sha256}", letter.content_sha256, rid)
    event = CaseEvent(EventKind.RECEIVED, at, sent.tcn, receipt.content_sha256, receipt.envelope_sha256, rid)
    cases.add(db, sent.booking, event)
    return replace(said, release_txid=receipt.envelope_sha256)


def _refusal(db: sqlite3.Connection, sent: Submission, letter: ReceiptLetter, at: datetime) -> Taken:
    """The bureau does not take it. One entry for a person, however often it says so; none when it was sealed anew since, for then this is
    no word about what is being sent.
    """
    receipt, stage = letter.receipt.receipt, letter.receipt.stage
    said = Taken(
        RECEIPT, sent.booking, sent.tcn, verified=True, answers_sha256=receipt.content_sha256, refused_txid=receipt.envelope_sha256
    )
    if receipt.envelope_sha256 != sent.last:
        return said
    event = CaseEvent(EventKind.REFUSED, at, sent.tcn, receipt.content_sha256, receipt.envelope_sha256)
    first = cases.add(db, sent.booking, event, once=f"{receipt.envelope_sha256}/{stage}")
    return replace(said, manual=f"The bureau does not take it: {stage}." if first else None)


def _settle_reply(db: sqlite3.Connection, rid: str, letter: ReplyLetter, at: datetime, numbers_key: bytes) -> Taken:
    if (decided := _decided_before(db, letter)) is not None:
        return decided
    taken = _tied(db, letter, numbers_key)
    if taken.booking_id is None:
        return taken
    if not _first_time(db, letter.source, message_id(letter), letter.content_sha256, rid):
        return replace(taken, manual="Its control number was used before for another reply.")
    return take_effect(db, rid, letter, taken, at)


def message_id(letter: ReplyLetter) -> str:
    """What its source calls it."""
    return f"reply/{letter.reply.tcn or letter.content_sha256}"


def _decided_before(db: sqlite3.Connection, letter: ReplyLetter) -> Taken | None:
    """What a person made of the same content of the same source when it came in another envelope (`casework.settling`)."""
    row = db.execute(
        "SELECT kind, booking, tcn, tied_by FROM case_inbound JOIN case_effects USING (rid)"
        " WHERE source = ? AND message_id = ? AND content_sha256 = ? AND rid IN (SELECT rid FROM case_settled)",
        (letter.source, message_id(letter), letter.content_sha256),
    ).fetchone()
    if row is None:
        return None
    tied_by = TiedBy(row["tied_by"]) if row["tied_by"] else None
    booking = BookingId(row["booking"]) if row["booking"] else None
    return Taken(row["kind"], booking, row["tcn"], tied_by=tied_by, verified=True)


def take_effect(db: sqlite3.Connection, rid: str, letter: ReplyLetter, taken: Taken, at: datetime) -> Taken:
    """Events and tasks of a proven reply that is tied to a booking; once for the same content."""
    assert taken.booking_id is not None
    kinds = events_in(letter.reply)
    for kind in kinds:
        event = CaseEvent(kind, at, taken.tcn, letter.content_sha256, None, rid)
        cases.add(db, taken.booking_id, event, once=letter.content_sha256)
    _raise_tasks(db, rid, letter, taken, at)
    if IMMIGRATION_KINDS.intersection(kinds) and fold(cases.events_of(db, taken.booking_id), taken.tcn).immigration is ImmigrationState.OFF:
        return replace(taken, manual=UNEXPECTED)
    return taken


def _raise_tasks(db: sqlite3.Connection, rid: str, letter: ReplyLetter, taken: Taken, at: datetime) -> None:
    """What a person owes because of this reply; it moves no state."""
    booking, tcn = taken.booking_id, taken.tcn
    assert booking is not None
    if letter.reply.kind is ReplyKind.ERRT and tcn is not None and tcn == latest_tcn(cases.events_of(db, booking)):
        tasks.rejected(db, booking, tcn, letter.reply.facts.get("MSG", "").splitlines(), rid=rid, at=at)
    released = released_at(db, booking)
    if released is not None and released <= at:
        tasks.after_release(db, booking, rid, what_is(letter.reply.kind), at)


def _tied(db: sqlite3.Connection, letter: ReplyLetter, numbers_key: bytes) -> Taken:
    reply = letter.reply
    found = tie(_clues(db, letter, numbers_key))
    if isinstance(found, Untied):
        return Taken(reply.kind, verified=True, manual=found.reason)
    if cases.by_tcn(db, letter.routing.tcn) - {Match(found.booking, found.tcn)}:
        return Taken(reply.kind, verified=True, manual="Its envelope and its content name different submissions.")
    reason = f"It could not be classified. {reply.facts.get('WHY', '')}".strip() if reply.kind is ReplyKind.UNCLASSIFIED else None
    return Taken(reply.kind, found.booking, found.tcn, tied_by=found.by, verified=True, manual=reason)


def _clues(db: sqlite3.Connection, letter: ReplyLetter, numbers_key: bytes) -> Clues:
    reply = letter.reply
    return Clues(
        tcr=cases.by_tcn(db, reply.tcr) if reply.tcr else None,
        oca=cases.by_oca(db, reply.oca) if reply.oca else None,
        fbi_number=cases.by_number(db, cases.number_digest(numbers_key, "FBI", reply.fbi_number)) if reply.fbi_number else None,
        state_id=cases.by_number(db, cases.number_digest(numbers_key, "SID", reply.state_id)) if reply.state_id else None,
    )


def _first_time(db: sqlite3.Connection, source: str, message_id: str, content_sha256: str, rid: str) -> bool:
    """False only when this id stands for another content already; a repetition is true, and adds nothing."""
    db.execute("INSERT OR IGNORE INTO case_effects VALUES (?, ?, ?, ?)", (source, message_id, content_sha256, rid))
    known = db.execute("SELECT content_sha256 FROM case_effects WHERE source = ? AND message_id = ?", (source, message_id)).fetchone()
    return bool(known[0] == content_sha256)


def _write(db: sqlite3.Connection, rid: str, taken: Taken, at: datetime) -> None:
    db.execute(
        "UPDATE case_inbound SET settled_at = ?, kind = ?, booking = ?, tcn = ?, tied_by = ?, release_txid = ?, refused_txid = ?,"
        " verified = ?, answers_sha256 = ?, manual = ? WHERE rid = ?",
        (
            write_instant(at),
            taken.kind,
            taken.booking_id,
            taken.tcn,
            taken.tied_by,
            taken.release_txid,
            taken.refused_txid,
            taken.verified,
            taken.answers_sha256,
            taken.manual,
            rid,
        ),
    )


def _inbound(row: sqlite3.Row) -> Inbound:
    arrived = read_instant(row["arrived_at"])
    if row["settled_at"] is None:
        return Inbound(row["rid"], arrived, None)
    booking = BookingId(row["booking"]) if row["booking"] else None
    tied_by = TiedBy(row["tied_by"]) if row["tied_by"] else None
    taken = Taken(
        kind=row["kind"],
        booking_id=booking,
        tcn=row["tcn"],
        release_txid=row["release_txid"],
        refused_txid=row["refused_txid"],
        tied_by=tied_by,
        verified=bool(row["verified"]),
        answers_sha256=row["answers_sha256"],
        manual=row["manual"],
    )
    return Inbound(row["rid"], arrived, taken, bool(row["in_booking"]))
