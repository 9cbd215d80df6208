"""One record against its rows of the dictionary: presence, occurrences, lengths, characters, codes, dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache

from agent.nist.editions import Standard
from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.records import Field, TaggedRecord
from agent.nist.rows import LINES, PRINT, Dates, Item, Row

DAMAGED = "EBTS 11.0 §1.4"  # empty mandatory fields reject; unknown fields are ignored


def check_record(record: TaggedRecord, tot: str, rules: Standard) -> Iterator[Finding]:
    """Findings of one record; nothing for a record type the dictionary does not hold."""
    known = rules.rows(record.type)
    if not known:
        return
    counts = Counter(field.number for field in record.fields)
    for row in known:
        span = row.occurrences(tot)
        if span and span[0] and not counts[row.number]:
            yield error(row.tag, Rule.MANDATORY, row.clause, f"{row.mnemonic} ({row.name}) is missing.")
    for number, times in counts.items():
        if times > 1:
            yield error(
                f"{record.type}.{number:03d}", Rule.STRUCTURE, "ITL 1-2011 annex B", "The field stands more than once in its record."
            )
    for field in record.fields:
        yield from _check_field(record.type, field, tot, rules)


def _check_field(type_: int, field: Field, tot: str, rules: Standard) -> Iterator[Finding]:
    row = rules.lookup(type_, field.number)
    span = row.occurrences(tot) if row else None
    if row is None or span is None:
        yield warning(
            f"{type_}.{field.number:03d}",
            Rule.UNDEFINED,
            DAMAGED,
            f"The field is no part of {tot or 'this transaction'} and will be dropped.",
        )
        return
    if field.image:
        return
    if not field.raw:
        yield _empty(row, span)
        return
    subfields = field.subfields
    if not span[0] <= len(subfields) <= span[1]:
        yield error(
            row.tag, Rule.OCCURRENCES, row.clause, f"{row.mnemonic} has {len(subfields)} entries; {span[0]} to {span[1]} are allowed."
        )
    yield from dict.fromkeys(finding for items in subfields for finding in _check_subfield(row, items, field.encoding == "utf-8"))


def _empty(row: Row, span: tuple[int, int]) -> Finding:
    if span[0]:
        return error(row.tag, Rule.MANDATORY, DAMAGED, f"{row.mnemonic} ({row.name}) is empty.")
    return warning(row.tag, Rule.MANDATORY, DAMAGED, f"{row.mnemonic} ({row.name}) is empty and will be ignored.")


def _check_subfield(row: Row, values: tuple[str, ...], unicode: bool) -> Iterator[Finding]:
    if not row.items:
        if len(values) > 1:
            yield error(row.tag, Rule.STRUCTURE, row.clause, f"{row.mnemonic} has no items, but a unit separator stands in it.")
            return
        yield from _check_value(row, row, values[0], unicode)
        return
    if len(values) > len(row.items):
        yield error(row.tag, Rule.STRUCTURE, row.clause, f"{row.mnemonic} has {len(row.items)} items; more stand in it.")
    for item, value in zip(row.items, (*values, *[""] * len(row.items)), strict=False):
        if value:
            yield from _check_value(row, item, value, unicode)
        elif item.required:
            yield error(row.tag, Rule.MANDATORY, row.clause, f"{row.mnemonic}: {item.mnemonic} ({item.name}) is missing.")


def _check_value(row: Row, form: Row | Item, value: str, unicode: bool) -> Iterator[Finding]:
    name = form.name if form is row else f"{row.name}, {form.name}"
    if len(value) < form.least or (form.most is not None and len(value) > form.most):
        yield error(row.tag, Rule.LENGTH, row.clause, f"{row.mnemonic} ({name}) needs {_allowed(form)} characters.")
    if not _pattern(form.characters, form.special, unicode).fullmatch(value) or (unicode and not _printable(value, form.special)):
        yield error(row.tag, Rule.CHARACTERS, row.clause, f"{row.mnemonic} ({name}) holds a character that is not allowed there.")
    elif form.codes is not None and value not in form.codes:
        yield error(row.tag, Rule.CODE, row.clause, f"{row.mnemonic} ({name}) holds a code that is not in its list.")
    elif not valid_date(value, form.dates):
        yield error(row.tag, Rule.DATE, row.clause, f"{row.mnemonic} ({name}) is no date as {form.dates} from 1900 to 2099.")


def _allowed(form: Row | Item) -> str:
    return str(form.least) if form.least == form.most else f"{form.least} to {form.most}" if form.most else f"at least {form.least}"


@cache
def _pattern(characters: str, special: str, unicode: bool) -> re.Pattern[str]:
    """What a whole value may consist of."""
    groups = {PRINT: " -~", LINES: " -~\r\n\t"}
    allowed = ("A-Za-z" if "A" in characters else "") + ("0-9" if "N" in characters else "")
    if "S" in characters:
        allowed += groups[special] if special in groups else re.escape(special)
        allowed += "\u00a0-\U0010ffff" if unicode and special in groups else ""
    return re.compile(f"[{allowed}]*")


def _printable(value: str, special: str) -> bool:
    return all(character.isprintable() or (special == LINES and character in "\r\n\t") for character in value)


def valid_date(value: str, kind: Dates) -> bool:
    """Whether a value is a date of its kind; anything is where no date is asked for."""
    if kind is Dates.NONE or (kind is Dates.UNKNOWN_ALLOWED and value == "00000000"):
        return True
    if kind is Dates.MOMENT:
        return _is_moment(value)
    return read_day(value) is not None


def _is_moment(value: str) -> bool:
    """YYYYMMDDHHMMSSZ, fifteen characters."""
    if not re.fullmatch(r"[0-9]{14}Z", value):
        return False
    try:
        datetime.strptime(value, "%Y%m%d%H%M%SZ")
    except ValueError:
        return False
    return True


def read_day(value: str) -> date | None:
    """CCYYMMDD with CC 19 or 20 (EBTS 11.0 appendix C, 1.1); None for anything else."""
    if not re.fullmatch(r"(19|20)[0-9]{6}", value):
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None
