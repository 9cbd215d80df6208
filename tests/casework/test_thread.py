"""What a person reads."""

from __future__ import annotations

from datetime import timedelta

from agent.casework.answer_states import IdentState, ImmigrationState
from agent.casework.events import CaseEvent, EventKind
from agent.casework.thread import IDENT_WORDS, IMMIGRATION_WORDS, thread_of
from tests.casework.bench import NOW, TCN

K = EventKind


def _events(*kinds: EventKind) -> list[CaseEvent]:
    draft = (K.CAPTURED, K.QUALITY_PASSED, K.QUALITY_OVERRIDDEN, K.CHECKED)
    return [CaseEvent(kind, NOW + timedelta(seconds=i), None if kind in draft else TCN) for i, kind in enumerate(kinds)]


SENT = (K.CAPTURED, K.QUALITY_PASSED, K.CHECKED, K.SEALED, K.HANDED_OVER, K.QUEUED, K.SENT)


def test_the_thread_has_seven_steps_in_order() -> None:
    steps = thread_of(_events(*SENT, K.RECEIVED, K.SRE_NON_IDENT, K.IDR_NO_MATCH))
    assert [step.name for step in steps] == ["captured", "quality", "signed", "queued", "received", "SRE", "IDR"]
    assert all(step.at is not None for step in steps)


def test_silence_is_never_no_match() -> None:
    idr = thread_of(_events(*SENT, K.RECEIVED, K.SRE_NON_IDENT))[-1]
    assert idr.at is None
    assert "inconclusive" in idr.words
    assert "no match" not in idr.words


def test_a_no_match_is_shown_as_what_the_search_returned() -> None:
    assert thread_of(_events(*SENT, K.IDR_NO_MATCH))[-1].words == "The DHS search returned no match."


def test_only_the_no_match_message_is_worded_no_match() -> None:
    assert [state for state, words in IMMIGRATION_WORDS.items() if "no match" in words.lower()] == [ImmigrationState.NO_MATCH]
    assert set(IMMIGRATION_WORDS) == set(ImmigrationState)
    assert set(IDENT_WORDS) == set(IdentState)


def test_sent_is_not_received() -> None:
    received = thread_of(_events(*SENT))[4]
    assert (received.name, received.at) == ("received", None)


def test_a_booking_in_draft_promises_nothing() -> None:
    assert [step.at for step in thread_of(_events(K.CAPTURED))[1:]] == [None] * 6


def test_the_submission_sealed_last_is_the_one_shown() -> None:
    corrected = [*_events(*SENT, K.RECEIVED, K.ERRT), CaseEvent(K.SEALED, NOW + timedelta(hours=1), "LS-0001-SECOND")]
    steps = {step.name: step for step in thread_of(corrected)}
    assert steps["signed"].at == NOW + timedelta(hours=1)
    assert steps["received"].at is None
    assert steps["SRE"].words == "No answer of the FBI's search yet."
