"""A state's rules beyond EBTS, from TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ConfigError
from agent.nist.check import check
from agent.nist.findings import Rule, errors
from agent.nist.profiles import StateProfile, read_profile
from agent.nist.records import Transaction
from agent.nist.write import transaction
from tests.nist.samples import Content, a_card, changed
from tests.nist.test_check_images import photo

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "config/profiles/example-state.toml"


def raw() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text())


def state() -> StateProfile:
    return read_profile(raw(), "example")


def right(**changes: Content) -> Transaction:
    """The right CAR, as the example state wants it; changes of Type-2 by field number: f1001=..."""
    tx = a_card()
    head = [f for f in changed(tx, 1, {7: "ZZSIB0000"}).type1.fields if f.number not in (1, 3)]
    with_photo = transaction(head, [*tx.records[1:], photo()])
    contents: dict[int, Content] = {1001: ["A-123456"]}
    return changed(with_photo, 2, contents | {int(name[1:]): content for name, content in changes.items()})


def found(tx: Transaction) -> set[tuple[str, Rule]]:
    return {(finding.field, finding.rule) for finding in errors(check(tx, state=state()))}


def test_what_the_state_asks_for_is_right() -> None:
    assert check(right(), state=state()) == []
    assert check(right(f1000="RR", f1001=["A-123456", "A-123457"]), state=state()) == []


WRONG: dict[str, tuple[dict[str, Content], tuple[str, Rule]]] = {
    "attention left out": ({"f6": None}, ("2.006", Rule.MANDATORY)),
    "residence left out": ({"f41": None}, ("2.041", Rule.MANDATORY)),
    "state's own field left out": ({"f1001": None}, ("2.1001", Rule.MANDATORY)),
    "state's own field too short": ({"f1001": ["A-1"]}, ("2.1001", Rule.LENGTH)),
    "state's own field with another sign": ({"f1001": ["A/123456"]}, ("2.1001", Rule.CHARACTERS)),
    "state's own code that is none": ({"f1000": "XX"}, ("2.1000", Rule.CODE)),
    "repositories named": ({"f98": ["9"]}, ("2.098", Rule.STATE)),
    "retained without a state number": ({"f15": None}, ("2.015", Rule.STATE)),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_what_the_state_refuses(changes: dict[str, Content], expected: tuple[str, Rule]) -> None:
    assert found(right(**changes)) == {expected}


def test_inquiry_needs_no_state_number() -> None:
    assert found(right(f15=None, f5="N")) == set()


def test_sent_to_another_bureau() -> None:
    assert found(changed(right(), 1, {7: "NYSIB0000"})) == {("1.007", Rule.STATE)}


def test_no_photo_is_too_few() -> None:
    tx = right()
    without = transaction([f for f in tx.type1.fields if f.number not in (1, 3)], tx.records[1:-1])
    assert found(without) == {("10", Rule.STRUCTURE)}


def test_without_the_state_its_fields_are_unknown() -> None:
    assert {finding.field for finding in check(right())} == {"2.1001"}


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"nfff": True}, "nfff"),
    "edition that is none": ({"edition": "12.0"}, "edition"),
    "DAI of eight characters": ({"dai": "ZZSIB000"}, "dai"),
    "transaction that is none": ({"transactions": {"FANC": {}}}, "FANC"),
    "unknown key in a transaction": ({"transactions": {"CAR": {"mandatroy": []}}}, "mandatroy"),
    "mandatory field that is none": ({"transactions": {"CAR": {"mandatory": ["2.038"]}}}, r"2\.038"),
    "field outside the state's ranges": (
        {"transactions": {"CAR": {"fields": [{"tag": "2.999", "mnemonic": "XX", "name": "x", "form": "A 1"}]}}},
        r"2\.999",
    ),
    "field of a form that is none": (
        {"transactions": {"CAR": {"fields": [{"tag": "2.1000", "mnemonic": "XX", "name": "x", "form": "text"}]}}},
        "form",
    ),
}


@pytest.mark.parametrize(("change", "named"), BROKEN.values(), ids=BROKEN)
def test_wrong_profile_is_refused_by_its_key(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=f"(?i){named}"):
        read_profile(raw() | change, "example")
