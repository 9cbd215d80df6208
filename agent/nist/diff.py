"""Two files field by field: records are paired by type and designation, fields by number, and not even how a tag is written is lost."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from agent.nist.codec import parse
from agent.nist.dictionary import lookup
from agent.nist.records import BinaryRecord, Buffer, Record, TaggedRecord
from agent.nist.show import shown_record, summary

T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    record: str  # "Type-4 IDC 03"; "file" for the order of records
    tag: str  # "2.018"; empty for a whole record
    mnemonic: str
    a: str | None  # as shown, one printable line; None where the first file has it not
    b: str | None


def diff(a: bytes, b: bytes) -> list[Difference]:
    """What differs, in the order of the first file; none: the same bytes. Raises NistError when one of them is damaged."""
    if a == b:
        return []
    first, second = _records(a), _records(b)
    found = [d for name in _union(first, second) for d in _of_record(name, first.get(name), second.get(name))]
    if list(first) != list(second):
        found.append(Difference("file", "", "", ", ".join(first), ", ".join(second)))
    return found or [Difference("file", "", "", "the same content", "written in another order")]


def _records(data: bytes) -> dict[str, Record]:
    """Records by name; the second of the same type and designation gets a number."""
    seen: Counter[str] = Counter()
    named: dict[str, Record] = {}
    for record in parse(data).records:
        name = f"Type-{record.type}" if record.idc is None else f"Type-{record.type} IDC {record.idc:02d}"
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = record
    return named


def _union(first: Iterable[T], second: Iterable[T]) -> list[T]:
    """All keys once, those of the first in its order."""
    return list(dict.fromkeys((*first, *second)))


def _of_record(name: str, a: Record | None, b: Record | None) -> Iterator[Difference]:
    if a is None or b is None:
        yield Difference(name, "", "", None if a is None else _words(a), None if b is None else _words(b))
        return
    first, second = _fields(a), _fields(b)
    for key in _union(first, second):
        left, right = first.get(key), second.get(key)
        if left != right:
            yield _difference(name, a.type, key[0], left, right)


def _difference(name: str, type_: int, number: int, a: tuple[str, str, str] | None, b: tuple[str, str, str] | None) -> Difference:
    row = lookup(type_, number)
    tag = (a or b or ("", "", ""))[0]
    other = f"{b[0]}: " if a and b and a[0] != b[0] else ""
    return Difference(name, tag, row.mnemonic if row else "", a[1] if a else None, other + b[1] if b else None)


def _fields(record: Record) -> dict[tuple[int, int], tuple[str, str, str]]:
    """(number, nth with it) to tag, value as shown, digest of the bytes."""
    digests = _digests(record)
    seen: Counter[int] = Counter()
    fields = {}
    for shown in shown_record(0, record):
        number = int(shown.tag.partition(".")[2])
        digest = digests.get((number, seen[number]), "")
        image = bool(summary(record)) and number in (9, 999)
        fields[number, seen[number]] = (shown.tag, f"{shown.value}, SHA-256 {digest[:16]}" if image else shown.value, digest)
        seen[number] += 1
    return fields


def _digests(record: Record) -> dict[tuple[int, int], str]:
    if isinstance(record, BinaryRecord):
        return {(9, 0): _digest(record.image), (999, 0): _digest(record.raw[5:])}
    return _tagged_digests(record)


def _tagged_digests(record: TaggedRecord) -> dict[tuple[int, int], str]:
    seen: Counter[int] = Counter()
    found = {}
    for field in record.fields:
        found[field.number, seen[field.number]] = _digest(field.raw)
        seen[field.number] += 1
    return found


def _digest(data: Buffer) -> str:
    return hashlib.sha256(data).hexdigest()


def _words(record: Record) -> str:
    return summary(record) or f"{record.length} bytes"
