"""What a person decides about a message that waits: which booking it belongs to, or that nothing follows from it. Rules and rows.

    waits ──tie──▶ tied to a booking of ours: a proven reply has its effect, once, as if its TCR had said so
      └──set aside──▶ kept as it came, with no effect

Nothing that a person says makes up for a missing proof: a receipt is judged by the core alone, and bytes that prove nothing are only filed.
What was decided holds for the same content in any later envelope: an effect happens once for each (source, message id, content digest).
The reason in words lies in the vault, beside the message; here stand ids, a word of our list, and times.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.casework import inbox
from agent.casework.errors import CaseworkError
from agent.casework.letters import Letter, ReplyLetter
from agent.casework.taken import Inbound, Taken
from agent.casework.tie import TiedBy
from agent.handover.instants import write_instant
from agent.model.booking import BookingId
from agent.model.grounds import MAY, Deed, Ground

SCHEMA = """
CREATE TABLE case_settled (
    rid TEXT PRIMARY KEY REFERENCES case_inbound,
    deed TEXT NOT NULL,
    why TEXT NOT NULL,
    officer TEXT NOT NULL,
    at TEXT NOT NULL,
    waited_for TEXT NOT NULL,
    booking TEXT,
    tcn TEXT
) STRICT;
"""


@dataclass(frozen=True)
class Decision:
    deed: Deed
    ground: Ground
    officer: str  # id
    booking: BookingId | None = None  # of a tie
    tcn: str = ""  # of a tie, where the booking has several submissions
    words: str = field(default="", repr=False)  # the officer's own, for the vault


class NotSettled(CaseworkError):
    """A person's decision about a message cannot be carried out."""


def require(db: sqlite3.Connection, one: Inbound, letter: Letter | None, decision: Decision) -> None:
    """That it may be carried out. Changes nothing. Raises NotSettled."""
    taken = one.taken
    if taken is None or taken.manual is None:
        raise NotSettled("That message does not wait for anybody.", means="Nothing was changed.", do="`livescan inbox` lists what waits.")
    if decision.ground not in MAY[decision.deed]:
        said = ", ".join(sorted(MAY[decision.deed]))
        raise NotSettled(f"'{decision.ground}' is no ground for that.", means="Nothing was changed.", do=f"Say one of: {said}.")
    if decision.deed is Deed.SET_ASIDE:
        return
    if letter is None:
        raise NotSettled("Its bytes were not kept: there is nothing to tie.", means="Nothing was changed.", do="Set it aside.")
    if taken.booking_id not in (None, decision.booking):
        raise NotSettled(
            f"It lies with booking {taken.booking_id} already.", means="Nothing was changed.", do="Set it aside if nothing follows from it."
        )
    _submission(db, decision)


def settle(db: sqlite3.Connection, one: Inbound, letter: Letter | None, decision: Decision, at: datetime) -> Taken:
    """Row, effect and events in the caller's transaction. letter: None where the bytes were not kept. Raises NotSettled."""
    require(db, one, letter, decision)
    assert one.taken is not None
    after = _tied(db, one, letter, decision, at) if decision.deed is Deed.TIED else replace(one.taken, manual=None)
    if isinstance(letter, ReplyLetter):
        _remember(db, one.rid, letter)
    waited_for = one.taken.manual
    row = (one.rid, decision.deed, decision.ground, decision.officer, write_instant(at), waited_for, after.booking_id, after.tcn)
    db.execute("INSERT INTO case_settled VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    where = (after.booking_id, after.tcn, after.tied_by, one.rid)
    db.execute("UPDATE case_inbound SET booking = ?, tcn = ?, tied_by = ?, manual = NULL WHERE rid = ?", where)
    return after


def _tied(db: sqlite3.Connection, one: Inbound, letter: Letter | None, decision: Decision, at: datetime) -> Taken:
    assert one.taken is not None
    booking, tcn = _submission(db, decision)
    after = replace(one.taken, booking_id=booking, tcn=tcn, tied_by=TiedBy.PERSON)
    if one.taken.verified and isinstance(letter, ReplyLetter):
        inbox.take_effect(db, one.rid, letter, after, at)
    return replace(after, manual=None)


def _submission(db: sqlite3.Connection, decision: Decision) -> tuple[BookingId, str]:
    """The booking and which of its submissions. Raises NotSettled."""
    rows = db.execute("SELECT tcn FROM case_submissions WHERE booking = ? ORDER BY tcn", (decision.booking,))
    tcns = [str(tcn) for (tcn,) in rows]
    if decision.booking is None or not tcns:
        raise NotSettled("That booking has sent nothing.", means="Nothing was changed.", do="Name a booking that was sealed.")
    wanted = decision.tcn or (tcns[0] if len(tcns) == 1 else "")
    if wanted not in tcns:
        raise NotSettled(
            f"Which submission of the booking is meant? It has {len(tcns)}.",
            means="Nothing was changed.",
            do=f"Name one: {', '.join(tcns)}.",
        )
    return decision.booking, wanted


def _remember(db: sqlite3.Connection, rid: str, letter: ReplyLetter) -> None:
    """What was decided holds for the same content in another envelope."""
    values = (letter.source, inbox.message_id(letter), letter.content_sha256, rid)
    db.execute("INSERT OR IGNORE INTO case_effects VALUES (?, ?, ?, ?)", values)
