"""What is typed in at the counter becomes facts, and comes back as it was meant."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.booking.facts import Facts
from agent.kiosk import forms
from agent.kiosk.asking import Form
from agent.kiosk.signing import key_of
from agent.model.booking import Arrest, Charge, Subject

SAM = Facts(
    Subject("TRAINING,SAM A", "TX", "19850214", "M", "U", "509", "170", "BRO", "BLK", aliases=("TRAINING,SAMUEL",), state_id="TX123"),
    Arrest(date(2026, 11, 24), (Charge("THEFT OF A BICYCLE", date(2026, 11, 23)), Charge("TRESPASS"))),
)


def as_form(facts: Facts, **changed: str) -> Form:
    """As the page sends it back."""
    values = {name: [text] for name, text in {**forms.shown(facts), **changed}.items()}
    charges = facts.arrest.charges
    days = ["" if one.offense_date is None else one.offense_date.isoformat() for one in charges]
    return Form(values | {"charge.literal": [one.literal for one in charges], "charge.day": days})


def test_what_the_page_shows_and_sends_back_unchanged_changes_nothing() -> None:
    assert forms.typed(as_form(SAM), SAM) == (SAM, ())


@pytest.mark.parametrize("text", ["1985-02-14", "02/14/1985", "2/14/1985", "19850214"])
def test_a_day_is_understood_as_people_write_it(text: str) -> None:
    facts, wrong = forms.typed(as_form(SAM, **{"subject.date_of_birth": text}), SAM)
    assert (facts.subject.date_of_birth, wrong) == ("19850214", ())


@pytest.mark.parametrize("text", ["5'9\"", "5 9", "5'09", "5ft 9in", "509"])
def test_a_height_is_understood_as_people_write_it(text: str) -> None:
    assert forms.typed(as_form(SAM, **{"subject.height": text}), SAM)[0].subject.height == "509"


def test_what_a_picker_leaves_is_its_code() -> None:
    form = as_form(SAM, **{"subject.place_of_birth": "MM · Mexico", "subject.marks": "TAT L ARM · tattoo\nsc r hnd"})
    subject = forms.typed(form, SAM)[0].subject
    assert (subject.place_of_birth, subject.marks) == ("MM", ("TAT L ARM", "SC R HND"))


def test_a_day_that_is_none_is_named_and_the_rest_is_kept() -> None:
    facts, wrong = forms.typed(as_form(SAM, **{"arrest.date_of_arrest": "yesterday", "subject.name": "other,name"}), SAM)
    assert [one.place for one in wrong] == ["arrest.date_of_arrest"]
    assert (facts.arrest.date_of_arrest, facts.subject.name) == (date(2026, 11, 24), "OTHER,NAME")


def test_one_thing_that_the_jail_says_is_taken_over() -> None:
    said = Facts(Subject("TRAINING,SAM A", "MM", "19850214", "M", "U", "509", "170", "BRO", "BLK"), SAM.arrest)
    taken = forms.taken_over(SAM, said, "subject.place_of_birth")
    assert (taken.subject.place_of_birth, taken.subject.aliases) == ("MM", SAM.subject.aliases)
    assert forms.taken_over(SAM, said, "subject.__class__") == SAM == forms.taken_over(SAM, None, "subject.name")


@pytest.mark.parametrize(
    ("sent", "key"),
    [("", None), ('{"rawId": "YQ"}', {"rawId": "YQ"}), ("[1]", {}), ("{", {}), ("[" * 5000, {}), ("null", {})],
    ids=["none", "an answer", "a list", "half of one", "very deep", "null"],
)
def test_what_is_no_answer_of_a_security_key_proves_nothing_and_is_not_taken_for_a_code(sent: str, key: dict[str, str] | None) -> None:
    assert key_of(Form({"key": [sent]})) == key


def test_an_empty_row_is_no_charge() -> None:
    form = Form({"charge.literal": ["", "theft  of a\tbicycle"], "charge.day": ["", ""], "arrest.date_of_arrest": ["2026-11-24"]})
    assert forms.typed(form, SAM)[0].arrest.charges == (Charge("THEFT OF A BICYCLE"),)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("2202", "BURGLARY-FORCED ENTRY-RESIDENCE"),
        ("2202 · Burglary-Forced Entry-Residence", "BURGLARY-FORCED ENTRY-RESIDENCE"),
        ("5707", "TRESPASSING"),
        ("9998", "9998"),
        ("burglary, 2202 of a shed", "BURGLARY, 2202 OF A SHED"),
    ],
    ids=["a code", "what a picker leaves", "a code that asks for remarks", "a code that is none", "words with a code in them"],
)
def test_a_charge_is_sent_in_words_whatever_it_was_found_by(typed: str, sent: str) -> None:
    form = Form({"charge.literal": [typed], "charge.day": [""], "arrest.date_of_arrest": ["2026-11-24"]})
    assert forms.typed(form, SAM)[0].arrest.charges == (Charge(sent),)


def test_where_the_jail_says_otherwise_is_shown_and_nothing_else() -> None:
    said = Facts(Subject("TRAINING,SAM A", "MM", "19850214", "M", "U", "509", "170", "BRO", "BLK"), SAM.arrest)
    assert dict(forms.differing(said, SAM)) == {"subject.place_of_birth": "MM", "subject.aliases": "", "subject.state_id": ""}
    assert forms.differing(None, SAM) == {}


@given(st.dictionaries(st.sampled_from([*forms.shown(SAM), "charge.literal", "charge.day"]), st.lists(st.text(max_size=40), max_size=3)))
def test_no_form_is_too_odd_to_be_read(values: dict[str, list[str]]) -> None:
    facts, _ = forms.typed(Form(values), SAM)
    assert forms.shown(facts).keys() == forms.shown(SAM).keys()
    urlencode(dict(forms.shown(facts)))
