"""The dictionary beside its sources, and what was otherwise in earlier editions."""

from __future__ import annotations

import json

import pytest

from agent.errors import ConfigError
from agent.nist.check import check
from agent.nist.dictionary import DICTIONARY
from agent.nist.editions import EDITIONS, standard
from agent.nist.findings import Rule, errors
from agent.nist.records import Transaction
from agent.nist.write import tagged_record, text_field, transaction
from tests.data import testdata
from tests.nist.samples import Content, a_card, changed, without_print

FIELDS_OF = {"CAR": 48, "SRE": 38, "ERRT": 12}


@pytest.mark.parametrize("tot", FIELDS_OF)
def test_dictionary_agrees_with_the_facts_field_by_field(tot: str) -> None:
    """Occurrences, lengths and mnemonics; where a length of the source is not a number, or counts separators, ours is not compared."""
    facts = json.loads(testdata("ebts/ebts_car_sre_errt.json").read_text())["transactions"][tot]["fields"]
    ours = {row.tag: row for row in standard().rows(2) if row.occurrences(tot)}
    assert {fact["tag"] for fact in facts} == ours.keys()
    assert len(facts) == FIELDS_OF[tot]
    for fact in facts:
        row = ours[fact["tag"]]
        assert row.mnemonic == fact["mnemonic"]
        assert row.occurrences(tot) == (fact["occ_min"], fact["occ_max"]), row.tag
        if fact["len_max"].isdigit() and not row.items and row.tag != "2.2062":
            assert (row.least, row.most) == (int(fact["len_min"]), int(fact["len_max"])), row.tag
        if fact.get("items"):
            known = [(part["mnemonic"], int(part["len_max"])) for part in fact["items"]]
            assert [(part.mnemonic, part.most) for part in row.items] == known, row.tag


@pytest.mark.parametrize("edition", EDITIONS)
def test_edition_names_itself_in_its_clauses(edition: str) -> None:
    rows = standard(edition).rows(2)
    assert all(f"EBTS {edition}" in row.clause for row in rows)


def test_every_record_type_of_the_table_is_there() -> None:
    assert {type_ for type_, _ in DICTIONARY} == {1, 2, 4, 9, 10, 13, 14, 15, 98}


def test_unknown_edition_is_our_own_error() -> None:
    with pytest.raises(ConfigError, match="12"):
        standard("12.0")


def found(tx: Transaction, edition: str) -> set[tuple[str, Rule]]:
    return {(finding.field, finding.rule) for finding in errors(check(tx, "CAR", edition))}


def of_edition(edition: str) -> Transaction:
    """The right CAR, as a station of that edition would write its head."""
    version = {"9.1": "0400", "10.0": "0500", "11.0": "0502"}[edition]
    tx = changed(a_card(), 1, {2: version, 13: [["NORAM", f"EBTS {edition}"]], 17: None})
    return changed(tx, 2, {21: ["US"]})


@pytest.mark.parametrize("edition", EDITIONS)
def test_right_car_of_each_edition(edition: str) -> None:
    assert check(of_edition(edition), "CAR", edition) == []


DIFFERENT: dict[str, tuple[int, Content, str, str]] = {  # field, content, the edition that takes it, one that does not
    "forty-one offenses": (47, [["", "LARCENY"]] * 41, "11.0", "10.0"),
    "forty-one dispositions": (51, [["", "DUI", "FINE"]] * 41, "11.0", "10.0"),
    "disposition in five parts": (51, [["", "DUI", "FINE", "CONVICTED", "01"]], "10.0", "9.1"),
    "rap sheet as XML": (70, "X", "11.0", "10.0"),
    "name of fifty characters": (18, "A" * 25 + "," + "B" * 24, "10.0", "9.1"),
    "two citizenships": (21, ["US", "CC"], "10.0", "9.1"),
    "plain impression without print": (84, [["11", "UP"]], "10.0", "9.1"),
    "state number of New York with a hyphen": (15, "NY123456-", "10.0", "11.0"),
}


@pytest.mark.parametrize(("number", "content", "takes", "refuses"), DIFFERENT.values(), ids=DIFFERENT)
def test_field_that_editions_see_differently(number: int, content: Content, takes: str, refuses: str) -> None:
    def with_it(edition: str) -> Transaction:
        tx = changed(of_edition(edition), 2, {number: content})
        return without_print(tx, 11) if number == 84 else tx  # type: ignore[arg-type]

    assert check(with_it(takes), "CAR", takes) == []
    assert found(with_it(refuses), refuses)


@pytest.mark.parametrize("edition", EDITIONS)
def test_custody_fields_left_the_car_with_edition_11(edition: str) -> None:
    tx = changed(of_edition(edition), 2, {54: "20261123", 55: "IN CUSTODY"})
    undefined = {finding.field for finding in check(tx, "CAR", edition) if finding.rule is Rule.UNDEFINED}
    assert undefined == ({"2.054", "2.055"} if edition == "11.0" else set())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({54: "20261122", 55: "X"}, "2.054"),
        ({54: "20261123"}, "2.054"),
        ({55: "X"}, "2.055"),
        ({54: "20261123", 55: "X", 9: None}, "2.054"),
    ],
)
def test_custody_begins_with_the_arrest_and_is_given_whole(changes: dict[int, Content], field: str) -> None:
    assert {f for f, _ in found(changed(of_edition("10.0"), 2, changes), "10.0")} == {field}


@pytest.mark.parametrize("edition", EDITIONS)
def test_latent_in_a_car(edition: str) -> None:
    tx = of_edition(edition)
    latent = tagged_record(13, [text_field(13, 2, "20")])
    more = transaction(tx.type1.fields[1:2] + tx.type1.fields[3:], [*tx.records[1:], latent])
    rules = {rule for field, rule in found(more, edition) if field == "13"}
    assert rules == ({Rule.UNDEFINED} if edition == "11.0" else set())


def test_prints_of_either_record_count_together_in_edition_9() -> None:
    tx = of_edition("9.1")
    extra = tagged_record(14, [text_field(14, 2, "20")])
    more = transaction(tx.type1.fields[1:2] + tx.type1.fields[3:], [*tx.records[1:], extra])
    assert ("4", Rule.STRUCTURE) in found(more, "9.1")
    assert ("4", Rule.STRUCTURE) not in found(more, "11.0")
