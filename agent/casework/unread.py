"""Which replies nobody has opened yet, and which immigration responses are still awaited. Rows only.

A reply is read when somebody who may see it has opened it: that view is on record (`viewing`), so no mark of its own is kept.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from agent.casework.taken import RECEIPT
from agent.casework.viewing import What, what_is
from agent.handover.instants import read_instant
from agent.model.booking import BookingId

MOST = 200  # of one answer


@dataclass(frozen=True)
class Unread:
    rid: str
    booking: BookingId
    what: What
    arrived_at: datetime  # UTC


_UNREAD = """
SELECT rid, booking, kind, arrived_at FROM case_inbound AS one
WHERE verified = 1 AND booking IS NOT NULL AND kind <> ? AND NOT EXISTS (
    SELECT 1 FROM case_views WHERE case_views.booking = one.booking AND case_views.of = one.rid
) ORDER BY arrived_at DESC, rid
"""
_AWAITED = """
SELECT DISTINCT booking FROM case_events AS one
WHERE kind = 'received' AND NOT EXISTS (
    SELECT 1 FROM case_events AS other WHERE other.booking = one.booking AND other.tcn = one.tcn
    AND other.kind IN ('immigration_off', 'errt', 'idr_no_match', 'idr_match', 'iar')
) AND NOT EXISTS (
    SELECT 1 FROM case_events AS later WHERE later.booking = one.booking AND later.kind = 'sealed'
    AND later.tcn <> one.tcn AND later.seq > one.seq
) ORDER BY seq LIMIT ?
"""


def unread(db: sqlite3.Connection) -> tuple[Unread, ...]:
    """Newest first."""
    rows = db.execute(_UNREAD, (RECEIPT,))
    return tuple(Unread(row["rid"], BookingId(row["booking"]), what_is(row["kind"]), read_instant(row["arrived_at"])) for row in rows)


def awaited(db: sqlite3.Connection, limit: int = MOST) -> tuple[BookingId, ...]:
    """Bookings whose submission that counts has its receipt and no immigration response, though one is expected; oldest first."""
    return tuple(BookingId(row[0]) for row in db.execute(_AWAITED, (limit,)))
