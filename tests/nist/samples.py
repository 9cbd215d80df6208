"""A booking that is right in every field, its CAR, and ways to make it wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import numpy as np

from agent.imaging.codec import encode_wsq
from agent.model.booking import Arrest, Booking, BookingId, Charge, Subject
from agent.model.fingers import FINGERS, MissingReason, Position
from agent.model.impression import DeviceTag, GrayImage, Impression, ImpressionKind
from agent.nist.codec import parse
from agent.nist.records import BinaryRecord, Field, FingerprintHeader, Record, TaggedRecord, Transaction
from agent.nist.write import fingerprint_record, items_field, tagged_record, transaction
from agent.submission.build import EncodedImage, StationIdentity, build_car
from agent.submission.profiles import CAR, PLAINS

REAL_FILES = (
    "rec01_rec02_rec16.nst.an2",
    "type-14-amp-nqm-utf8.an2",
    "type-14-tpcard-nqm.an2",
    "type-4-slaps.an2",
    "type-4-tpcard.an2",
    "type-9-4-iafis.an2",
)
MADE_AT = datetime(2026, 11, 24, 7, 0, 0, tzinfo=UTC)
TCN = "LS-0001-01JDEXAMPLE000000000000000"
STATION = StationIdentity(ori="NY0303000", dai="NYSIB0000", cri=("NY0303000",), agency_name="TRAINING COUNTY JAIL")
SUBJECT = Subject(
    name="DOE-ROE,JOHN ALEXANDER",
    place_of_birth="NY",
    date_of_birth="19800229",
    sex="M",
    race="U",
    height="601",
    weight="182",
    eyes="BRO",
    hair="BLK",
    aliases=("ROE,JACK",),
    citizenship=("US", "CC"),
    marks=("MISS L TOE",),
    fbi_numbers=("123456AB7",),
    state_id="NY12345678",
    social_security=("900000000",),
    other_numbers=("PP-1234567890P",),
    residence="1 EXAMPLE STREET, NOWHERE NY",
    occupation="PLUMBER",
)
ARREST = Arrest(
    date_of_arrest=date(2026, 11, 23),
    charges=(Charge("BURGLARY OF A DWELLING", date(2026, 11, 22)), Charge("RESISTING ARREST")),
    photo_available=True,
    caution="MEDICAL CONDITION",
    attention="RECORDS DESK",
)
DEVICE = DeviceTag(make="TRAINING", model="FAP60-SIM", serial="LS60-0001", firmware="1.0", simulated=True)


def a_print(position: Position) -> Impression:
    """64 x 64 pixels of something like ridges, another for each position."""
    y, x = np.mgrid[0:64, 0:64]
    pixels = (127 + 100 * np.sin((x * (position + 3) + y * 5) / 9)).astype(np.uint8)
    kind = ImpressionKind.ROLLED if position <= Position.LEFT_LITTLE else ImpressionKind.PLAIN
    return Impression(position, kind, pixels, 500, 1, DEVICE, MADE_AT)


def a_booking(*, missing: Mapping[Position, MissingReason] | None = None) -> Booking:
    return Booking(
        id=BookingId("20261124-7K3M9Q2X"),
        opened_at=MADE_AT,
        officer="officer-7",
        subject=SUBJECT,
        arrest=ARREST,
        missing=missing or {},
        impressions={position: a_print(position) for position in CAR.positions},
    )


@cache
def some_images() -> Mapping[Position, EncodedImage]:
    return {position: EncodedImage(encode_wsq(a_print(position).pixels), 64, 64) for position in CAR.positions}


def car_bytes(booking: Booking | None = None, images: Mapping[Position, EncodedImage] | None = None) -> bytes:
    return build_car(booking or a_booking(), tcn=TCN, made_at=MADE_AT, station=STATION, images=images or some_images())


@cache
def a_car() -> Transaction:
    return parse(car_bytes())


_SIZES = dict.fromkeys(FINGERS, (800, 750)) | dict.fromkeys(PLAINS[:2], (500, 1000)) | dict.fromkeys(PLAINS[2:], (1600, 1500))


@cache
def nominal_images() -> Mapping[Position, EncodedImage]:
    """Something like ridges at the sizes that EBTS asks for; the same for all positions of one size."""
    coded = {size: encode_wsq(ridges(*size)) for size in set(_SIZES.values())}
    return {position: EncodedImage(coded[size], *size) for position, size in _SIZES.items()}


def ridges(width: int, height: int) -> GrayImage:
    """Waves with a little noise, so that they compress about as a print does."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(1).normal(0, 6, (height, width))
    return np.clip(127 + 70 * np.sin((x + 0.4 * y) / 3 + np.sin(y / 40)) + noise, 0, 255).astype(np.uint8)


@cache
def a_card() -> Transaction:
    """The CAR with images of nominal size: right in everything that is checked."""
    return parse(car_bytes(images=nominal_images()))


Content = str | list[str] | list[list[str]] | None  # a value, subfields, subfields of items; None: the field is left out


def field(type_: int, number: int, content: Content) -> Field:
    """A field by its content."""
    parts = [content] if isinstance(content, str) else content or []
    return items_field(type_, number, [[part] if isinstance(part, str) else part for part in parts], "utf-8")


def changed(tx: Transaction, type_: int, changes: Mapping[int, Content]) -> Transaction:
    """The transaction with these fields of its first record of this type set or left out, lengths and counts as they should be."""
    records = [_changed_record(r, changes) if isinstance(r, TaggedRecord) and r.type == type_ else r for r in tx.records]
    return _again(records)


def _changed_record(record: TaggedRecord, changes: Mapping[int, Content]) -> TaggedRecord:
    kept = {f.number: f for f in record.fields if f.number != 1 and f.number not in changes}
    new = {number: field(record.type, number, content) for number, content in changes.items() if content is not None}
    fields = kept | new
    return tagged_record(record.type, [fields[number] for number in sorted(fields)])


def _again(records: list[Record]) -> Transaction:
    head = records[0]
    assert isinstance(head, TaggedRecord)
    others = {f.number: f for f in head.fields if f.number not in (1, 3)}
    return transaction([others[number] for number in sorted(others)], records[1:])


def with_print(tx: Transaction, number: int, *, data: bytes | None = None, **changes: object) -> Transaction:
    """The transaction with the header (or the data) of one Type-4 record changed."""

    def again(record: Record) -> Record:
        if not isinstance(record, BinaryRecord) or record.idc != number:
            return record
        assert record.header is not None
        header: FingerprintHeader = replace(record.header, **changes)  # type: ignore[arg-type]
        return fingerprint_record(header, bytes(record.image) if data is None else data)

    return _again([again(record) for record in tx.records])


def without_print(tx: Transaction, position: Position) -> Transaction:
    """The transaction without the image of a position."""
    return _again([r for r in tx.records if not (isinstance(r, BinaryRecord) and r.header and r.header.position == position)])


def images_without(*gone: Position) -> dict[Position, EncodedImage]:
    """The images of all positions but these."""
    kept: dict[Position, EncodedImage] = {position: image for position, image in some_images().items() if position not in gone}
    return kept
