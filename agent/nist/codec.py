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

from agent.nist.building import build, pieces
from agent.nist.errors import NistError
from agent.nist.grammar import BINARY_MINIMUM, LEN, MAX_BYTES, MAX_PARTS, MAX_RECORDS, TAG, counted_types
from agent.nist.records import (
    BINARY_TYPES,
    FIRST_IMAGE_TYPE,
    FS,
    GS,
    IMAGE_FIELD,
    RS,
    US,
    BinaryRecord,
    Encoding,
    Field,
    Record,
    TaggedRecord,
    Transaction,
)

__all__ = ["MAX_BYTES", "MAX_PARTS", "MAX_RECORDS", "build", "parse", "pieces"]

_COPIED = 256  # bytes: longer values are views into the file, so that reading never doubles it


def parse(data: bytes) -> Transaction:
    """The transaction in `data`. Raises NistError, and nothing else, for any other bytes. Time is linear; images are not copied."""
    if len(data) > MAX_BYTES:
        raise NistError(f"{len(data)} bytes are more than the {MAX_BYTES} that are read", offset=MAX_BYTES, field="1.001")
    return Transaction(tuple(_records(_Source(bytes(data)))))


@dataclass
class _Source:
    """The bytes, and how many parts may still be found in them."""

    data: bytes
    parts: int = MAX_PARTS

    def spend(self, count: int, at: int, field: str) -> None:
        self.parts -= count
        if self.parts < 0:
            raise NistError(f"more than {MAX_PARTS} fields and items", offset=at, field=field)


def _records(source: _Source) -> Iterator[Record]:
    head = _tagged(source, 1, 0, "ascii")  # Type-1 is always 7-bit ASCII, EBTS 11.0 §1.2
    yield head
    encoding = _encoding(head)
    at = head.length
    for type_ in _counted(head):
        record = _binary(source, type_, at) if type_ in BINARY_TYPES else _tagged(source, type_, at, encoding)
        yield record
        at += record.length
    if at != len(source.data):
        raise NistError(f"{len(source.data) - at} bytes stand behind the last record that 1.003 CNT counts", offset=at, field="1.003")


def _counted(head: TaggedRecord) -> list[int]:
    count = head.field(3)
    return counted_types(None) if count is None else counted_types(count.raw, head.offset(count))


def _encoding(head: TaggedRecord) -> Encoding:
    """1.015 DCS: first item 003 is UTF-8; every other set is read as ASCII, or shown as latin-1."""
    field = head.field(15)
    return "utf-8" if field is not None and bytes(field.raw[:4]).split(US)[0] == b"003" else "ascii"


def _binary(source: _Source, type_: int, at: int) -> BinaryRecord:
    least = BINARY_MINIMUM[type_]
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
    found = LEN.match(source.data, at)
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
    at, before = start, f"{type_}.001"
    while at <= end:
        tag = TAG.match(data, at, end)
        if tag is None or int(tag[1]) != type_ or int(tag[2]) == 0:
            raise NistError(f"a field of type {type_} should begin here, behind {before}", offset=at, field=before)
        before = tag[0][:-1].decode("ascii")
        number, value = int(tag[2]), tag.end()
        if number == IMAGE_FIELD and type_ >= FIRST_IMAGE_TYPE:
            source.spend(1, at, before)
            yield Field(before, number, memoryview(data)[value:end], encoding, image=True)
            return
        stop = data.find(GS, value, end)
        stop = end if stop < 0 else stop
        yield _text_field(source, tag, value, stop, encoding)
        at = stop + 1


def _text_field(source: _Source, tag: re.Match[bytes], value: int, stop: int, encoding: Encoding) -> Field:
    name, data = tag[0][:-1].decode("ascii"), source.data
    strange = data.find(FS, value, stop)
    if strange >= 0:
        raise NistError("a record separator stands inside a value", offset=strange, field=name)
    source.spend(1 + data.count(RS, value, stop) + data.count(US, value, stop), value, name)
    raw = data[value:stop] if stop - value <= _COPIED else memoryview(data)[value:stop]
    return Field(name, int(tag[2]), raw, encoding)
