"""A transaction against the standard: `check(tx, "CAR")` lists what the FBI or the bureau would reject or question.

Nothing is raised for what a file says, however wrong; only an unknown profile or edition is an error of ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from agent.errors import ConfigError
from agent.nist.check_content import check_content
from agent.nist.check_fields import check_record
from agent.nist.check_images import check_images
from agent.nist.dictionary import EDITION, RECORDS
from agent.nist.findings import Finding, Rule, error
from agent.nist.records import Record, TaggedRecord, Transaction

__all__ = ["Finding", "check"]

_E0004 = "EBTS 11.0 appendix M, E0004"


def check(tx: Transaction, profile: str = "CAR", edition: str = EDITION) -> list[Finding]:
    """Every finding, structure first, then fields in file order, then what must fit together. Empty: it may be sent."""
    if profile not in RECORDS or edition != EDITION:
        raise ConfigError(
            f"EBTS {edition} has no transaction {profile} here.",
            means="The transaction was not checked.",
            do=f"Use {', '.join(RECORDS)} of EBTS {EDITION}.",
        )
    tagged = [record for record in tx.records if isinstance(record, TaggedRecord)]
    findings = [*_structure(tx, profile), *(finding for record in tagged for finding in check_record(record, profile))]
    if profile == "CAR":
        findings += [*check_content(tx), *check_images(tx)]
    return findings


def _structure(tx: Transaction, profile: str) -> Iterator[Finding]:
    if tx.tot != profile:
        yield error("1.004", Rule.STRUCTURE, "EBTS 11.0 appendix B", f"TOT is not {profile}.")
    yield from _count(tx)
    yield from _numbers_of_records(tx, profile)
    yield from _lengths(tx)
    yield from _designations(tx)


def _count(tx: Transaction) -> Iterator[Finding]:
    """1.003 CNT lists the records in their order with their designations."""
    listed = tx.type1.items(3)
    real = (("1", str(len(tx.records) - 1)), *((str(record.type), f"{_idc(record):02d}") for record in tx.records[1:]))
    if listed != real:
        yield error("1.003", Rule.STRUCTURE, _E0004, "CNT does not list the records as they follow, with two-digit designations.")


def _numbers_of_records(tx: Transaction, profile: str) -> Iterator[Finding]:
    counts = Counter(record.type for record in tx.records)
    allowed = RECORDS[profile]
    for type_ in sorted(counts.keys() | allowed.keys()):
        least, most = allowed.get(type_, (0, 0))
        if not least <= counts[type_] <= most:
            rule = Rule.STRUCTURE if most else Rule.UNDEFINED
            yield error(
                str(type_),
                rule,
                "EBTS 11.0 table L-2",
                f"{profile} holds {least} to {most} records of type {type_}; here are {counts[type_]}.",
            )


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
