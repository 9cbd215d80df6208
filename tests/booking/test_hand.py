"""The hand diagram: what a mark writes into the file, and what it costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.booking.hand import CODES, diagram, marked, outdated, smt_offered, with_smt
from agent.model.fingers import FINGERS, FingerMark, MissingReason, Position
from tests.booking.office import FACTS

M, P = FingerMark, Position


@pytest.mark.parametrize(
    ("mark", "code"),
    [(M.MISSING, "XX"), (M.BANDAGED, "UP"), (M.CANNOT_PRESENT, "UP"), (M.SCARRED, None), (M.THERE, None)],
)
def test_a_mark_chooses_the_code_of_amp(mark: FingerMark, code: str | None) -> None:
    facts = marked(FACTS, P.LEFT_RING, mark)
    assert facts.missing == ({P.LEFT_RING: MissingReason(code)} if code else {})
    assert diagram(facts)[P.LEFT_RING] is mark


def test_a_mark_can_be_taken_back() -> None:
    facts = marked(marked(FACTS, P.LEFT_RING, M.BANDAGED), P.LEFT_RING, M.THERE)
    assert facts.missing == {}
    assert set(diagram(facts).values()) == {M.THERE}


@pytest.mark.parametrize(("code", "mark"), [("XX", M.MISSING), ("UP", M.CANNOT_PRESENT)])
def test_a_booking_that_came_with_codes_only_has_a_diagram_too(code: str, mark: FingerMark) -> None:
    facts = replace(FACTS, missing={P.RIGHT_THUMB: MissingReason(code)})
    assert diagram(facts)[P.RIGHT_THUMB] is mark


def test_a_code_that_was_changed_elsewhere_wins_over_an_older_mark() -> None:
    facts = replace(marked(FACTS, P.RIGHT_THUMB, M.BANDAGED), missing={P.RIGHT_THUMB: MissingReason.AMPUTATED})
    assert diagram(facts)[P.RIGHT_THUMB] is M.MISSING


def test_prints_taken_with_another_idea_of_a_finger_are_out_of_date() -> None:
    taken = (P.PLAIN_RIGHT_FOUR, P.PLAIN_LEFT_FOUR, P.LEFT_RING, P.LEFT_LITTLE)
    assert outdated(FACTS, marked(FACTS, P.LEFT_RING, M.MISSING), taken) == {P.PLAIN_LEFT_FOUR, P.LEFT_RING}
    assert outdated(FACTS, marked(FACTS, P.LEFT_RING, M.SCARRED), taken) == set()
    bandaged = marked(FACTS, P.LEFT_RING, M.BANDAGED)
    assert outdated(bandaged, marked(bandaged, P.LEFT_RING, M.MISSING), taken) == set()


def test_an_smt_line_is_offered_for_a_hand_with_a_missing_finger_and_written_only_when_taken() -> None:
    facts = marked(marked(marked(FACTS, P.LEFT_RING, M.MISSING), P.LEFT_INDEX, M.MISSING), P.RIGHT_THUMB, M.BANDAGED)
    assert smt_offered(facts) == ("MISS L FGR",)
    assert facts.subject.marks == ()
    assert with_smt(facts).subject.marks == ("MISS L FGR",)
    assert smt_offered(with_smt(facts)) == ()


def test_the_lines_are_ncic_codes() -> None:
    from agent.nist.ncic_marks import MARKS

    every = replace(FACTS, missing=dict.fromkeys(FINGERS, MissingReason.AMPUTATED))
    assert smt_offered(every) == ("MISS R FGR", "MISS L FGR")
    assert all(line in MARKS for line in smt_offered(every))


def test_every_mark_has_its_code() -> None:
    assert set(CODES) == set(FingerMark)
