"""The tables of the core's database, in the order in which they were added; only ever appended to."""

from __future__ import annotations

from agent.audit import due as audit_due
from agent.booking import corrections, intake, leaving, tcns
from agent.booking import ledger as booking_ledger
from agent.casework.desk import FIRST as CASEWORK_FIRST
from agent.casework.desk import LAST as CASEWORK_LAST
from agent.casework.desk import LATER as CASEWORK_LATER
from agent.fleet import book as fleet_book
from agent.jail import desk as jail_desk
from agent.retention import rows as retention_rows

MIGRATIONS = (
    booking_ledger.SCHEMA,
    *CASEWORK_FIRST,
    tcns.SCHEMA,
    corrections.SCHEMA,
    audit_due.SCHEMA,
    leaving.SCHEMA,
    audit_due.UNDO_SCHEMA,
    retention_rows.SCHEMA,
    *CASEWORK_LATER,
    intake.SCHEMA,
    *CASEWORK_LAST,
    audit_due.INBOX_SCHEMA,
    leaving.SEALED_WITH,
    jail_desk.SCHEMA,
    audit_due.VIEWS_SCHEMA,
    fleet_book.SCHEMA,
)
