"""Bytes to transaction and back: the traditional encoding of ANSI/NIST-ITL 1-2011 annex B.

Read kindly, write strictly, lose nothing: two- and four-digit field numbers, empty fields, unknown fields and unknown record types are
kept and written back as they were; `build(parse(data)) == data` for every file that `parse` accepts. What cannot be trusted is refused:
a length or a count that does not add up, since from there on every byte could belong to another field (EBTS 11.0 appendix M, E0004).

A record ends where its length says, never where a separator or the text "999:" happens to stand in a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.nist.errors import NistError
from agent.nist.records import (
    BINARY_TYPES,
    FIRST_IMAGE_TYPE,
    FS,
    GS,
    HEADER_SIZE,
    IMAGE_FIELD,
    RS,
    US,
    BinaryRecord,
    Buffer,
    Encoding,
    Field,
    Record,
    TaggedRecord,
    Transaction,
)

MAX_BYTES = 256 * 1024 * 1024  # ours: a CAR with every image it may have stays below a tenth of it
MAX_RECORDS = 1000  # EBTS 11.0 §1.2
MAX_PARTS = 200_000  # ours: fields, subfields and items of one file; bounds what a hostile one makes us hold

_TAG = re.compile(rb"([0-9]{1,3})\.([0-9]{1,4}):")
_LEN = re.compile(rb"([0-9]{1,3})\.0{0,3}1:([0-9]{1,10})[\x1c\x1d]")
_CNT_ENTRY = re.compile(rb"([0-9]{1,4})\x1f([0-9]{1,4})")
_BINARY_MINIMUM = {3: HEADER_SIZE, 4: HEADER_SIZE, 5: HEADER_SIZE, 6: HEADER_SIZE, 7: 5, 8: 12}  # bytes of fixed fields


def parse(data: bytes) -> Transaction:
    """The transaction in `data`. Raises NistError, and nothing else, for any other bytes. Time is linear; images are not copied."""
    if len(data) > MAX_BYTES:
        raise NistError(f"{len(data)} bytes are more than the {MAX_BYTES} that are read")
    return Transaction(tuple(_records(_Source(bytes(data)))))


def build(tx: Transaction) -> bytes:
    """The file of a transaction. Raises NistError when what it says of itself (LEN, CNT, separators) is not so."""
    data = b"".join(_written(tx))
    if parse(data) != tx:
        raise NistError("a value holds a separator and would be read back as something else")
    return data


def _written(tx: Transaction) -> Iterator[Buffer]:
    for record in tx.records:
        if isinstance(record, BinaryRecord):
            yield record.raw
        else:
            yield from _written_fields(record)


def _written_fields(record: TaggedRecord) -> Iterator[Buffer]:
    for i, field in enumerate(record.fields):
        yield (GS if i else b"") + field.tag.encode("ascii") + b":"
        yield field.raw
    yield FS


@dataclass
class _Source:
    """The bytes, and how many parts may still be found in them."""

    data: bytes
    parts: int = MAX_PARTS

    def spend(self, count: int, at: int) -> None:
        self.parts -= count
        if self.parts < 0:
            raise NistError(f"more than {MAX_PARTS} fields and items", offset=at)


def _records(source: _Source) -> Iterator[Record]:
    head = _tagged(source, 1, 0, "ascii")  # Type-1 is always 7-bit ASCII, EBTS 11.0 §1.2
    yield head
    encoding = _encoding(head)
    at = head.length
    for type_ in _counted_types(head):
        record = _binary(source, type_, at) if type_ in BINARY_TYPES else _tagged(source, type_, at, encoding)
        yield record
        at += record.length
    if at != len(source.data):
        raise NistError(f"{len(source.data) - at} bytes stand behind the last record that 1.003 CNT counts", offset=at, field="1.003")


def _counted_types(head: TaggedRecord) -> list[int]:
    """The types of the records that follow Type-1, by 1.003 CNT."""
    field = head.field(3)
    if field is None:
        raise NistError("the count of records is missing", offset=0, field="1.003")
    entries = [_CNT_ENTRY.fullmatch(part) for part in bytes(field.raw).split(RS)]
    numbers = [(int(entry[1]), int(entry[2])) for entry in entries if entry]
    if len(numbers) != len(entries) or numbers[0][0] != 1:
        raise NistError("the count of records is not a list of pairs that begins with type 1", offset=0, field="1.003")
    types = [type_ for type_, _idc in numbers[1:]]
    if numbers[0][1] != len(types):
        raise NistError(f"{numbers[0][1]} records are announced, {len(types)} are listed", offset=0, field="1.003")
    if len(types) >= MAX_RECORDS:
        raise NistError(f"more than {MAX_RECORDS} records", offset=0, field="1.003")
    if any(type_ not in range(2, 100) for type_ in types):
        raise NistError("a record type other than 2 to 99 is listed", offset=0, field="1.003")
    return types


def _encoding(head: TaggedRecord) -> Encoding:
    """1.015 DCS: first item 003 is UTF-8; every other set is read as ASCII, or shown as latin-1."""
    field = head.field(15)
    return "utf-8" if field is not None and bytes(field.raw).split(US)[0] == b"003" else "ascii"


def _binary(source: _Source, type_: int, at: int) -> BinaryRecord:
    least = _BINARY_MINIMUM[type_]
    length = int.from_bytes(source.data[at : at + 4], "big")
    _bounded(source, at, length, least, f"{type_}.001")
    return BinaryRecord(type_, memoryview(source.data)[at : at + length])


def _bounded(source: _Source, at: int, length: int, least: int, field: str) -> None:
    left = len(source.data) - at
    if left < least:
        raise NistError(f"the file ends inside the record: {left} bytes are left", offset=at, field=field)
    if not least <= length <= left:
        raise NistError(f"the record says it has {length} bytes; {least} to {left} are possible here", offset=at, field=field)


def _tagged(source: _Source, type_: int, at: int, encoding: Encoding) -> TaggedRecord:
    name = f"{type_}.001"
    found = _LEN.match(source.data, at)
    if found is None or int(found[1]) != type_:
        raise NistError(f"a record of type {type_} with its length should begin here", offset=at, field=name)
    length = int(found[2])
    _bounded(source, at, length, len(found[0]), name)
    end = at + length - 1
    if source.data[end : end + 1] != FS:
        raise NistError(f"the record says it has {length} bytes, and no record ends there", offset=end, field=name)
    return TaggedRecord(type_, tuple(_fields(source, type_, at, end, encoding)))


def _fields(source: _Source, type_: int, start: int, end: int, encoding: Encoding) -> Iterator[Field]:
    """The fields between `start` and the closing FS at `end`."""
    data = source.data
    at = start
    while at <= end:
        tag = _TAG.match(data, at, end)
        if tag is None or int(tag[1]) != type_ or int(tag[2]) == 0:
            raise NistError(f"a field of type {type_} should begin here", offset=at)
        number, value = int(tag[2]), tag.end()
        if number == IMAGE_FIELD and type_ >= FIRST_IMAGE_TYPE:
            source.spend(1, at)
            yield Field(tag[0][:-1].decode("ascii"), number, memoryview(data)[value:end], encoding, image=True)
            return
        stop = data.find(GS, value, end)
        stop = end if stop < 0 else stop
        yield _text_field(source, tag, value, stop, encoding)
        at = stop + 1


def _text_field(source: _Source, tag: re.Match[bytes], value: int, stop: int, encoding: Encoding) -> Field:
    name = tag[0][:-1].decode("ascii")
    raw = source.data[value:stop]
    if FS in raw:
        raise NistError("a record separator stands inside a value", offset=value + raw.index(FS), field=name)
    source.spend(1 + raw.count(RS) + raw.count(US), value)
    return Field(name, int(tag[2]), raw, encoding)
