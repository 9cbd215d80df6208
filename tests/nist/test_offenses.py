"""Codes of offenses: a way to find words. What is sent is words, any words."""

from __future__ import annotations

import json

import pytest

from agent.nist.check import check
from agent.nist.findings import errors
from agent.nist.ncic_offenses import OFFENSES, words
from tests.data import testdata
from tests.nist.samples import a_car, changed

# Slips of spelling in the copy that the table was keyed from.
_MENDED = {
    "Non-Familyily": "Non-Family",
    "Offical": "Official",
    "Nonresisdence": "Nonresidence",
    "Burlgary": "Burglary",
    "Govermentt": "Government",
    "Priatev": "Private",
    "Commerical": "Commercial",
    "Immorial": "Immoral",
    "Abortifacient(": "Abortifacient (",
    "Pimping(": "Pimping (",
}


def literal_findings(literal: str) -> list[str]:
    tx = changed(a_car(), 2, {47: [["", "THEFT"], ["", literal]]})
    return [f"{one.id}: {one.sentence}" for one in errors(check(tx)) if one.field == "2.047"]


def test_the_table_is_the_whole_list_with_its_spelling_mended() -> None:
    listed = json.loads(testdata("ebts/ncic_codes.json").read_text())["OFFENSE"]
    for wrong, right in _MENDED.items():
        for one in listed:
            one["name"] = one["name"].replace(wrong, right)
    assert {one["code"]: one["name"].strip() for one in listed} == dict(OFFENSES)
    assert len(OFFENSES) == 424


def test_what_any_code_is_sent_as_is_something_the_bureau_takes() -> None:
    assert [code for code in OFFENSES if literal_findings(words(code))] == []


@pytest.mark.parametrize(
    ("literal", "finding"),
    [
        ("2202", "2.047/literal: ASL: offense 2 is only a code; it needs words."),
        ("9998", "2.047/code: ASL: offense 2 is only a code, and none that is known here; it needs words."),
        ("PC 459", "2.047/literal: ASL: offense 2 is only a code; it needs words."),
    ],
    ids=["a code that has words", "a code that nobody knows", "a statute"],
)
def test_a_code_alone_is_named_by_its_place_and_rule(literal: str, finding: str) -> None:
    assert literal_findings(literal) == [finding]


@pytest.mark.parametrize("literal", ["9998 A NEW OFFENSE", "0399 IMMIGRATION", "BURGLARY OF A SHED"])
def test_words_are_never_refused_for_the_code_beside_them(literal: str) -> None:
    assert literal_findings(literal) == []
