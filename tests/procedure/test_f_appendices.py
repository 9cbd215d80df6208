"""SOP, appendices A to C. Rows R51 to R56 of docs/procedure.md."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections import Counter

import pytest

from agent.casework.detainer_forms import form, forms
from agent.casework.detainer_record import DetainerRefused
from agent.casework.detainer_states import DetainerEvent, DetainerState
from agent.casework.levels import Level, Sentence, levels
from agent.policy import DetainerPolicy
from agent.settings import config_dir
from tests.data import testdata
from tests.procedure.case import Case, with_detainer_policy

ACRONYMS = "CAR CJIS CPI DHS DRO FBI IAFIS IAQ IAR ICE IDENT IDR LEA LESC MOA NCIC NFF NLETS POB SC SIB SOP SRE US-VISIT"
BOUNDARIES = {
    "2101": Level.ONE, "2102": Level.THREE, "2903": Level.THREE, "2904": Level.TWO, "3801": Level.THREE, "3802": Level.ONE,
    "3804": Level.THREE, "4801": Level.ONE, "4802": Level.THREE, "5203": Level.ONE, "5204": Level.ONE, "5401": Level.ONE,
    "5402": Level.TWO, "2411": Level.TWO, "2412": Level.NOT_LISTED,
}  # fmt: skip


@pytest.mark.parametrize(("code", "level"), BOUNDARIES.items())
def test_R51_levels_at_the_ends_of_their_ranges(code: str, level: Level) -> None:
    assert levels().of(code) is level


@pytest.mark.parametrize(
    ("sentence", "level"),
    [
        (Sentence(), Level.BY_SENTENCE),
        (Sentence(months=13), Level.ONE),
        (Sentence(months=11), Level.TWO),
        (Sentence(years=1), Level.UNDEFINED),
        (Sentence(months=12), Level.UNDEFINED),
        (Sentence(years=1, days=1), Level.ONE),
        (Sentence(days=364), Level.TWO),
    ],
)
def test_R52_drugs_depend_on_the_sentence_as_stated(sentence: Sentence, level: Level) -> None:
    assert levels().of("3510") is Level.BY_SENTENCE
    assert levels().with_sentence("3510", sentence) is level
    assert levels().with_sentence("2101", sentence) is Level.ONE, "a sentence changes no other level"


def test_R53_the_footnote_of_national_security_has_three_ranges() -> None:
    labelled = [code for code in (f"{n:04d}" for n in range(10_000)) if levels().is_national_security(code)]
    assert len(labelled) == 99 + 1 + 96
    assert {"0101", "0199", "1602", "5204", "5299"} <= set(labelled)


def test_R54_a_code_in_no_range_is_not_listed_never_level_3() -> None:
    for code in ("4901", "5015", "5301", "5399", "", "99999", "ABCD"):
        assert levels().of(code) is Level.NOT_LISTED


def test_R54_ranges_do_not_overlap() -> None:
    for code in (f"{n:04d}" for n in range(10_000)):
        assert sum(one.holds(code) for one in levels().ranges) <= 1, code


def test_R54_every_offense_code_has_exactly_one_level() -> None:
    codes = [row["code"] for row in json.loads(testdata("ebts/ncic_codes.json").read_text("utf-8"))["OFFENSE"]]
    counted = Counter(levels().of(code) for code in codes)
    assert counted == {Level.ONE: 124, Level.TWO: 95, Level.THREE: 109, Level.BY_SENTENCE: 36, Level.NOT_LISTED: 60}


def test_R55_every_acronym_that_is_shown_has_one_entry() -> None:
    entries = tomllib.loads((config_dir() / "glossary.toml").read_text("utf-8"))
    wanted = set(ACRONYMS.split())
    assert len(wanted) == 24
    assert wanted <= set(entries)
    assert all(len(text) > 10 for text in entries.values())


@pytest.mark.parametrize("name", ["I-247", "I-247D", "I-247N", "I-247X", "I-247A"])
def test_R56_each_variant_of_the_form_is_a_field_set(case: Case, name: str) -> None:
    assert {"ice_office", "ice_officer", "received_at"} <= set(form(name).fields)
    assert case.detainers.get(case.lodge(name)).form is forms()[name]


def test_R56_no_hold_is_on_record_before_the_form_was_served(case: Case) -> None:
    case.policy = with_detainer_policy(DetainerPolicy.HONOUR)
    id_ = case.lodge("I-247A")
    with pytest.raises(DetainerRefused, match="served"):
        asyncio.run(case.detainers.record(id_, DetainerEvent.HOLD_STARTED, "officer-9"))
    asyncio.run(case.detainers.record(id_, DetainerEvent.SERVED, "officer-9"))
    assert asyncio.run(case.detainers.record(id_, DetainerEvent.HOLD_STARTED, "officer-9")).state is DetainerState.HOLD_RUNNING


def test_R56_the_warrant_that_should_come_with_the_form_is_asked_for_and_never_demanded(case: Case) -> None:
    assert set(case.detainers.view(case.lodge("I-247A")).asks_for) == {"I-200", "I-205"}
    with_it = case.lodge("I-247A", document=b"another", attached=frozenset(("I-200",)))
    assert case.detainers.view(with_it).asks_for == ()
    assert case.detainers.get(with_it).state is DetainerState.LODGED
