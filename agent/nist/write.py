"""Making records: what is written here is strict. Three-digit field numbers, computed lengths and counts, no separator in a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agent.nist.errors import NistError
from agent.nist.records import (
    HEADER_SIZE,
    IMAGE_FIELD,
    BinaryRecord,
    Buffer,
    Encoding,
    Field,
    FingerprintHeader,
    Record,
    TaggedRecord,
    Transaction,
)

_SEPARATORS = re.compile("[\x1c-\x1f]")
MAX_BINARY = 0xFFFFFFFF  # bytes: LEN of Types 3 to 8 has four


def tag(type_: int, number: int) -> str:
    """ "2.018"; field numbers from 1000 have four digits."""
    return f"{type_}.{number:03d}"


def text_field(type_: int, number: int, value: str, encoding: Encoding = "ascii") -> Field:
    """A field of one value. Raises NistError when the value holds a separator or a character outside the transaction's set."""
    return items_field(type_, number, [[value]], encoding)


def list_field(type_: int, number: int, values: Iterable[str], encoding: Encoding = "ascii") -> Field:
    """A field of several subfields with one value each."""
    return items_field(type_, number, [[value] for value in values], encoding)


def items_field(type_: int, number: int, subfields: Iterable[Sequence[str]], encoding: Encoding = "ascii") -> Field:
    """A field of subfields with items."""
    name = tag(type_, number)
    rows = [tuple(items) for items in subfields]
    if any(_SEPARATORS.search(item) for items in rows for item in items):
        raise NistError("a value to be written holds one of the four separators", field=name)
    text = "\x1e".join("\x1f".join(items) for items in rows)
    try:
        return Field(name, number, text.encode(encoding), encoding)
    except UnicodeEncodeError as error:
        raise NistError(f"a value to be written holds a character outside {encoding.upper()}", field=name) from error


def image_field(type_: int, data: Buffer) -> Field:
    """x.999, always the last of its record."""
    return Field(tag(type_, IMAGE_FIELD), IMAGE_FIELD, data, image=True)


def tagged_record(type_: int, fields: Iterable[Field]) -> TaggedRecord:
    """A record of these fields in this order, with its length in front."""
    rest = tuple(fields)
    body = TaggedRecord(type_, rest).length
    name = tag(type_, 1)
    length = body + len(name) + 2
    while len(str(length)) + body + len(name) + 2 != length:  # the length counts its own digits
        length = len(str(length)) + body + len(name) + 2
    return TaggedRecord(type_, (text_field(type_, 1, str(length)), *rest))


def fingerprint_record(header: FingerprintHeader, image: Buffer, type_: int = 4) -> BinaryRecord:
    """A binary fingerprint record; the length in `header` is ignored and computed. Raises NistError when a number does not fit."""
    length = HEADER_SIZE + len(image)
    if length > MAX_BINARY:
        raise NistError(f"an image of {len(image)} bytes does not fit a record", field=tag(type_, 1))
    try:
        fixed = b"".join(
            (
                length.to_bytes(4, "big"),
                bytes((header.idc, header.impression, *header.positions, header.resolution)),
                header.width.to_bytes(2, "big"),
                header.height.to_bytes(2, "big"),
                bytes((header.compression,)),
            )
        )
    except (OverflowError, ValueError) as error:
        raise NistError("a number in the header does not fit its byte", field=tag(type_, 1)) from error
    if len(fixed) != HEADER_SIZE:
        raise NistError("six finger positions are needed, 255 for those not used", field=tag(type_, 4))
    return BinaryRecord(type_, fixed + bytes(image))


def transaction(type1: Iterable[Field], records: Sequence[Record]) -> Transaction:
    """A transaction: 1.002 first, then 1.003 CNT computed from the records in their order, then the other fields of Type-1."""
    first, *others = type1
    idcs = [[str(record.type), f"{record.idc or 0:02d}"] for record in records]
    count = items_field(1, 3, [["1", str(len(records))], *idcs])
    return Transaction((tagged_record(1, (first, count, *others)), *records))
