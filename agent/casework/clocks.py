"""What is expected by when, as labels with their basis. Pure: the time is handed in.

| clock | starts with | lasts | what is said when it runs out |
| --- | --- | --- | --- |
| acknowledgement | the network took every part (SENT) | 15 min | the bureau has not said that it has it; it is sent again by itself |
| SRE | the bureau's receipt | 2 h | a warning: the FBI's goal is 10 minutes and the state's own time |
| match | the bureau's receipt, for the FBI's (K2) | 4 h and the state's relay time (K3) | LATE_4H: no match result yet |
| no match | the bureau's receipt | 24 h | OVERDUE_24H: no IDR received, inconclusive |

A label is never a result: nothing here is stored, nothing is folded into a state, and a message that comes late counts in full (SOP 2.1.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from agent.casework.events import IMMIGRATION_KINDS, CaseEvent, EventKind
from agent.policy import Clocks, State


class ClockName(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    SRE = "SRE"
    MATCH = "match"
    NO_MATCH = "no match"


class Mark(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"  # what was waited for has come in time
    STOPPED_LATE = "stopped late"  # it has come, after the time
    EXPIRED = "expired"


@dataclass(frozen=True)
class CaseClock:
    name: ClockName
    basis: str  # from what it counts, in words
    started: datetime  # UTC
    due: datetime  # UTC
    mark: Mark
    words: str  # one sentence


_K = EventKind
_RESULTS = IMMIGRATION_KINDS - {_K.IDR_ERROR, _K.LESC_NOT_SEARCHED}  # an error and a notice are none
_SRE_KINDS = frozenset((_K.SRE_IDENT, _K.SRE_NON_IDENT, _K.SRE_UNCLEAR, _K.ERRT))
BASIS_SENT = "the network took it"
BASIS_RECEIPT = "the bureau's receipt, since the FBI's own time is not told"
EXPIRED = MappingProxyType(
    {
        ClockName.ACKNOWLEDGEMENT: "The bureau has not yet said that it has it. It is sent again by itself.",
        ClockName.SRE: "No answer of the FBI's search yet: ask the state bureau.",
        ClockName.MATCH: "LATE_4H: no match result yet. This is not a result.",
        ClockName.NO_MATCH: "OVERDUE_24H: no IDR received, inconclusive. Silence is not a result.",
    }
)


def clocks(events: Sequence[CaseEvent], tcn: str, now: datetime, times: Clocks, state: State) -> tuple[CaseClock, ...]:
    """The clocks of one submission. events: of its booking, in the order in which they were recorded."""
    own = [event for event in events if event.tcn == tcn]
    sent, received = _first(own, (_K.SENT,)), _first(own, (_K.RECEIVED,))
    made = []
    if sent:
        stops = [at for at in (received, _first(own, _SRE_KINDS)) if at]
        minutes = timedelta(minutes=times.acknowledgement_minutes)
        made.append(_clock(ClockName.ACKNOWLEDGEMENT, _Span(sent, minutes, BASIS_SENT), min(stops, default=None), now))
    if received:
        made.append(_clock(ClockName.SRE, _Span(received, timedelta(hours=times.sre_hours), BASIS_RECEIPT), _first(own, _SRE_KINDS), now))
        made += _immigration(own, received, now, times, state)
    return tuple(made)


def _immigration(own: Sequence[CaseEvent], received: datetime, now: datetime, times: Clocks, state: State) -> Iterable[CaseClock]:
    """Both run until the first immigration response; neither is started where none is expected."""
    if any(event.kind is _K.IMMIGRATION_OFF for event in own):
        return
    answered, no_match_came = _first(own, _RESULTS), _first(own, (_K.IDR_NO_MATCH,))
    moot = no_match_came is not None and no_match_came == answered  # a no-match has the longer time
    match, no_match = timedelta(hours=times.match_hours) + state.relay, timedelta(hours=times.no_match_hours)
    made = _clock(ClockName.MATCH, _Span(received, match, BASIS_RECEIPT), answered, now)
    yield replace(made, mark=Mark.STOPPED, words="A no-match came, which has 24 hours.") if moot else made
    yield _clock(ClockName.NO_MATCH, _Span(received, no_match, BASIS_RECEIPT), answered, now)


@dataclass(frozen=True)
class _Span:
    started: datetime
    lasts: timedelta
    basis: str


def _clock(name: ClockName, span: _Span, stopped: datetime | None, now: datetime) -> CaseClock:
    basis, started, due = span.basis, span.started, span.started + span.lasts
    if stopped is not None:
        late = stopped >= due
        words = f"It came {_span(stopped - due)} late; it counts in full." if late else "It came in time."
        return CaseClock(name, basis, started, due, Mark.STOPPED_LATE if late else Mark.STOPPED, words)
    if now >= due:
        return CaseClock(name, basis, started, due, Mark.EXPIRED, EXPIRED[name])
    return CaseClock(name, basis, started, due, Mark.RUNNING, f"Expected within {_span(due - now)}.")


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _first(events: Iterable[CaseEvent], kinds: Iterable[EventKind]) -> datetime | None:
    wanted = frozenset(kinds)
    return next((event.at for event in events if event.kind in wanted), None)
