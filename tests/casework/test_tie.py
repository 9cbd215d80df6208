"""To which booking a reply belongs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.casework.tie import Clues, Match, Tie, TiedBy, Untied, tie
from agent.model.booking import BookingId

A1, A2 = Match(BookingId("A"), "A-1"), Match(BookingId("A"), "A-2")
B1 = Match(BookingId("B"), "B-1")
NONE: frozenset[Match] = frozenset()


def _of(*matches: Match) -> frozenset[Match]:
    return frozenset(matches)


def test_tcr_ties() -> None:
    assert tie(Clues(tcr=_of(A1), oca=_of(A1, A2))) == Tie(A1.booking, "A-1", TiedBy.TCR)


def test_oca_ties_where_tcr_is_absent_or_unknown() -> None:
    assert tie(Clues(oca=_of(A1))) == Tie(A1.booking, "A-1", TiedBy.OCA)
    assert tie(Clues(tcr=NONE, oca=_of(A1))) == Tie(A1.booking, "A-1", TiedBy.OCA)


def test_fbi_number_or_state_id_ties_last() -> None:
    assert tie(Clues(tcr=NONE, oca=NONE, fbi_number=_of(A1))) == Tie(A1.booking, "A-1", TiedBy.FBI_NUMBER)
    assert tie(Clues(state_id=_of(A1))) == Tie(A1.booking, "A-1", TiedBy.STATE_ID)


def test_a_number_known_from_two_bookings_is_for_a_person() -> None:
    assert isinstance(tie(Clues(fbi_number=_of(A1, B1))), Untied)


def test_tcr_against_oca_is_for_a_person() -> None:
    assert isinstance(tie(Clues(tcr=_of(A1), oca=_of(B1))), Untied)


def test_fbi_number_against_state_id_is_for_a_person() -> None:
    assert isinstance(tie(Clues(fbi_number=_of(A1), state_id=_of(B1))), Untied)


def test_a_number_known_from_another_booking_does_not_speak_against_tcr() -> None:
    assert tie(Clues(tcr=_of(A1), fbi_number=_of(B1))) == Tie(A1.booking, "A-1", TiedBy.TCR)


def test_oca_of_a_booking_with_two_submissions_is_for_a_person() -> None:
    assert isinstance(tie(Clues(oca=_of(A1, A2))), Untied)


def test_nothing_known_is_for_a_person() -> None:
    assert isinstance(tie(Clues()), Untied)


MATCHES = st.none() | st.frozensets(st.sampled_from([A1, A2, B1]))


@given(MATCHES, MATCHES, MATCHES, MATCHES)
def test_a_tie_is_always_to_what_its_clue_points_to(
    tcr: frozenset[Match] | None, oca: frozenset[Match] | None, fbi: frozenset[Match] | None, sid: frozenset[Match] | None
) -> None:
    found = tie(Clues(tcr, oca, fbi, sid))
    if isinstance(found, Tie):
        pointed = {TiedBy.TCR: tcr, TiedBy.OCA: oca, TiedBy.FBI_NUMBER: fbi, TiedBy.STATE_ID: sid}[found.by]
        assert pointed == frozenset({Match(found.booking, found.tcn)})
