"""A transaction against the standard: what passes, and what is found by which rule."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import ConfigError
from agent.imaging.codec import encode_wsq
from agent.model.fingers import FINGERS, MissingReason, Position
from agent.nist.check import check
from agent.nist.codec import parse
from agent.nist.dictionary import RECORDS, lookup, rows
from agent.nist.errors import NistError
from agent.nist.findings import Finding, Rule, Severity, errors
from agent.nist.form_places import PLACES
from agent.nist.records import BinaryRecord, Field, TaggedRecord, Transaction
from agent.nist.write import tagged_record, text_field, transaction
from agent.submission import replies
from agent.submission.replies import ReplyHead
from tests.data import testdata
from tests.nist.samples import (
    MADE_AT,
    TCN,
    Content,
    a_booking,
    a_card,
    a_print,
    car_bytes,
    changed,
    nominal_images,
    ridges,
    with_print,
    without_print,
)

MANDATORY = [row.number for row in rows(2) if (row.occurrences("CAR") or (0, 0))[0] and row.number > 2]
OF_A_CAR = [row.number for row in rows(2) if row.occurrences("CAR")]
TEXT_MAX = {6: 30, 9: 20, 40: 50, 41: 120, 56: 50}

RIGHT: dict[str, tuple[int, Content]] = {
    "retained": (5, "Y"),
    "inquiry on a suspect": (5, "N"),
    "name of a man who gave none": (18, "DOE,JOHN"),
    "name of somebody without memory": (18, "UNKNOWN AMNESIA,XX"),
    "name with hyphen and suffix": (18, "SMITH-JONES,ANN MARIE III"),
    "name of three letters": (18, "O,A"),
    "name of fifty characters": (18, "A" * 25 + "," + "B" * 24),
    "born in an unknown place": (20, "XX"),
    "born in Mexico": (20, "MM"),
    "born on a leap day": (22, "20000229"),
    "born on an unknown day": (22, "00000000"),
    "five dates of birth": (22, ["19800101", "19810101", "19820101", "19830101", "19840101"]),
    "sex unknown": (24, "X"),
    "race unknown": (25, "U"),
    "height in inches": (27, "N72"),
    "height unknown": (27, "000"),
    "least height": (27, "400"),
    "greatest height": (27, "711"),
    "weight unknown": (29, "000"),
    "weight of 499 pounds": (29, "499"),
    "eyes of unknown color": (31, "XXX"),
    "bald": (32, "BAL"),
    "arrested on the day of sending": (45, "20261124"),
    "arrested a time zone ahead": (45, "20261125"),
    "offense without a date": (47, [["", "LARCENY"]]),
    "offense with statute and words": (47, [["20261101", "PC 459 BURGLARY"]]),
    "offense in three letters": (47, [["", "DUI"]]),
    "forty offenses": (47, [["", "LARCENY"]] * 40),
    "attention of three characters": (6, "X Y"),
    "nine copies, one with routing": (7, [*(f"NY030300{n}" for n in range(1, 9)), "NY0303009/DESK 4"]),
    "case number of twenty characters": (9, "A-1/2 B#3456789012345"[:20]),
    "five FBI numbers": (14, ["1", "12345678", "123456AB7", "62760NY12", "A"]),
    "state number of the least length": (15, "NY1"),
    "state number of Oregon with its hyphen": (15, "OR1234567-"),
    "four social security numbers": (16, ["900000000", "900000001", "900000002", "900000003"]),
    "other numbers of four kinds": (17, ["PP-1234567890P", "AF-123", "VA-9", "FN-A1"]),
    "ten aliases, one of them a single name": (19, ["ROE,JACK"] * 9 + ["JACK"]),
    "ten citizenships": (21, ["US", "CC", "MM", "AA", "AC", "AD", "AF", "AI", "AJ", "AN"]),
    "ten marks": (26, ["MISS L TOE"] * 10),
    "palm prints available": (35, "Y"),
    "photo available": (36, "Y"),
    "employer of 120 characters": (39, "ACME, 1 EXAMPLE STREET. " * 5),
    "occupation": (40, "PLUMBER, SELF-EMPLOYED"),
    "residence with every kind of sign": (41, "1 #A-2/3 (REAR), NOWHERE; NY & ~"),
    "disposition with all its parts": (51, [["20261101", "DUI", "5 DAYS JAIL", "CONVICTED", "01"]]),
    "disposition of two counts without dates": (51, [["", "DUI", "FINE"], ["", "LARCENY", "PROBATION"]]),
    "caution of fifty characters": (56, "X" * 50),
    "scanner with its serial number only": (67, [["", "", "S/N 1"]]),
    "rap sheet as XML": (70, "X"),
    "no rap sheet": (70, "N"),
    "nothing amputated": (84, None),
    "juvenile treated as adult": (87, "Y"),
    "photo not wanted": (96, "N"),
    "DHS asked": (98, ["9", "10"]),
    "rap back expires": (2015, "20140623"),
    "nine rap back recipients": (2020, ["NY0303000"] * 8 + ["NY0303000/DESK 12345"[:19]]),
    "external subject": (2037, "SUBJECT 1"),
    "rap back triggers": (2040, ["01", "2", "12"]),
    "rap back format": (2062, "3"),
    "rap back in-state": (2063, "Y"),
    "rap back user fields": (2064, [["DESK", "4"], ["NOTE", "X"]]),
    "rap back category of two letters": (2065, "CS"),
    "rap back disclosure": (2067, "N"),
    "rap back attention": (2070, "DESK 4"),
    "three controlling agencies": (73, ["NY0303000", "NY0303001", "NY0303002"]),
}

WRONG: dict[str, tuple[int, Content, Rule]] = {
    "retention neither yes nor no": (5, "X", Rule.CODE),
    "retention of two letters": (5, "YY", Rule.LENGTH),
    "retention twice": (5, ["Y", "N"], Rule.OCCURRENCES),
    "name without comma": (18, "JOHN DOE", Rule.SYNTAX),
    "name with blank behind the comma": (18, "DOE, JOHN", Rule.SYNTAX),
    "name with blank before the comma": (18, "DOE ,JOHN", Rule.SYNTAX),
    "name with two blanks": (18, "DOE,JOHN  A", Rule.SYNTAX),
    "name with two hyphens": (18, "DOE--ROE,JOHN", Rule.SYNTAX),
    "name ending in a hyphen": (18, "DOE-,JOHN", Rule.SYNTAX),
    "name with two commas": (18, "DOE,JOHN,JR", Rule.SYNTAX),
    "name with a digit": (18, "DOE,JOHN 3", Rule.CHARACTERS),
    "name with an apostrophe": (18, "O'DOE,JOHN", Rule.CHARACTERS),
    "name outside ASCII": (18, "DÖE,JOHN", Rule.CHARACTERS),
    "name too long": (18, "A" * 26 + "," + "B" * 24, Rule.LENGTH),
    "name too short": (18, "A,", Rule.LENGTH),
    "name with an item": (18, [["DOE,JOHN", "X"]], Rule.STRUCTURE),
    "alias with blank behind the comma": (19, ["ROE,JACK", "ROE, JIM"], Rule.SYNTAX),
    "eleven aliases": (19, ["ROE,JACK"] * 11, Rule.OCCURRENCES),
    "place that is no NCIC code": (20, "ZZ", Rule.CODE),
    "place in small letters": (20, "ny", Rule.CODE),
    "citizen of a state": (21, ["CA"], Rule.CODE),
    "born on 30 February": (22, "19800230", Rule.DATE),
    "born in month 13": (22, "19801301", Rule.DATE),
    "born in 1899": (22, "18991231", Rule.DATE),
    "partial date of birth": (22, "19800000", Rule.DATE),
    "born after the transaction": (22, "20261125", Rule.DATE),
    "six dates of birth": (22, ["19800101"] * 6, Rule.OCCURRENCES),
    "date of birth with letters": (22, "1980JAN1", Rule.CHARACTERS),
    "sex not in the list": (24, "U", Rule.CODE),
    "race not in the list": (25, "X", Rule.CODE),
    "mark not in the list": (26, ["TAT DRAGON"], Rule.CODE),
    "height of twelve inches": (27, "512", Rule.SYNTAX),
    "height in cm": (27, "185", Rule.SYNTAX),
    "height of two characters": (27, "61", Rule.LENGTH),
    "weight with a unit": (29, "80K", Rule.CHARACTERS),
    "weight of two digits": (29, "80", Rule.LENGTH),
    "eyes not in the list": (31, "RED", Rule.CODE),
    "hair not in the list": (32, "HAZ", Rule.CODE),
    "arrested on no date": (45, "20261131", Rule.DATE),
    "arrested on an unknown day": (45, "00000000", Rule.DATE),
    "arrested the day after tomorrow": (45, "20261126", Rule.DATE),
    "offense that is only a code": (47, [["", "PC 459"]], Rule.LITERAL),
    "offense that is only a number": (47, [["", "2202"]], Rule.LITERAL),
    "offense that is code run together": (47, [["", "VC23152A"]], Rule.LITERAL),
    "offense without separator": (47, ["LARCENY"], Rule.STRUCTURE),
    "offense without words": (47, [["20261101", ""]], Rule.MANDATORY),
    "offense beginning with a blank": (47, [["", " LARCENY"]], Rule.SYNTAX),
    "offense on no date": (47, [["20269901", "LARCENY"]], Rule.DATE),
    "offense of 301 characters": (47, [["", "LARCENY" + "X" * 294]], Rule.LENGTH),
    "offense with three items": (47, [["", "LARCENY", "X"]], Rule.STRUCTURE),
    "agency of eight characters": (73, ["NY030300"], Rule.LENGTH),
    "four controlling agencies": (73, ["NY0303000"] * 4, Rule.OCCURRENCES),
    "period in the case number": (9, "A.1", Rule.SYNTAX),
    "blank before the case number": (9, " A1", Rule.SYNTAX),
    "period in the attention line": (6, "SGT. DOE", Rule.SYNTAX),
    "case number too long": (9, "1" * 21, Rule.LENGTH),
    "state number with a hyphen": (15, "NY1234567-", Rule.SYNTAX),
    "state number of no state": (15, "QQ1234567", Rule.SYNTAX),
    "social security number with hyphens": (16, ["900-00-0000"], Rule.CHARACTERS),
    "other number of an unknown kind": (17, ["QQ-12345"], Rule.SYNTAX),
    "scanner's make too long": (67, [["M" * 26, "X", "1"]], Rule.LENGTH),
    "control character in a text": (56, "A\tB", Rule.CHARACTERS),
    "reason for no print not in the list": (84, [["01", "ZZ"]], Rule.CODE),
    "finger that does not exist": (84, [["16", "XX"]], Rule.CODE),
    "repository not in the list": (98, ["4"], Rule.CODE),
    "eleven repositories": (98, ["1"] * 11, Rule.OCCURRENCES),
    "copy to eight characters": (7, ["NY030300"], Rule.LENGTH),
    "copy to no agency": (7, ["12-30300X"], Rule.AGENCY),
    "copy with eleven characters of routing": (7, ["NY0303000" + "R" * 11], Rule.LENGTH),
    "ten copies": (7, ["NY0303001"] * 10, Rule.OCCURRENCES),
    "agency with a sign in it": (73, ["NY03030-0"], Rule.AGENCY),
    "FBI number of ten characters": (14, ["1234567890"], Rule.LENGTH),
    "FBI number with a sign": (14, ["123-456"], Rule.CHARACTERS),
    "six FBI numbers": (14, ["1"] * 6, Rule.OCCURRENCES),
    "five social security numbers": (16, ["900000000"] * 5, Rule.OCCURRENCES),
    "military number with a letter": (17, ["AF-12A"], Rule.SYNTAX),
    "eleven citizenships": (21, ["US"] * 11, Rule.OCCURRENCES),
    "born after the arrest": (22, "20261124", Rule.DATE),
    "palm prints not available": (35, "N", Rule.CODE),
    "photo not available": (36, "N", Rule.CODE),
    "employer too long": (39, "X" * 121, Rule.LENGTH),
    "occupation too long": (40, "X" * 51, Rule.LENGTH),
    "residence with a line end": (41, "1 STREET\r\nNOWHERE", Rule.CHARACTERS),
    "offense dated after the transaction": (47, [["20261126", "LARCENY"]], Rule.DATE),
    "disposition without the offense": (51, [["20261101", "", "5 DAYS JAIL"]], Rule.MANDATORY),
    "disposition without a sentence": (51, [["20261101", "DUI"]], Rule.MANDATORY),
    "disposition that is not in the list": (51, [["20261101", "DUI", "FINE", "GUILTY"]], Rule.CODE),
    "disposition that is still to come": (51, [["20270101", "DUI", "FINE"]], Rule.DATE),
    "disposition that begins with a blank": (51, [["", " DUI", "FINE"]], Rule.SYNTAX),
    "caution that begins with a blank": (56, " ARMED", Rule.SYNTAX),
    "rap sheet as something else": (70, "P", Rule.CODE),
    "one position twice": (84, [["01", "XX"], ["1", "UP"]], Rule.COMPLETENESS),
    "fourteen positions": (84, [[f"{n:02d}", "XX"] for n in range(1, 15)], Rule.OCCURRENCES),
    "juvenile not treated as adult": (87, "N", Rule.CODE),
    "photo wanted perhaps": (96, "P", Rule.CODE),
    "rap back expires in nothing": (2015, "\t", Rule.CHARACTERS),
    "rap back recipient of eight characters": (2020, ["NY030300"], Rule.LENGTH),
    "external subject too long": (2037, "X" * 51, Rule.LENGTH),
    "rap back trigger that is none": (2040, ["13"], Rule.CODE),
    "rap back format that is none": (2062, "4", Rule.CODE),
    "rap back in-state in words": (2063, "YES", Rule.LENGTH),
    "rap back user field without its text": (2064, [["DESK"]], Rule.MANDATORY),
    "rap back category that is none": (2065, "X", Rule.CODE),
    "rap back disclosure that is none": (2067, "X", Rule.CODE),
    "rap back attention of two characters": (2070, "AB", Rule.LENGTH),
}

CLAMPED: dict[str, tuple[int, Content]] = {
    "height of 47 inches": (27, "N47"),
    "height of 96 inches": (27, "N96"),
    "weight of 49 pounds": (29, "049"),
    "weight of 500 pounds": (29, "500"),
    "offense dated after the arrest": (47, [["20261124", "LARCENY"]]),
    "field that is no part of a CAR": (38, "20261101"),
    "copy to an agency of no state": (7, ["ZZ0303000"]),
    "copy to the sender": (7, ["NY0303000"]),
    "two copies to one agency": (7, ["NY0303001", "NY0303001"]),
    "controlling agency of no state": (73, ["ZZ0303000"]),
    "one controlling agency twice": (73, ["NY0303000", "NY0303000"]),
    "empty optional field": (40, ""),
}


def found(tx: Transaction, profile: str = "CAR") -> set[tuple[str, Rule]]:
    return {(finding.field, finding.rule) for finding in errors(check(tx, profile))}


def test_a_right_booking_has_no_finding() -> None:
    assert check(a_card()) == []


def test_there_are_fifteen_mandatory_fields() -> None:
    assert len(MANDATORY) + 2 == 15  # LEN and IDC


@pytest.mark.parametrize("number", MANDATORY)
def test_mandatory_field_left_out(number: int) -> None:
    assert found(changed(a_card(), 2, {number: None})) == {(f"2.{number:03d}", Rule.MANDATORY)}


@pytest.mark.parametrize("number", MANDATORY)
def test_mandatory_field_empty(number: int) -> None:
    assert (f"2.{number:03d}", Rule.MANDATORY) in found(changed(a_card(), 2, {number: ""}))


@pytest.mark.parametrize("number", [number for number in OF_A_CAR if number > 2])
def test_every_field_of_a_car_has_a_right_and_a_wrong_case(number: int) -> None:
    """LEN and IDC, the other two of the 48, are no content and have tests of their own below."""
    assert any(case[0] == number for case in RIGHT.values())
    assert any(case[0] == number for case in WRONG.values())


def test_a_car_has_forty_eight_fields() -> None:
    assert len(OF_A_CAR) == 48


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT)
def test_right(case: tuple[int, Content]) -> None:
    number, content = case
    others: dict[int, Content] = {47: [["", "LARCENY"]]} if number == 45 else {}
    assert check(changed(a_card(), 2, others | {number: content})) == []


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_wrong(case: tuple[int, Content, Rule]) -> None:
    number, content, rule = case
    assert (f"2.{number:03d}", rule) in found(changed(a_card(), 2, {number: content}))


@pytest.mark.parametrize("case", CLAMPED.values(), ids=CLAMPED)
def test_questioned_but_sent(case: tuple[int, Content]) -> None:
    number, content = case
    findings = check(changed(a_card(), 2, {number: content}))
    assert [(finding.field, finding.severity) for finding in findings] == [(f"2.{number:03d}", Severity.WARNING)]


@pytest.mark.parametrize(("number", "most"), TEXT_MAX.items())
def test_longest_text_passes_and_one_more_does_not(number: int, most: int) -> None:
    assert check(changed(a_card(), 2, {number: "X" * most})) == []
    assert (f"2.{number:03d}", Rule.LENGTH) in found(changed(a_card(), 2, {number: "X" * (most + 1)}))


@pytest.mark.parametrize(
    ("number", "content", "rule"),
    {
        "version unknown": (2, "0600", Rule.CODE),
        "other type of transaction": (4, "FANC", Rule.STRUCTURE),
        "date that is none": (5, "20261131", Rule.DATE),
        "priority zero": (6, "0", Rule.CODE),
        "destination is the FBI": (7, "WVIAFIS0Z", Rule.AGENCY),
        "destination of eight characters": (7, "NYSIB000", Rule.LENGTH),
        "originator of eight characters": (8, "NY030300", Rule.LENGTH),
        "control number of nine characters": (9, "123456789", Rule.LENGTH),
        "control number of 41 characters": (9, "1" * 41, Rule.LENGTH),
        "answer to itself": (10, TCN, Rule.AGENCY),
        "sent to its own sender": (7, "NY0303000", Rule.AGENCY),
        "domain of another country": (13, [["EURO", "EBTS 11.0"]], Rule.CODE),
        "resolution left out": (11, None, Rule.MANDATORY),
        "native resolution zero with prints": (11, "00.00", Rule.RESOLUTION),
        "transmitting resolution of 1000 ppi": (12, "39.37", Rule.RESOLUTION),
        "resolution that is no number": (12, "19,69", Rule.RESOLUTION),
        "domain left out": (13, None, Rule.MANDATORY),
        "moment without Z": (14, "202611240700000", Rule.DATE),
        "moment that is none": (14, "20261124250000Z", Rule.DATE),
        "character set unknown": (15, [["009", "X"]], Rule.CODE),
    }.values(),
)
def test_wrong_head(number: int, content: Content, rule: Rule) -> None:
    assert (f"1.{number:03d}", rule) in found(changed(a_card(), 1, {number: content}))


@pytest.mark.parametrize("finger", FINGERS)
def test_finger_left_out_without_a_reason(finger: Position) -> None:
    findings = errors(check(without_print(a_card(), finger)))
    assert [(f.field, f.rule) for f in findings] == [("2.084", Rule.COMPLETENESS)]
    assert finger.words in findings[0].sentence


def test_originator_of_no_state_is_questioned_for_training_uses_one() -> None:
    findings = check(changed(a_card(), 1, {8: "ZZ0010000"}))
    assert [(f.field, f.severity) for f in findings] == [("1.008", Severity.WARNING)]


def test_finger_missing_and_explained() -> None:
    missing = {Position.LEFT_RING: MissingReason.AMPUTATED}
    images = {position: image for position, image in nominal_images().items() if position is not Position.LEFT_RING}
    assert check(parse(car_bytes(a_booking(missing=missing), images))) == []


def test_missing_thumb_explains_its_plain_impression() -> None:
    tx = changed(without_print(without_print(a_card(), Position.RIGHT_THUMB), Position.PLAIN_RIGHT_THUMB), 2, {84: [["1", "UP"]]})
    assert check(tx) == []


def test_plain_thumbs_missing_may_be_one_entry() -> None:
    tx = without_print(without_print(a_card(), Position.PLAIN_RIGHT_THUMB), Position.PLAIN_LEFT_THUMB)
    assert check(changed(tx, 2, {84: [["15", "UP"]]})) == []


def test_finger_amputated_and_printed() -> None:
    assert found(changed(a_card(), 2, {84: [["02", "XX"]]})) == {("2.084", Rule.COMPLETENESS)}


def test_same_finger_printed_twice() -> None:
    tx = with_print(a_card(), 2, positions=(1, 255, 255, 255, 255, 255))
    assert found(tx) == {("4.004", Rule.COMPLETENESS), ("2.084", Rule.COMPLETENESS)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    {
        "rolled print said to be plain": ({"impression": 0}, ("4.003", Rule.CODE)),
        "unknown finger": ({"positions": (0, 255, 255, 255, 255, 255)}, ("4.004", Rule.CODE)),
        "native resolution": ({"resolution": 1}, ("4.005", Rule.RESOLUTION)),
        "uncompressed": ({"compression": 0}, ("4.008", Rule.COMPRESSION)),
        "JPEG 2000 at 500 ppi": ({"compression": 4}, ("4.008", Rule.COMPRESSION)),
        "width other than its data": ({"width": 65}, ("4.006", Rule.IMAGE)),
        "height other than its data": ({"height": 63}, ("4.006", Rule.IMAGE)),
        "data that are no WSQ": ({"data": b"\xff\xd8\xff\xe0"}, ("4.009", Rule.IMAGE)),
        "no data": ({"data": b""}, ("4.009", Rule.IMAGE)),
    }.values(),
)
def test_wrong_print(changes: dict[str, object], expected: tuple[str, Rule]) -> None:
    assert expected in found(with_print(a_card(), 3, **changes))  # type: ignore[arg-type]


def test_further_finger_positions_are_questioned() -> None:
    findings = check(with_print(a_card(), 3, positions=(3, 4, 255, 255, 255, 255)))
    assert [(f.field, f.severity) for f in findings] == [("4.004", Severity.WARNING)]


def test_larger_print_is_accepted() -> None:
    pixels = ridges(1200, 900)
    assert check(with_print(a_card(), 3, width=1200, height=900, data=encode_wsq(pixels))) == []


def test_smaller_print_is_questioned() -> None:
    found_there = check(with_print(a_card(), 3, width=64, height=64, data=encode_wsq(a_print(Position.RIGHT_MIDDLE).pixels)))
    assert [(f.field, f.rule, f.severity, f.form) for f in found_there] == [("4.006", Rule.SIZE, Severity.WARNING, "impressions.3")]


def test_nearly_empty_print_is_questioned() -> None:
    import numpy as np

    empty = encode_wsq(np.full((750, 800), 255, np.uint8))
    found_there = check(with_print(a_card(), 3, data=empty))
    assert [(f.field, f.rule, f.severity) for f in found_there] == [("4.009", Rule.COMPRESSION, Severity.WARNING)]


@pytest.mark.parametrize(("comment", "rule"), [(b"PPI 1000\n", Rule.RESOLUTION), (b"NIST_COM 2\nWSQ_BITRATE 2.250000", Rule.COMPRESSION)])
def test_print_whose_own_comment_says_otherwise_is_questioned(comment: bytes, rule: Rule) -> None:
    data = nominal_images()[Position.RIGHT_MIDDLE].data
    told = data[:2] + b"\xff\xa8" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:]
    found_there = check(with_print(a_card(), 3, data=told))
    assert [(f.field, f.rule, f.severity) for f in found_there] == [("4.009", rule, Severity.WARNING)]


def test_resolution_that_an_encoder_did_not_know_is_not_held_against_a_print() -> None:
    data = nominal_images()[Position.RIGHT_MIDDLE].data.replace(b"PPI 500", b"PPI 255")
    assert check(with_print(a_card(), 3, data=data)) == []


def test_transaction_dated_in_the_future() -> None:
    assert check(a_card(), today=date(2026, 11, 23)) == []  # a time zone ahead
    assert [(f.field, f.rule) for f in check(a_card(), today=date(2026, 11, 22))] == [("1.005", Rule.DATE)]


def test_moment_on_another_day_than_the_date_is_questioned() -> None:
    findings = check(changed(a_card(), 1, {14: "20261120070000Z"}))
    assert [(f.field, f.severity) for f in findings] == [("1.014", Severity.WARNING)]


def test_domain_of_another_edition_is_questioned() -> None:
    findings = check(changed(a_card(), 1, {13: [["NORAM", "EBTS 10.0"]]}))
    assert [(f.field, f.severity) for f in findings] == [("1.013", Severity.WARNING)]


def test_finding_has_an_identity_a_clause_and_the_place_on_the_form() -> None:
    (finding,) = check(changed(a_card(), 2, {20: "ZZ"}))
    assert finding.as_json() == {
        "id": "2.020/code",
        "field": "2.020",
        "rule": "code",
        "clause": "EBTS 11.0 tables C-1, D-1",
        "severity": "error",
        "sentence": "POB (place of birth) holds a code that is not in its list.",
        "form": "subject.place_of_birth",
    }


def test_every_place_on_the_form_exists() -> None:
    from agent.model.booking import Arrest, Booking, Subject
    from agent.settings import Settings

    for field, place in PLACES.items():
        head, _, name = place.partition(".")
        if head == "settings":
            section, _, key = name.partition(".")
            model = Settings.model_fields[section].annotation
            assert model is not None
            assert key in model.model_fields, field
        else:
            owner = {"subject": Subject, "arrest": Arrest}.get(head, Booking)
            assert (name or head) in {f.name for f in fields(owner)}, field


def test_two_prints_of_one_designation() -> None:
    assert ("1.003", Rule.STRUCTURE) in found(with_print(a_card(), 3, idc=2))


def test_count_with_other_designations() -> None:
    tx = a_card()
    listed = Field("1.003", 3, b"1\x1f1\x1e2\x1f00")
    head = tagged_record(1, [f if f.number != 3 else listed for f in tx.type1.fields if f.number != 1])
    assert ("1.003", Rule.STRUCTURE) in found(Transaction((head, *tx.records[1:])))


def test_length_that_is_not_so() -> None:
    tx = a_card()
    record = tx.first(2)
    assert record is not None
    lying = TaggedRecord(2, (text_field(2, 1, "999"), *record.fields[1:]))
    assert ("2.001", Rule.STRUCTURE) in found(Transaction((tx.type1, lying, *tx.records[2:])))


def test_descriptive_record_with_another_designation() -> None:
    assert ("2.002", Rule.STRUCTURE) in found(changed(a_card(), 2, {2: "05"}))


@pytest.mark.parametrize(("type_", "extra"), {"minutiae": (9, None), "latent": (13, None), "assurance": (98, None)}.values())
def test_record_that_a_car_does_not_hold(type_: int, extra: None) -> None:
    tx = a_card()
    stranger = tagged_record(type_, [text_field(type_, 2, "20")])
    assert (str(type_), Rule.UNDEFINED) in found(transaction(tx.type1.fields[1:2] + tx.type1.fields[3:], [*tx.records[1:], stranger]))


def test_car_without_descriptive_record() -> None:
    tx = a_card()
    assert ("2", Rule.STRUCTURE) in found(transaction(tx.type1.fields[1:2] + tx.type1.fields[3:], tx.records[2:]))


def test_field_twice_in_a_record() -> None:
    tx = a_card()
    record = tx.first(2)
    assert record is not None
    doubled = tagged_record(2, [*record.fields[1:], text_field(2, 24, "F")])
    assert ("2.024", Rule.STRUCTURE) in found(Transaction((tx.type1, doubled, *tx.records[2:])))


def test_foreign_alphabet_needs_the_character_set() -> None:
    utf8 = changed(changed(a_card(), 1, {15: [["003", "UTF-8", "4.0"]]}), 2, {41: "1 ŁÓDŹ STREET"})
    assert check(parse(b"".join(_bytes(utf8)))) == []
    plain = changed(a_card(), 2, {41: "1 ŁÓDŹ STREET"})
    assert ("2.041", Rule.CHARACTERS) in found(parse(b"".join(_bytes(plain))))


def _bytes(tx: Transaction) -> list[bytes]:
    from agent.nist.codec import build

    return [build(tx)]


@pytest.mark.parametrize("tot", ["SRE", "ERRT"])
def test_our_own_replies_pass(tot: str) -> None:
    head = ReplyHead("SIB-0000000001", MADE_AT)
    made = replies.build_sre(a_card(), head, identified=True, fbi_number="123456AB7", messages=["M0017 LESC NOT SEARCHED"])
    if tot == "ERRT":
        made = replies.build_errt(a_card(), head, messages=["L0118 OUT OF SEQUENCE"])
    assert check(parse(made), tot) == []


@pytest.mark.parametrize(
    ("tot", "number", "type_"),
    [("SRE", 10, 1), ("SRE", 18, 2), ("SRE", 59, 2), ("SRE", 73, 2), ("ERRT", 60, 2), ("ERRT", 2007, 2), ("ERRT", 2008, 2)],
)
def test_reply_without_a_mandatory_field(tot: str, number: int, type_: int) -> None:
    head = ReplyHead("SIB-0000000001", MADE_AT)
    made = replies.build_sre(a_card(), head, identified=False) if tot == "SRE" else replies.build_errt(a_card(), head, messages=["L0118 X"])
    assert (f"{type_}.{number:03d}", Rule.MANDATORY) in found(changed(parse(made), type_, {number: None}), tot)


def test_unknown_profile_or_edition_is_our_own_error() -> None:
    with pytest.raises(ConfigError, match="FANC"):
        check(a_card(), "FANC")
    with pytest.raises(ConfigError, match="12"):
        check(a_card(), "CAR", "12.0")


def test_no_finding_quotes_a_value() -> None:
    secret = "ZEBEDEE QUILLFEATHER"
    tx = changed(a_card(), 2, dict.fromkeys(MANDATORY, secret))
    assert not any(secret in finding.sentence for finding in check(tx))


@pytest.mark.parametrize("name", ["type-14-tpcard-nqm.an2", "type-4-slaps.an2", "type-9-4-iafis.an2", "rec01_rec02_rec16.nst.an2"])
@pytest.mark.parametrize("profile", RECORDS)
def test_foreign_files_are_found_fault_with_not_raised_upon(name: str, profile: str) -> None:
    assert errors(check(parse(testdata(f"prints/nist/{name}").read_bytes()), profile))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_can_be_read_can_be_checked(data: st.DataObject) -> None:
    mutated = bytearray(car_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        mutated[data.draw(st.integers(0, 1200))] = data.draw(st.integers(0, 255))
    try:
        tx = parse(bytes(mutated))
    except NistError:
        return
    findings: list[Finding] = check(tx)
    assert all(finding.sentence and finding.clause for finding in findings)


@given(
    st.dictionaries(
        st.sampled_from([row.number for row in rows(2)]), st.text(max_size=12).filter(lambda t: not set(t) & set("\x1c\x1d\x1e\x1f"))
    )
)
@settings(max_examples=150, deadline=None)
def test_any_text_in_any_field_can_be_checked(changes: dict[int, str]) -> None:
    changes = {number: text.encode("utf-8", "replace").decode() for number, text in changes.items() if number > 2}
    check(changed(a_card(), 2, changes))


def test_prints_are_binary_records() -> None:
    assert all(isinstance(record, BinaryRecord) for record in a_card().of_type(4))


def test_every_row_says_where_it_is_laid_down() -> None:
    for type_ in (1, 2, 4, 14):
        assert all(row.clause and row.name and row.occurs and lookup(type_, row.number) is row for row in rows(type_))
