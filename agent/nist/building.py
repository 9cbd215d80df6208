"""Transaction to bytes, strictly: what a file says of itself (LEN, CNT, separators) is so, or nothing is written.

Everything is verified before the first piece leaves, value by value, so that a file of 100 MB is written without a second copy of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.nist.errors import NistError
from agent.nist.grammar import BINARY_MINIMUM, MAX_BYTES, MAX_PARTS, counted_types
from agent.nist.records import (
    BINARY_TYPES,
    FIRST_IMAGE_TYPE,
    FS,
    GS,
    IMAGE_FIELD,
    RS,
    US,
    BinaryRecord,
    Buffer,
    Field,
    TaggedRecord,
    Transaction,
)

_TAG = re.compile(r"([0-9]{1,3})\.([0-9]{1,4})")
_ENDS = re.compile(rb"[\x1c\x1d]")
_LENGTH = re.compile(rb"[0-9]{1,10}")
_CHUNK = 1 << 16  # bytes looked at in one go


def build(tx: Transaction) -> bytes:
    """The file of a transaction. Raises NistError when what it says of itself (LEN, CNT, separators) is not so."""
    return b"".join(pieces(tx))


def pieces(tx: Transaction) -> Iterator[Buffer]:
    """The same in pieces, for `file.writelines`: no copy of the whole is made. Raises NistError before the first."""
    _verify(tx)
    return _pieces(tx)


def _pieces(tx: Transaction) -> Iterator[Buffer]:
    for record in tx.records:
        if isinstance(record, BinaryRecord):
            yield record.raw
            continue
        for i, field in enumerate(record.fields):
            yield (GS if i else b"") + field.tag.encode("ascii") + b":"
            yield field.raw
        yield FS


def _verify(tx: Transaction) -> None:
    """That `parse` would read these records from what is written: the same records, and no others."""
    first = tx.records[0] if tx.records else None
    if not isinstance(first, TaggedRecord) or first.type != 1:
        raise NistError("it does not begin with a Type-1 record", field="1.001")
    count = first.field(3)
    if counted_types(None if count is None else count.raw) != [record.type for record in tx.records[1:]]:
        raise NistError("CNT does not list the records that follow", field="1.003")
    if sum(record.length for record in tx.records) > MAX_BYTES:
        raise NistError(f"it would have more than {MAX_BYTES} bytes", field="1.001")
    parts = sum(_verify_binary(record) if isinstance(record, BinaryRecord) else _verify_tagged(record) for record in tx.records)
    if parts > MAX_PARTS:
        raise NistError(f"more than {MAX_PARTS} fields and items", field="1.003")


def _verify_binary(record: BinaryRecord) -> int:
    """No part of it counts: it has no separators."""
    if record.type not in BINARY_TYPES or len(record.raw) < BINARY_MINIMUM[record.type]:
        raise NistError("a binary record is shorter than its fixed fields", field=f"{record.type}.001")
    if int.from_bytes(record.raw[:4], "big") != len(record.raw):
        raise NistError("LEN is not the record's length", field=f"{record.type}.001")
    return 0


def _verify_tagged(record: TaggedRecord) -> int:
    """The number of its fields, subfields and items."""
    length = bytes(record.fields[0].raw[:11]) if record.fields and record.fields[0].number == 1 else b""
    if record.type in BINARY_TYPES or not _LENGTH.fullmatch(length) or int(length) != record.length:
        raise NistError("LEN is not the record's length", field=f"{record.type}.001")
    return sum(_verify_field(record, i, field) for i, field in enumerate(record.fields))


def _verify_field(record: TaggedRecord, place: int, field: Field) -> int:
    tag = _TAG.fullmatch(field.tag)
    if tag is None or int(tag[1]) != record.type or int(tag[2]) != field.number or not field.number or not field.tag.isascii():
        raise NistError("a tag is not that of its record and number", field=f"{record.type}.{field.number:03d}")
    if field.image != (field.number == IMAGE_FIELD and record.type >= FIRST_IMAGE_TYPE):
        raise NistError("image data stand in another field than 999", field=field.tag)
    if field.image:
        if place != len(record.fields) - 1:
            raise NistError("image data are not the last of their record", field=field.tag)
        return 1
    if _ENDS.search(field.raw):
        raise NistError("a value holds a separator and would be read back as something else", field=field.tag)
    return 1 + _count(field.raw)


def _count(raw: Buffer) -> int:
    """Separators of subfields and items; a long value is a view, which cannot count, and is not copied whole."""
    chunks = (bytes(raw[at : at + _CHUNK]) for at in range(0, len(raw), _CHUNK))
    return sum(chunk.count(RS) + chunk.count(US) for chunk in chunks)
