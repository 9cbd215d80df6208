"""What Type-1 and Type-2 of a CAR must say beyond the form of each field: names, heights, days in order, words for offenses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from agent.nist.check_agencies import check_agencies
from agent.nist.check_days import check_days
from agent.nist.dictionary import lookup
from agent.nist.editions import Standard
from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.ncic_offenses import OFFENSES, is_code
from agent.nist.ncic_places import STATES
from agent.nist.records import TaggedRecord, Transaction

_C1 = "EBTS 11.0 table C-1"
_NAME = r"[A-Za-z]+(?:[ -][A-Za-z]+)*"  # words joined by one blank or one hyphen
_FULL_NAME = re.compile(f"{_NAME},{_NAME}")
_ALIAS = re.compile(f"{_NAME}(?:,{_NAME})?")
_FEET_INCHES = re.compile(r"[4-7](?:0[0-9]|1[01])")
_INCHES = re.compile(r"N[0-9]{2}")
_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{3,}(?![A-Za-z0-9])")  # a run of letters that is no part of a statute's number
_SID = re.compile(r"[A-Z]{2}[A-Z0-9]+-?")
_MNU = re.compile(r"([A-Z]{2})-[A-Za-z0-9-]+")
_MNU_KINDS = frozenset((
    "AF", "AN", "AR", "AS", "BF", "CG", "CI", "FN", "IO", "MC", "MD", "MP", "NA", "NS", "OA", "PI", "PP", "PS", "SS", "VA",
))  # 2.017 MNU  # fmt: skip


def check_content(tx: Transaction, rules: Standard, today: date | None) -> Iterator[Finding]:
    """Findings of Type-1 and Type-2; fields that are absent or empty are another check's matter."""
    type2 = tx.first(2)
    yield from check_agencies(tx.type1, type2)
    yield from _domain(tx.type1, rules)
    if type2 is None:
        return
    for rule in (_names, _height, _weight, _other_numbers, _texts, _offenses):
        yield from rule(type2)
    yield from _state_number(type2, rules)
    yield from check_days(tx, type2, today)


def _domain(type1: TaggedRecord, rules: Standard) -> Iterator[Finding]:
    """1.013 DOM: NORAM, and since EBTS 10.0 the edition."""
    for items in type1.items(13)[:1]:
        if items[0] and items[0] != "NORAM":
            yield error("1.013", Rule.CODE, "EBTS 11.0 appendix B", "DOM (domain) is not NORAM.")
        elif rules.edition != "9.1" and items[1:] != (f"EBTS {rules.edition}",):
            yield warning("1.013", Rule.CODE, "EBTS 11.0 appendix B", f"DOM (domain) does not say that this is EBTS {rules.edition}.")


def _names(type2: TaggedRecord) -> Iterator[Finding]:
    for number, form, how in ((18, _FULL_NAME, "SURNAME,GIVEN MIDDLE"), (19, _ALIAS, "SURNAME,GIVEN or one name")):
        if any(not form.fullmatch(name) for name in type2.values(number)):
            yield _syntax(number, f"is not written as {how}: letters joined by one blank or hyphen, no blank beside the comma")


def _height(type2: TaggedRecord) -> Iterator[Finding]:
    for height in type2.values(27):
        if height == "000":
            continue
        if not (_FEET_INCHES.fullmatch(height) or _INCHES.fullmatch(height)):
            yield _syntax(27, "is neither feet and inches such as 511, nor N and inches, nor 000 for unknown")
        elif not ("N48" <= height <= "N95" or "400" <= height <= "711"):
            yield warning("2.027", Rule.SYNTAX, _C1, "HGT (height) lies outside 400 to 711 and N48 to N95 and will be clamped.")


def _weight(type2: TaggedRecord) -> Iterator[Finding]:
    for weight in type2.values(29):
        if weight.isdigit() and weight != "000" and not "050" <= weight <= "499":
            yield warning("2.029", Rule.SYNTAX, _C1, "WGT (weight) lies outside 050 to 499 pounds and will be clamped.")


def _state_number(type2: TaggedRecord, rules: Standard) -> Iterator[Finding]:
    """2.015 SID: a state's code, then letters and digits; a hyphen at the end in OR and PA, up to EBTS 10.0 also in NY."""
    sid = type2.values(15)
    hyphen = ("OR", "PA") if rules.edition == "11.0" else ("NY", "OR", "PA")
    if any(not _SID.fullmatch(text) or text[:2] not in STATES for text in sid):
        yield _syntax(15, "does not begin with a state's code, or holds more than letters and digits")
    elif any(text.endswith("-") and text[:2] not in hyphen for text in sid):
        yield _syntax(15, f"ends with a hyphen, which only {' and '.join(hyphen)} use")


def _other_numbers(type2: TaggedRecord) -> Iterator[Finding]:
    """2.017 MNU: its kind, a hyphen, the number; digits only for the Air Force and the Army."""
    numbers = [(text, _MNU.fullmatch(text)) for text in type2.values(17)]
    if any(found is None or found[1] not in _MNU_KINDS for _, found in numbers):
        yield _syntax(17, "is not written as a two-letter kind of number, a hyphen, and the number")
    elif any(text[:2] in ("AF", "AS") and not text[3:].isdigit() for text, _ in numbers):
        yield _syntax(17, "holds more than digits in a number of kind AF or AS")


def _texts(type2: TaggedRecord) -> Iterator[Finding]:
    """Table C-1's remarks on single texts: no periods in ATN and OCA, no leading blank in OCA and ICO."""
    for number, forbidden, how in (
        (6, re.compile(r"\."), "holds a period"),
        (9, re.compile(r"\.|^ "), "holds a period or begins with a blank"),
        (55, re.compile(r"^ "), "begins with a blank"),
        (56, re.compile(r"^ "), "begins with a blank"),
    ):
        if any(forbidden.search(text) for text in type2.values(number)):
            yield _syntax(number, how)


def _offenses(type2: TaggedRecord) -> Iterator[Finding]:
    """2.047 ASL: the separator between date and words always stands, and words are needed, not only a code (L0119)."""
    for number, items in enumerate(type2.items(47), 1):
        if items == ("",):
            continue
        if len(items) == 1:
            yield error("2.047", Rule.STRUCTURE, _C1, "ASL: the unit separator before the offense is missing.")
        literal = items[-1]
        if literal.startswith(" "):
            yield _syntax(47, "begins its offense with a blank")
        if literal and not _WORD.search(literal):
            yield _only_a_code(number, literal)
    if any(len(items) > 1 and items[1].startswith(" ") for items in type2.items(51)):
        yield _syntax(51, "begins its offense with a blank")


def _only_a_code(number: int, literal: str) -> Finding:
    """One that nobody can put into words is told apart: it may have been mistyped."""
    if is_code(literal) and literal not in OFFENSES:
        said = f"ASL: offense {number} is only a code, and none that is known here; it needs words."
        return error("2.047", Rule.CODE, "EBTS 11.0 appendix M, L0119; NCIC uniform offense codes", said)
    return error("2.047", Rule.LITERAL, "EBTS 11.0 appendix M, L0119", f"ASL: offense {number} is only a code; it needs words.")


def _syntax(number: int, how: str) -> Finding:
    row = lookup(2, number)
    name = f"{row.mnemonic} ({row.name})" if row else ""
    return error(f"2.{number:03d}", Rule.SYNTAX, _C1, f"{name or f'Field 2.{number:03d}'} {how}.")
