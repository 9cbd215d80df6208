"""A session, and when an account locks: tables and times. Pure.

CJIS Security Policy v6.0: AC-7 (5 bad sign-ins in 15 minutes lock the account until it is released), AC-11 (a lock after 30 minutes
without a word from the officer; the capture goes on behind it), IA-11 (all of it again after 12 hours), AC-2(3) (90 days).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

FAILURES = 5
FAILURES_WITHIN = timedelta(minutes=15)
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
INACTIVE = timedelta(days=90)
PASSWORD_LASTS = timedelta(days=365)  # IA-5(1)
CLOCK_SLACK = timedelta(minutes=2)  # a clock that was set back by more ends a session: nobody can say how old it is


class SessionState(StrEnum):
    ACTIVE = "active"
    LOCKED = "locked"  # the officer proves again who they are; nothing of the work is lost
    ENDED = "ended"


class SessionEvent(StrEnum):
    ACTED = "acted"
    IDLE = "idle"
    LOCKED = "locked"  # by the officer, on leaving the counter
    PROVED = "proved"  # password and second factor again
    TOO_OLD = "too_old"
    SIGNED_OUT = "signed_out"
    DISABLED = "disabled"  # the officer, by an administrator


_S, _E = SessionState, SessionEvent
TABLE: dict[tuple[SessionState, SessionEvent], SessionState] = {
    (_S.ACTIVE, _E.ACTED): _S.ACTIVE,
    (_S.ACTIVE, _E.IDLE): _S.LOCKED,
    (_S.ACTIVE, _E.LOCKED): _S.LOCKED,
    (_S.ACTIVE, _E.PROVED): _S.ACTIVE,
    (_S.LOCKED, _E.PROVED): _S.ACTIVE,
    (_S.LOCKED, _E.IDLE): _S.LOCKED,
    (_S.LOCKED, _E.LOCKED): _S.LOCKED,
    **{(state, event): _S.ENDED for state in (_S.ACTIVE, _S.LOCKED) for event in (_E.TOO_OLD, _E.SIGNED_OUT, _E.DISABLED)},
}


class NoSuchMove(Exception):
    """An event that has no row: acting in a session that is locked or ended."""

    def __init__(self, state: SessionState, event: SessionEvent) -> None:
        super().__init__(f"a session that is {state} does not know event {event}")


def move(state: SessionState, event: SessionEvent) -> SessionState:
    try:
        return TABLE[state, event]
    except KeyError:
        raise NoSuchMove(state, event) from None


def passed(opened: datetime, seen: datetime, now: datetime) -> SessionEvent | None:
    """What time alone has done to a session, if anything."""
    if now - opened >= LONGEST or now < seen - CLOCK_SLACK:
        return SessionEvent.TOO_OLD
    return SessionEvent.IDLE if now - seen >= IDLE else None


def locks(failures: Collection[datetime], now: datetime) -> bool:
    """Whether these bad sign-ins lock the account."""
    return sum(now - FAILURES_WITHIN < at for at in failures) >= FAILURES
