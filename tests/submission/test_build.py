"""A booking as a CAR."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import nistitl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.imaging.codec import decode_wsq
from agent.model.booking import Charge, Subject
from agent.model.fingers import FINGERS, MissingReason, Position, fingers_of
from agent.nist.check import check
from agent.nist.codec import parse
from agent.nist.findings import errors
from agent.nist.records import BinaryRecord, TaggedRecord
from agent.submission.build import MAX_AMP, EncodedImage, amputations, build_car
from agent.submission.errors import SubmissionError
from agent.submission.profiles import CAR, PLAINS
from tests.data import testdata
from tests.nist.samples import ARREST, MADE_AT, STATION, SUBJECT, TCN, a_booking, car_bytes, some_images

XX, UP = MissingReason.AMPUTATED, MissingReason.UNPRINTABLE


def type2(data: bytes) -> TaggedRecord:
    record = parse(data).first(2)
    assert record is not None
    return record


def card_images() -> dict[Position, EncodedImage]:
    tx = parse(testdata("prints/nist/type-4-tpcard.an2").read_bytes())
    prints = [(r, r.header) for r in tx.of_type(4) if isinstance(r, BinaryRecord)]
    return {Position(h.position): EncodedImage(bytes(r.image), h.width, h.height) for r, h in prints if h}


def left_over(missing: Mapping[Position, MissingReason]) -> dict[Position, EncodedImage]:
    """Images of the positions that still have a finger."""
    return {position: image for position, image in some_images().items() if not all(finger in missing for finger in fingers_of(position))}


def test_head_says_what_the_profile_asks() -> None:
    head = parse(car_bytes()).type1
    texts = {field.number: field.text for field in head.fields if field.number != 3}
    assert texts == {
        1: str(head.length),
        2: "0502",
        4: "CAR",
        5: "20261124",
        6: "1",
        7: "NYSIB0000",
        8: "NY0303000",
        9: TCN,
        11: "19.69",
        12: "19.69",
        13: "NORAM\x1fEBTS 11.0",
        14: "20261124070000Z",
        17: "\x1fTRAINING COUNTY JAIL",
    }


def test_descriptive_record_says_what_the_booking_says() -> None:
    texts = {field.number: field.text for field in type2(car_bytes()).fields if field.number != 1}
    assert texts == {
        2: "00",
        5: "Y",
        6: "RECORDS DESK",
        9: "20261124-7K3M9Q2X",
        14: "123456AB7",
        15: "NY12345678",
        16: "900000000",
        17: "PP-1234567890P",
        18: "DOE-ROE,JOHN ALEXANDER",
        19: "ROE,JACK",
        20: "NY",
        21: "US\x1eCC",
        22: "19800229",
        24: "M",
        25: "U",
        26: "MISS L TOE",
        27: "601",
        29: "182",
        31: "BRO",
        32: "BLK",
        36: "Y",
        40: "PLUMBER",
        41: "1 EXAMPLE STREET, NOWHERE NY",
        45: "20261123",
        47: "20261122\x1fBURGLARY OF A DWELLING\x1e\x1fRESISTING ARREST",
        56: "MEDICAL CONDITION",
        67: "TRAINING\x1fFAP60-SIM\x1fLS60-0001",
        73: "NY0303000",
    }


def test_what_is_not_known_is_left_out() -> None:
    bare = replace(SUBJECT, aliases=(), citizenship=(), marks=(), fbi_numbers=(), state_id=None, social_security=(), other_numbers=())
    bare = replace(bare, residence=None, occupation=None)
    arrest = replace(ARREST, photo_available=False, caution=None, attention=None, retain=False)
    record = type2(car_bytes(replace(a_booking(), subject=bare, arrest=arrest)))
    assert [field.number for field in record.fields] == [1, 2, 5, 9, 18, 20, 22, 24, 25, 27, 29, 31, 32, 45, 47, 67, 73]
    assert record.text(5) == "N"


def test_juvenile_treated_as_adult() -> None:
    assert type2(car_bytes(replace(a_booking(), arrest=replace(ARREST, treat_as_adult=True)))).text(87) == "Y"


def test_prints_follow_in_the_order_of_the_card_with_their_impression_types() -> None:
    headers = [record.header for record in parse(car_bytes()).of_type(4) if isinstance(record, BinaryRecord)]
    assert [(h.idc, h.position, h.impression, h.resolution, h.compression) for h in headers if h] == [
        (idc, position, 1 if idc <= 10 else 0, 0, 1) for idc, position in enumerate(CAR.positions, start=1)
    ]
    assert {h.positions[1:] for h in headers if h} == {(255,) * 5}


def test_count_lists_the_records_in_their_order() -> None:
    tx = parse(car_bytes())
    assert tx.type1.items(3) == (("1", "15"), ("2", "00"), *(("4", f"{idc:02d}") for idc in range(1, 15)))
    assert [record.type for record in tx.records] == [1, 2, *[4] * 14]


def test_card_of_a_real_person_keeps_its_images_byte_for_byte() -> None:
    images = card_images()
    tx = parse(build_car(a_booking(), tcn=TCN, made_at=MADE_AT, station=STATION, images=images))
    assert check(tx) == []
    for record in tx.of_type(4):
        assert isinstance(record, BinaryRecord)
        assert record.header is not None
        image = images[Position(record.header.position)]
        assert (bytes(record.image), record.header.width, record.header.height) == (image.data, image.width, image.height)
        assert decode_wsq(record.image).shape == (image.height, image.width)


def test_same_booking_same_bytes() -> None:
    images = some_images()
    backwards = dict(reversed(list(images.items())))
    booking = a_booking()
    again = replace(booking, impressions=dict(reversed(list(booking.impressions.items()))))
    assert hashlib.sha256(car_bytes(booking, images)).digest() == hashlib.sha256(car_bytes(again, backwards)).digest()


def test_date_is_local_and_moment_is_utc() -> None:
    late = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    station = replace(STATION, time_zone=timezone(timedelta(hours=-5)))
    head = parse(build_car(a_booking(), tcn=TCN, made_at=late, station=station, images=some_images())).type1
    assert (head.text(5), head.text(14)) == ("20261123", "20261124030000Z")


def test_time_without_a_zone_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="time zone"):
        build_car(a_booking(), tcn=TCN, made_at=datetime(2026, 11, 24), station=STATION, images=some_images())


def test_without_prints_the_resolutions_are_zero() -> None:
    missing = dict.fromkeys(FINGERS, XX)
    tx = parse(build_car(a_booking(missing=missing), tcn=TCN, made_at=MADE_AT, station=STATION, images={}))
    assert (tx.type1.text(11), tx.type1.text(12)) == ("00.00", "00.00")
    assert errors(check(tx)) == []


@pytest.mark.parametrize(
    ("missing", "expected"),
    {
        "none": ({}, {}),
        "a ring finger": ({Position.LEFT_RING: XX}, {9: XX}),
        "a thumb": ({Position.RIGHT_THUMB: UP}, {1: UP, 11: UP}),
        "both thumbs": ({Position.RIGHT_THUMB: UP, Position.LEFT_THUMB: XX}, {1: UP, 6: XX, 11: UP, 12: XX}),
        "a hand but its thumb": (dict.fromkeys(FINGERS[1:5], XX), {2: XX, 3: XX, 4: XX, 5: XX, 13: XX}),
        "a hand partly bandaged": ({**dict.fromkeys(FINGERS[6:9], XX), FINGERS[9]: UP}, {7: XX, 8: XX, 9: XX, 10: UP, 14: UP}),
    }.values(),
)
def test_missing_fingers_are_explained(missing: dict[Position, MissingReason], expected: dict[int, MissingReason]) -> None:
    assert {int(position): reason for position, reason in amputations(missing).items()} == expected
    tx = parse(car_bytes(a_booking(missing=missing), left_over(missing)))
    assert errors(check(tx)) == []


def test_nothing_left_fits_the_field() -> None:
    entries = amputations(dict.fromkeys(FINGERS, XX))
    assert len(entries) == MAX_AMP
    assert Position.PLAIN_THUMBS in entries


@given(st.dictionaries(st.sampled_from(FINGERS), st.sampled_from(MissingReason), max_size=10))
@settings(max_examples=60, deadline=None)
def test_any_missing_fingers_give_a_right_car(missing: dict[Position, MissingReason]) -> None:
    images = left_over(missing)
    made = build_car(a_booking(missing=missing), tcn=TCN, made_at=MADE_AT, station=STATION, images=images)
    assert errors(check(parse(made))) == []


UNWRITABLE = {
    "separator in the name": replace(SUBJECT, name="DOE\x1dROE,JOHN"),
    "letter outside ASCII": replace(SUBJECT, name="ŁUKASZEWICZ,JAN"),
    "separator in an alias": replace(SUBJECT, aliases=("ROE,JACK\x1eROE,JIM",)),
}


@pytest.mark.parametrize("subject", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_written_is_named_by_its_field_only(subject: Subject) -> None:
    with pytest.raises(SubmissionError, match=r"Field 2\.01[89]") as caught:
        car_bytes(replace(a_booking(), subject=subject))
    assert "ROE" not in str(caught.value)
    assert "JAN" not in str(caught.value)


def test_offense_with_a_separator_is_refused() -> None:
    arrest = replace(ARREST, charges=(Charge("LARCENY\x1fX"),))
    with pytest.raises(SubmissionError, match=r"2\.047"):
        car_bytes(replace(a_booking(), arrest=arrest))


def test_image_of_both_thumbs_has_no_place() -> None:
    images = {**some_images(), Position.PLAIN_THUMBS: some_images()[Position.PLAIN_RIGHT_THUMB]}
    with pytest.raises(SubmissionError, match="plain thumbs"):
        car_bytes(a_booking(), images)


def test_image_wider_than_a_record_can_say_is_refused() -> None:
    images = {**some_images(), Position.RIGHT_THUMB: EncodedImage(b"x", 70_000, 10)}
    with pytest.raises(SubmissionError, match=r"4\.001"):
        car_bytes(a_booking(), images)


def test_mandatory_field_left_empty_is_left_out_and_found() -> None:
    findings = errors(check(parse(car_bytes(replace(a_booking(), subject=replace(SUBJECT, eyes=""))))))
    assert [finding.field for finding in findings] == ["2.031"]


def test_plains_are_those_of_the_card() -> None:
    assert CAR.positions == (*FINGERS, *PLAINS)


_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20)


@given(name=_TEXT, literal=_TEXT, aliases=st.lists(_TEXT, max_size=3), residence=_TEXT)
@settings(max_examples=60, deadline=None)
def test_independent_reader_reads_whatever_was_typed_in(name: str, literal: str, aliases: list[str], residence: str) -> None:
    subject = replace(SUBJECT, name=name, aliases=tuple(aliases), residence=residence)
    booking = replace(a_booking(), subject=subject, arrest=replace(ARREST, charges=(Charge(literal),)))
    message = nistitl.Message()
    message.parse(car_bytes(booking))
    record = message[(2, 0)]
    read = {number: bytes(record[number].NIST).decode("latin-1").partition(":")[2] for number in (18, 41, 47)}
    assert read == {18: name, 41: residence, 47: f"\x1f{literal}"}
