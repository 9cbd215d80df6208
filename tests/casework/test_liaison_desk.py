"""Detainers, queries and cards as the records liaison has them before them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.access.roles import Role
from agent.casework.detainer_forms import form
from agent.casework.detainer_record import DetainerRefused
from agent.casework.detainer_said import TABLE, check_said
from agent.casework.detainer_states import DetainerEvent
from agent.casework.drafts import DraftKind, DraftRefused
from agent.casework.iaq import IaqRefused
from agent.casework.viewing import ViewRefused, What
from agent.policy import DetainerPolicy
from tests.casework.bench import BOOKING
from tests.casework.desks import EVERYONE, OFFICER, SUPERVISOR, Desks, asking, run, with_queries
from tests.procedure.case import FORM, LIAISON_LOOKS, OFFICER_LOOKS, Case, no_match, with_detainer_policy


def test_a_detainer_is_shown_with_its_conditions_and_every_look_is_on_record(case: Case, desks: Desks) -> None:
    id_ = case.lodge()
    shown = run(desks.liaison.shown(id_, LIAISON_LOOKS))
    assert (shown["state"], len(shown["checklist"])) == ("lodged", len(form("I-247A").checklist))
    assert run(desks.liaison.document(id_, LIAISON_LOOKS)) == FORM
    assert [one["detainer"] for one in run(desks.liaison.of_booking(BOOKING, LIAISON_LOOKS))] == [id_]
    assert [view.what for view in case.casework.views(BOOKING)] == [What.DETAINER] * 3
    for deed in (desks.liaison.shown, desks.liaison.document):
        with pytest.raises(ViewRefused):
            run(deed(id_, OFFICER_LOOKS))
        with pytest.raises(ViewRefused):
            run(deed(id_, replace(LIAISON_LOOKS, reason="")))


def test_a_deed_is_taken_only_in_its_own_words(case: Case, desks: Desks) -> None:
    id_ = case.lodge()
    nonsense: list[tuple[str, dict[str, str]]] = [("lodged", {}), ("limit_reached", {}), ("released", {}), ("visited", {})]
    for word, said in (*nonsense, ("visited", {"mode": "seance", "visitor": "X"})):
        with pytest.raises(DetainerRefused):
            run(desks.liaison.deed(id_, word, "officer-9", said, None))
    after = run(desks.liaison.deed(id_, "visited", "officer-9", {"mode": "video", "visitor": "ICE officer 7"}, None))
    assert after["state"] == "lodged"
    assert run(desks.liaison.deed(id_, "served", "officer-9", {}, None))["state"] == "served"


@given(st.sampled_from(sorted(TABLE)), st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=3))
def test_any_words_are_taken_whole_or_refused(event: DetainerEvent, said: dict[str, str]) -> None:
    try:
        check_said(event, said, form("I-247A"))
    except DetainerRefused as error:
        assert error.means == "Nothing was recorded."
    else:
        assert set(said) <= {*TABLE[event][0], *TABLE[event][1]}


def test_a_query_is_drafted_after_a_no_match_alone_and_let_go_by_a_person(case: Case, desks: Desks) -> None:
    with_queries(case)
    office = case.seal()
    with pytest.raises(IaqRefused):
        run(desks.liaison.draft_query(BOOKING, asking()))
    assert run(desks.liaison.may_query(BOOKING, EVERYONE)) is False
    with pytest.raises(IaqRefused) as before:
        run(desks.liaison.draft_query(BOOKING, asking(roles=OFFICER)))
    case.take(no_match(office))
    assert run(desks.liaison.may_query(BOOKING, EVERYONE)) is True
    assert run(desks.liaison.may_query(BOOKING, (Role.SUPERVISOR,))) is False, "who may not draft one does not learn of a no-match"
    with pytest.raises(IaqRefused) as after:
        run(desks.liaison.draft_query(BOOKING, asking(roles=OFFICER)))
    assert str(before.value) == str(after.value), "nor by trying"
    made = run(desks.liaison.draft_query(BOOKING, asking()))
    assert made["text"].startswith("IAQ.NY0010000.AX.TXT\nPUR/C\n")
    assert [(view.what, view.reason) for view in case.casework.views(BOOKING)] == [(What.QUERY, "identity in doubt")]
    gone = run(desks.liaison.let_go(BOOKING, made["draft"], "officer-9", EVERYONE))
    assert (gone["let_go_by"], gone["kind"]) == ("officer-9", DraftKind.QUERY)
    assert run(desks.reports.rates(date(2026, 11, 1), date(2026, 11, 30)))["rates"][0]["queried"] == 1


def test_an_answer_to_ice_waits_for_a_second_person(case: Case, desks: Desks) -> None:
    run(desks.liaison.released(BOOKING, "officer-1", None))
    case.after(hours=3)
    id_ = case.lodge()
    made = run(desks.liaison.draft_answer(id_, "officer-9"))
    assert BOOKING in made["text"]
    with pytest.raises(DraftRefused):
        run(desks.liaison.let_go(BOOKING, made["draft"], "officer-9", EVERYONE))
    assert run(desks.liaison.let_go(BOOKING, made["draft"], "supervisor-2", SUPERVISOR))["let_go_by"] == "supervisor-2"
    assert [one["draft"] for one in run(desks.liaison.drafts(BOOKING, LIAISON_LOOKS))] == [made["draft"]]


def test_nothing_of_a_draft_is_in_the_database(case: Case, desks: Desks, tmp_path: Path) -> None:
    with_queries(case)
    case.take(no_match(case.seal()))
    run(desks.liaison.draft_query(BOOKING, asking()))
    assert not any(b"TESTER" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def steps(desks: Desks) -> list[list[str]]:
    return [[step["step"] for step in one["owed"]] for one in run(desks.liaison.cards())]


def test_a_card_says_what_a_detainer_asks_for_until_it_is_done_and_nothing_read_from_it(case: Case, desks: Desks) -> None:
    id_ = case.lodge()
    (card,) = run(desks.liaison.cards())
    assert [(one["step"], one["by"]) for one in card["owed"]] == [
        ("papers", "ice"), ("serve", "liaison"), ("file", "liaison"), ("conditions", "liaison")
    ]  # fmt: skip
    assert set(card) == {"detainer", "booking", "form", "state", "ice_office", "received_at", "owed"}
    for word, said in (("served", {}), ("filed", {}), *(("item_done", {"item": item}) for item in form("I-247A").checklist)):
        run(desks.liaison.deed(id_, word, "officer-9", said, None))
    assert steps(desks) == [["papers"]]
    run(desks.liaison.deed(id_, "withdrawn", "officer-9", {}, None))
    assert steps(desks) == []


def test_a_card_at_the_limit_says_release_first_and_offers_no_other_way(case: Case, desks: Desks) -> None:
    case.policy = with_detainer_policy(DetainerPolicy.HONOUR)
    id_ = case.lodge("I-247")
    run(desks.liaison.deed(id_, "hold_started", "officer-9", {}, None))
    assert steps(desks)[0][0] == "hold"
    case.after(hours=48)
    assert steps(desks)[0][0] == "limit"
    run(case.detainers.watch())
    assert steps(desks)[0][0] == "limit"
    run(desks.liaison.released(BOOKING, "officer-1", None))
    assert steps(desks) == []


def test_a_card_of_somebody_who_had_left_asks_for_an_answer_until_a_second_person_approved_it(case: Case, desks: Desks) -> None:
    run(desks.liaison.released(BOOKING, "officer-1", None))
    case.after(hours=3)
    id_ = case.lodge()
    assert steps(desks) == [["answer"]]
    made = run(desks.liaison.draft_answer(id_, "officer-9"))
    assert steps(desks) == [["answer"]]
    run(desks.liaison.let_go(BOOKING, made["draft"], "supervisor-2", SUPERVISOR))
    assert steps(desks) == []


def test_silence_is_told_with_what_was_expected_and_never_as_a_result(case: Case, desks: Desks) -> None:
    office = case.seal()
    assert run(desks.liaison.silence()) == []
    case.sent_and_received()
    (one,) = run(desks.liaison.silence())
    assert (one["booking"], one["late"]) == (BOOKING, None)
    case.after(hours=5)
    assert [one["late"] for one in run(desks.liaison.silence())] == ["match"]
    case.after(hours=20)
    assert [one["late"] for one in run(desks.liaison.silence())] == ["no match"]
    case.take(no_match(office))
    assert run(desks.liaison.silence()) == []
