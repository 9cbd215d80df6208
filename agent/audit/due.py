"""What is still to be recorded: written by triggers in the transaction of the change itself, so neither can be without the other.

A row here is moved to the audit record (`feed`) and then deleted; its id makes that happen once. Whoever changes a booking's tables need
not know of any of this, and cannot forget it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from agent.audit.book import read_instant
from agent.audit.entries import STATION, AuditRefused, Entry, Event, Value

SCHEMA = """
CREATE TABLE audit_due (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL DEFAULT (lower(hex(randomblob(16)))),
    at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    event    TEXT NOT NULL,
    who      TEXT,
    booking  TEXT,
    tcn      TEXT,
    step     TEXT,
    fgp      INTEGER,
    attempt  INTEGER,
    print    TEXT,
    content  TEXT,
    envelope TEXT,
    inbound  TEXT
) STRICT;
CREATE TRIGGER audit_booking AFTER INSERT ON booking BEGIN
    INSERT INTO audit_due (event, who, booking)
    VALUES (CASE NEW.state WHEN 'captured' THEN 'booking_imported' ELSE 'booking_opened' END, NEW.officer, NEW.id);
END;
CREATE TRIGGER audit_held AFTER UPDATE OF state ON booking WHEN NEW.state = 'held' BEGIN
    INSERT INTO audit_due (event, booking) VALUES ('booking_held', NEW.id);
END;
CREATE TRIGGER audit_resumed AFTER UPDATE OF state ON booking WHEN OLD.state = 'held' AND NEW.state <> 'held' BEGIN
    INSERT INTO audit_due (event, booking) VALUES ('booking_resumed', NEW.id);
END;
CREATE TRIGGER audit_impression AFTER INSERT ON impression BEGIN
    INSERT INTO audit_due (event, booking, fgp, attempt, print)
    VALUES ('capture_accepted', NEW.booking_id, NEW.fgp, NEW.attempt, NEW.sha256);
END;
CREATE TRIGGER audit_retaken AFTER DELETE ON impression BEGIN
    INSERT INTO audit_due (event, booking, fgp, print) VALUES ('capture_dropped', OLD.booking_id, OLD.fgp, OLD.sha256);
END;
CREATE TRIGGER audit_case AFTER INSERT ON case_events BEGIN
    INSERT INTO audit_due (event, booking, tcn, step, content, envelope, inbound)
    VALUES ('case_step', NEW.booking, NEW.tcn, NEW.kind, NEW.content_sha256, NEW.envelope_sha256, NEW.rid);
END;
CREATE TRIGGER audit_inbound AFTER UPDATE OF settled_at ON case_inbound WHEN NEW.booking IS NULL AND OLD.settled_at IS NULL BEGIN
    INSERT INTO audit_due (event, step, inbound) VALUES ('inbound_untied', lower(NEW.kind), NEW.rid);
END;
CREATE TRIGGER audit_detainer AFTER INSERT ON detainer_deeds BEGIN
    INSERT INTO audit_due (event, who, booking, step)
    VALUES ('detainer', NEW.by, (SELECT booking FROM detainers WHERE id = NEW.detainer), lower(NEW.event));
END;
CREATE TRIGGER audit_view AFTER INSERT ON case_views BEGIN
    INSERT INTO audit_due (event, who, booking, step)
    VALUES ('history_shown', NEW.officer, NEW.booking, replace(lower(NEW.what), ' ', '_'));
END;
CREATE TRIGGER audit_correction AFTER INSERT ON correction BEGIN
    INSERT INTO audit_due (event, who, booking, tcn) VALUES ('corrected', NEW.officer, NEW.booking_id, NEW.corrects);
END;
"""

# added with `booking.leaving`
UNDO_SCHEMA = """
CREATE TRIGGER audit_undone AFTER UPDATE OF undone_at ON submission WHEN OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL BEGIN
    INSERT INTO audit_due (event, who, booking, tcn) VALUES ('undone', NEW.undone_by, NEW.booking_id, NEW.tcn);
END;
CREATE TRIGGER audit_aside AFTER UPDATE OF aside_at ON submission WHEN OLD.aside_at IS NULL AND NEW.aside_at IS NOT NULL BEGIN
    INSERT INTO audit_due (event, who, booking, tcn) VALUES ('set_aside', NEW.aside_by, NEW.booking_id, NEW.tcn);
END;
CREATE TRIGGER audit_undone_resumed AFTER UPDATE OF state ON booking WHEN OLD.state = 'undone' BEGIN
    INSERT INTO audit_due (event, booking) VALUES ('booking_resumed', NEW.id);
END;
"""

# added with `casework.settling`
INBOX_SCHEMA = """
CREATE TRIGGER audit_settled AFTER INSERT ON case_settled BEGIN
    INSERT INTO audit_due (event, who, booking, tcn, inbound, why)
    VALUES ('inbound_' || NEW.deed, NEW.officer, NEW.booking, NEW.tcn, NEW.rid, NEW.why);
END;
"""

# views say for whom a copy was made
VIEWS_SCHEMA = """
ALTER TABLE audit_due ADD COLUMN recipient TEXT;
DROP TRIGGER audit_view;
CREATE TRIGGER audit_view AFTER INSERT ON case_views BEGIN
    INSERT INTO audit_due (event, who, booking, step, recipient)
    VALUES (CASE NEW.recipient WHEN '' THEN 'history_shown' ELSE 'history_exported' END, NEW.officer, NEW.booking,
            replace(lower(NEW.what), ' ', '_'), nullif(NEW.recipient, ''));
END;
"""

_REPLIES = ("sre_ident", "sre_non_ident", "sre_unclear", "errt", "idr_no_match", "idr_match", "idr_error", "iar")
_OF_STEP: Mapping[str, Event] = MappingProxyType(
    {
        "captured": Event.CAPTURED,
        "quality_overridden": Event.QUALITY_OVERRIDDEN,
        "sealed": Event.SEALED,
        "handed_over": Event.HANDED_OVER,
        "received": Event.RECEIPT,
        "refused": Event.REFUSED,
        **dict.fromkeys(_REPLIES, Event.REPLY),
    }
)
_NAMED = {"case": "case_ref"}  # a fact whose column has another name, since SQL has that word
_FACTS = ("step", "fgp", "attempt", "print", "content", "envelope", "inbound", "case", "why", "recipient")
MOST_AT_ONCE = 500  # rows of one commit

Due = tuple[int, str, datetime, Entry]  # seq, id, when it happened, what


def due(db: sqlite3.Connection) -> list[Due]:
    """The oldest rows that are still to be recorded."""
    rows = db.execute("SELECT * FROM audit_due ORDER BY seq LIMIT ?", (MOST_AT_ONCE,))
    return [(row["seq"], row["id"], read_instant(row["at"]), _entry(row)) for row in rows]


def recorded(db: sqlite3.Connection, up_to: int) -> None:
    db.execute("DELETE FROM audit_due WHERE seq <= ?", (up_to,))


def _entry(row: sqlite3.Row) -> Entry:
    event = Event(row["event"])
    if event is Event.CASE_STEP:
        event = _OF_STEP.get(row["step"], event)
    facts: dict[str, Value] = {name: value for name in _FACTS if (value := _value(row, name)) is not None}
    try:
        return Entry(event, row["who"] or STATION, row["booking"], row["tcn"], facts=facts)
    except AuditRefused:  # one value of an unknown form must not keep all that follows from being recorded
        return Entry(event, facts={"why": "unknown_form"})


def _value(row: sqlite3.Row, name: str) -> Any:
    """None also where a database is older than the column."""
    column = _NAMED.get(name, name)
    return row[column] if column in row.keys() else None  # noqa: SIM118  a Row's own iteration gives values
