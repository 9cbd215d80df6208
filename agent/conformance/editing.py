"""Changing a transaction: other contents of fields, another edition of EBTS, a state's own fields. Lengths and counts are set right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.conformance.person import ALL_FIELDS, Contents
from agent.nist.editions import Standard
from agent.nist.profiles import StateProfile
from agent.nist.records import Encoding, Field, Record, TaggedRecord, Transaction
from agent.nist.rows import Dates, Row
from agent.nist.write import items_field, tagged_record, transaction

_VERSIONS = {"9.1": "0400", "10.0": "0500", "11.0": "0502"}  # 1.002 VER that goes with each edition


def with_fields(tx: Transaction, type_: int, contents: Contents) -> Transaction:
    """The transaction with these fields of its first record of this type set, or left out for None."""
    head = tx.type1
    encoding: Encoding = "utf-8" if type_ != 1 and head.text(15) else "ascii"
    records = [_again(r, contents, encoding) if r is _first(tx, type_) else r for r in tx.records]
    return of_records(records)


def of_records(records: Sequence[Record]) -> Transaction:
    """A transaction of these, Type-1 first, its count computed."""
    head = records[0]
    assert isinstance(head, TaggedRecord)
    return transaction([field for field in head.fields if field.number not in (1, 3)], records[1:])


def as_edition(tx: Transaction, rules: Standard) -> Transaction:
    """The same said as this edition says it: version, domain, and only fields that a CAR of it has, no more often than it takes them."""
    tx = with_fields(tx, 1, {2: [[_VERSIONS[rules.edition]]], 13: [["NORAM", f"EBTS {rules.edition}"]]})
    type2 = tx.first(2)
    assert type2 is not None
    return with_fields(tx, 2, {field.number: _fitted(field, rules.lookup(2, field.number)) for field in type2.fields if field.number > 2})


def for_state(tx: Transaction, state: StateProfile) -> Transaction:
    """The same with the bureau's identifier, what the state wants, and without what it does not take."""
    tx = with_fields(tx, 1, {7: [[state.dai]]})
    type2 = tx.first(2)
    assert type2 is not None
    wanted = [row for row in state.standard.rows(2) if (row.occurrences("CAR") or (0, 0))[0] and type2.field(row.number) is None]
    contents = {row.number: ALL_FIELDS.get(row.number) or [[sample(row)]] for row in wanted if row.number > 2}
    sid = {15: ALL_FIELDS[15]} if state.nff and not type2.text(15) else {}
    return with_fields(tx, 2, contents | sid | dict.fromkeys(state.forbidden("CAR")))


def sample(row: Row) -> str:
    """A value that a field takes: its first code, a day, or as few letters or digits as it needs."""
    if row.codes:
        return next(iter(row.codes))
    if row.dates is not Dates.NONE:
        return "20261123"
    return ("X" if "A" in row.characters else "1") * max(row.least, 1)


def _first(tx: Transaction, type_: int) -> Record:
    return next(record for record in tx.records if record.type == type_)


def _again(record: Record, contents: Contents, encoding: Encoding) -> TaggedRecord:
    assert isinstance(record, TaggedRecord)
    kept = {field.number: field for field in record.fields if field.number != 1 and field.number not in contents}
    new = {number: items_field(record.type, number, rows, encoding) for number, rows in contents.items() if rows}
    fields: Mapping[int, Field] = kept | new
    return tagged_record(record.type, [fields[number] for number in sorted(fields)])


def _fitted(field: Field, row: Row | None) -> Sequence[Sequence[str]] | None:
    """The entries of a field that the edition takes; None when it takes none."""
    span = row.occurrences("CAR") if row is not None else None
    if row is None or span is None:
        return None
    codes = row.items[0].codes if row.number == 84 else None  # 2.084 AMP: up to EBTS 9.1 single fingers only
    entries = [items for items in field.subfields if codes is None or items[0] in codes]
    return [items[: len(row.items)] if row.items else items for items in entries[: span[1]]] or None
