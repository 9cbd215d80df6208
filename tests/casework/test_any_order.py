"""Receipt, SRE and IDR in any order and any number: one final state."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.casework import cases, inbox
from agent.casework.answer_states import IdentState, ImmigrationState
from agent.casework.desk import MIGRATIONS
from agent.casework.events import CaseEvent, CaseState, EventKind
from agent.casework.letters import Letter, read_letter
from agent.casework.submission_states import SubmissionState
from agent.casework.thread import state_of, thread_of
from tests.casework.bench import BOOKING, NOW, TCN, Office

K = EventKind
EXPECTED = CaseState(SubmissionState.ACKNOWLEDGED, IdentState.NOT_IDENTIFIED, ImmigrationState.NO_MATCH)


@pytest.fixture(scope="module")
def letters(office: Office, digest: str) -> list[tuple[str, Letter]]:
    """Two receipts (the second says duplicate), the SRE in two envelopes, the IDR in two, and noise."""
    data = [
        office.receipt(digest),
        office.receipt(digest, duplicate=True, envelope_sha256="f" * 64),
        *(office.sre(), office.sre(), office.idr(), office.idr()),
        b"noise",
        office.receipt("0" * 64),
    ]
    return [(f"{index:064x}", read_letter(one, office.keys.station, NOW)) for index, one in enumerate(data)]


def _empty() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    db.executescript("".join(MIGRATIONS))
    return db


@settings(max_examples=60, deadline=None)
@given(
    order=st.permutations(range(8)),
    again=st.lists(st.integers(0, 7), max_size=8),
    news=st.lists(st.sampled_from([K.QUEUED, K.SENT]), max_size=4),
)
def test_any_order_and_any_repetition_end_in_one_state(
    letters: list[tuple[str, Letter]], digest: str, order: list[int], again: list[int], news: list[EventKind]
) -> None:
    db = _empty()
    for kind in (K.CAPTURED, K.QUALITY_PASSED, K.CHECKED):
        cases.add(db, BOOKING, CaseEvent(kind, NOW))
    cases.add(db, BOOKING, CaseEvent(K.SEALED, NOW, TCN, digest, "e" * 64), once="e" * 64)
    for position, index in enumerate([*order, *again]):
        rid, letter = letters[index]
        inbox.arrive(db, rid, NOW)
        inbox.settle(db, rid, letter, NOW, b"key")
        for kind in news[position : position + 1]:
            cases.add(db, BOOKING, CaseEvent(kind, NOW, TCN))
    events = cases.events_of(db, BOOKING)
    assert state_of(events) == EXPECTED
    assert sorted(event.kind for event in events if event.rid) == [K.IDR_NO_MATCH, K.RECEIVED, K.SRE_NON_IDENT]
    assert len(inbox.manual(db)) == 2
    assert thread_of(events)[-1].words == "The DHS search returned no match."
