"""Who may read a reply, and that it was read: by role and reason, every time (SOP 2.2.6; CJIS 4.2, AU-3(1)).

IDR, IAR, photos and detainers are criminal-history data of a kind of their own: without the role they are not shown, and nothing of them is
told. Each view is one row, added before anything is shown; what cannot be noted is not shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from agent.access.roles import TABLE, Right, Role
from agent.casework.errors import CaseworkError
from agent.handover.instants import read_instant, write_instant
from agent.model.booking import BookingId
from agent.model.messages import ReplyKind

SCHEMA = """
CREATE TABLE case_views (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    booking TEXT,
    what TEXT NOT NULL,
    of TEXT NOT NULL,
    officer TEXT NOT NULL,
    reason TEXT NOT NULL,
    recipient TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX case_views_of_booking ON case_views (booking, seq);
"""
BOOKING_OFFICER, LIAISON, SUPERVISOR = Role.BOOKING_OFFICER, Role.RECORDS_LIAISON, Role.SUPERVISOR
LEAST_REASON = 5  # characters
LABEL = "case_views.reason"  # of the sealed sentences


class ViewRefused(CaseworkError):
    """Not for this person, or not without a reason."""


class What(StrEnum):
    IDENTIFICATION = "identification"  # SRE, ERRT
    IMMIGRATION = "immigration response"  # IDR, IAR, photos
    DETAINER = "detainer"
    SEARCH = "search"  # of persons with a lodged detainer
    QUERY = "query"  # a name-based query that was drafted


ROLES = MappingProxyType(
    {
        What.IDENTIFICATION: TABLE[Right.READ_IDENTIFICATION],
        What.IMMIGRATION: TABLE[Right.READ_IMMIGRATION],
        What.DETAINER: TABLE[Right.READ_DETAINER],
        What.SEARCH: TABLE[Right.SEARCH_DETAINERS],
        What.QUERY: TABLE[Right.DRAFT_QUERY],
    }
)


_IDENTIFICATION = (ReplyKind.SRE, ReplyKind.ERRT, ReplyKind.STATE_IDENT)


def what_is(kind: str) -> What:
    """Whose eyes a message is for; what is not known to be an identification is for the liaison alone."""
    return What.IDENTIFICATION if kind in _IDENTIFICATION else What.IMMIGRATION


@dataclass(frozen=True)
class Viewer:
    officer: str  # officer id
    roles: Collection[str]
    reason: str
    recipient: str = ""  # id of whom a print or export is for; "" for the screen


@dataclass(frozen=True)
class View:
    booking: BookingId | None
    what: What
    of: str  # rid, detainer id or what was searched, never a person's name
    officer: str
    reason: str = field(repr=False)
    recipient: str
    at: datetime  # UTC


def allow(viewer: Viewer, what: What) -> None:
    """Raises ViewRefused."""
    if not ROLES[what] & set(viewer.roles):
        who = ", ".join(sorted(role.replace("_", " ") for role in ROLES[what]))
        raise ViewRefused(f"The {what} is shown only to: {who}.", means="Nothing was shown.", do="Ask one of these to look.")
    if len(viewer.reason.strip()) < LEAST_REASON:
        raise ViewRefused(f"The {what} is shown only with a reason in words.", means="Nothing was shown.", do="Say why you look.")


def note(
    db: sqlite3.Connection,
    *,
    viewer: Viewer,
    what: What,
    of: str,
    booking: BookingId | None,
    at: datetime,
    seal: Callable[[str], str],
) -> None:
    """seal: of the reason, which may name somebody: no person's data stands in a column."""
    values = (booking, what, of, viewer.officer, seal(viewer.reason.strip()), viewer.recipient, write_instant(at))
    db.execute("INSERT INTO case_views (booking, what, of, officer, reason, recipient, at) VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def views_of(db: sqlite3.Connection, booking: BookingId | None, opened: Callable[[str], str] = lambda _: "") -> tuple[View, ...]:
    """In order; with None those that belong to no booking. opened: of a sealed reason; without it none is told."""
    rows = db.execute("SELECT * FROM case_views WHERE booking IS ? ORDER BY seq", (booking,))
    return tuple(
        View(booking, What(row["what"]), row["of"], row["officer"], opened(row["reason"]), row["recipient"], read_instant(row["at"]))
        for row in rows
    )
