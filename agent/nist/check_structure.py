"""What holds a file together: its type, its counts, lengths and designations (EBTS 11.0 appendix B; appendix M, E0004)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from agent.nist.editions import Standard
from agent.nist.findings import Finding, Rule, error
from agent.nist.records import Record, TaggedRecord, Transaction

_E0004 = "EBTS 11.0 appendix M, E0004"


def check_structure(tx: Transaction, tot: str, rules: Standard) -> Iterator[Finding]:
    """Findings of the file as a whole."""
    if tx.tot != tot:
        yield error("1.004", Rule.STRUCTURE, "EBTS 11.0 appendix B", f"TOT is not {tot}.")
    yield from _count(tx)
    yield from _numbers_of_records(tx, tot, rules)
    yield from _lengths(tx)
    yield from _designations(tx)


def _count(tx: Transaction) -> Iterator[Finding]:
    """1.003 CNT lists the records in their order with their designations."""
    listed = tx.type1.items(3)
    real = (("1", str(len(tx.records) - 1)), *((str(record.type), f"{_idc(record):02d}") for record in tx.records[1:]))
    if listed != real:
        yield error("1.003", Rule.STRUCTURE, _E0004, "CNT does not list the records as they follow, with two-digit designations.")


def _numbers_of_records(tx: Transaction, tot: str, rules: Standard) -> Iterator[Finding]:
    counts = Counter(record.type for record in tx.records)
    limits = rules.records[tot]
    clause = f"EBTS {rules.edition} table L-2"
    for types, (least, most) in sorted(limits.items()):
        there = sum(counts[type_] for type_ in types)
        if not least <= there <= most:
            names = " and ".join(str(type_) for type_ in types)
            yield error(str(types[0]), Rule.STRUCTURE, clause, f"{tot} holds {least} to {most} records of type {names}; here are {there}.")
    for type_ in sorted(counts.keys() - {type_ for types in limits for type_ in types}):
        yield error(str(type_), Rule.UNDEFINED, clause, f"{tot} holds no record of type {type_}; here are {counts[type_]}.")


def _lengths(tx: Transaction) -> Iterator[Finding]:
    """LEN is the first field of its record and its length in bytes."""
    for record in tx.records:
        if isinstance(record, TaggedRecord):
            right = bool(record.fields) and record.fields[0].number == 1 and record.fields[0].text == str(record.length)
        else:
            right = int.from_bytes(record.raw[:4], "big") == record.length
        if not right:
            yield error(f"{record.type}.001", Rule.STRUCTURE, _E0004, "LEN is not the record's length.")


def _designations(tx: Transaction) -> Iterator[Finding]:
    """Type-2 is 00; every image has a designation of its own among its type, or it could not be told from another."""
    type2 = tx.first(2)
    if type2 is not None and type2.text(2) not in ("00", None):
        yield error("2.002", Rule.STRUCTURE, "EBTS 11.0 appendix C, 2.002", "IDC of the Type-2 record is not 00.")
    for (type_, idc), times in sorted(Counter((record.type, _idc(record)) for record in tx.records[1:]).items()):
        if times > 1:
            sentence = f"{times} records of type {type_} share the designation {idc:02d}."
            yield error("1.003", Rule.STRUCTURE, "EBTS 11.0 appendix B, 1.003", sentence)


def _idc(record: Record) -> int:
    return record.idc or 0
