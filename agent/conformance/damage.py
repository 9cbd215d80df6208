"""What is done to a finished transaction to make it wrong in one way: the negative cases that no field's content can express."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from agent.conformance.editing import of_records
from agent.nist.records import BinaryRecord, Record, TaggedRecord, Transaction
from agent.nist.write import fingerprint_record, items_field, tagged_record, text_field


def damage(tx: Transaction, edit: str) -> Transaction:
    """The transaction with one of `EDITS` done to it; the same for no edit."""
    return EDITS[edit](tx) if edit else tx


def _without_right_ring(tx: Transaction) -> Transaction:
    return of_records([record for record in tx.records if _position(record) != 4])


def _middle_as_index(tx: Transaction) -> Transaction:
    return of_records([_moved(record) if _position(record) == 3 else record for record in tx.records])


def _moved(record: Record) -> Record:
    assert isinstance(record, BinaryRecord)
    assert record.header is not None
    return fingerprint_record(replace(record.header, positions=(2, *record.header.positions[1:])), record.image)


def _other_designations(tx: Transaction) -> Transaction:
    listed = [list(items) for items in tx.type1.items(3)]
    listed[-1][1] = "77"
    fields = [items_field(1, 3, listed) if field.number == 3 else field for field in tx.type1.fields if field.number != 1]
    return Transaction((tagged_record(1, fields), *tx.records[1:]))


def _other_digest(tx: Transaction) -> Transaction:
    first = next(record for record in tx.records if record.type == 14)
    assert isinstance(first, TaggedRecord)
    fields = [text_field(14, 996, "0" * 64) if field.number == 996 else field for field in first.fields if field.number != 1]
    return of_records([tagged_record(14, fields) if record is first else record for record in tx.records])


def _position(record: Record) -> int | None:
    return record.header.position if isinstance(record, BinaryRecord) and record.header is not None else None


EDITS: Mapping[str, Callable[[Transaction], Transaction]] = MappingProxyType({
    "without 4": _without_right_ring,
    "3 as 2": _middle_as_index,
    "count": _other_designations,
    "digest": _other_digest,
})  # fmt: skip
