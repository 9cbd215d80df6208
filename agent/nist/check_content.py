"""What Type-1 and Type-2 of a CAR must say beyond the form of each field: names, heights, days in order, words for offenses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from agent.nist.check_fields import read_day
from agent.nist.dictionary import lookup
from agent.nist.findings import Finding, Rule, error, warning
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
_UNKNOWN_DAY = "00000000"


def check_content(tx: Transaction) -> Iterator[Finding]:
    """Findings of Type-1 and Type-2; fields that are absent or empty are another check's matter."""
    type2 = tx.first(2)
    yield from _agencies(tx.type1)
    if type2 is None:
        return
    for rule in (_names, _height, _weight, _numbers, _texts, _offenses):
        yield from rule(type2)
    yield from _order_of_days(tx, type2)


def _agencies(type1: TaggedRecord) -> Iterator[Finding]:
    """1.008 ORI begins with an NCIC code of a state (EBTS 11.0 appendix B); one of no state is questioned only, since training uses such.

    1.007 DAI is never the FBI's own.
    """
    ori = type1.text(8)
    if ori and ori[:2] not in STATES:
        yield warning(
            "1.008", Rule.SYNTAX, "EBTS 11.0 appendix B", "ORI does not begin with the NCIC code of a state; the FBI would reject it."
        )
    if type1.text(7) == "WVIAFIS0Z":
        yield error("1.007", Rule.SYNTAX, "EBTS 11.0 appendix B", "DAI is the FBI's own; a booking goes to the state bureau.")


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


def _numbers(type2: TaggedRecord) -> Iterator[Finding]:
    sid, others = type2.values(15), type2.values(17)
    if any(not _SID.fullmatch(text) or text[:2] not in STATES for text in sid):
        yield _syntax(15, "does not begin with a state's code, or holds more than letters and digits")
    elif any(text.endswith("-") and text[:2] not in ("OR", "PA") for text in sid):
        yield _syntax(15, "ends with a hyphen, which only OR and PA use")
    kinds = [found[1] if (found := _MNU.fullmatch(text)) else "" for text in others]
    if any(kind not in _MNU_KINDS for kind in kinds):
        yield _syntax(17, "is not written as a two-letter kind of number, a hyphen, and the number")


def _texts(type2: TaggedRecord) -> Iterator[Finding]:
    """Table C-1's remarks on single texts: no periods in ATN and OCA, no leading blank in OCA and ICO."""
    for number, forbidden, how in (
        (6, re.compile(r"\."), "holds a period"),
        (9, re.compile(r"\.|^ "), "holds a period or begins with a blank"),
        (56, re.compile(r"^ "), "begins with a blank"),
    ):
        if any(forbidden.search(text) for text in type2.values(number)):
            yield _syntax(number, how)


def _offenses(type2: TaggedRecord) -> Iterator[Finding]:
    """2.047 ASL: the separator between date and words always stands, and words are needed, not only a code (L0119)."""
    for items in type2.items(47):
        if items == ("",):
            continue
        if len(items) == 1:
            yield error("2.047", Rule.STRUCTURE, _C1, "ASL: the unit separator before the offense is missing.")
        literal = items[-1]
        if literal.startswith(" "):
            yield _syntax(47, "begins its offense with a blank")
        if literal and not _WORD.search(literal):
            yield error("2.047", Rule.LITERAL, "EBTS 11.0 appendix M, L0119", "ASL: an offense is only a code; it needs words.")


def _order_of_days(tx: Transaction, type2: TaggedRecord) -> Iterator[Finding]:
    """Nobody is born or arrested after the transaction's date; a day of tolerance, since dates are local."""
    sent = read_day(tx.type1.text(5) or "")
    arrested = read_day(type2.text(45) or "")
    if sent is None:
        return
    born = [day for text in type2.values(22) if text != _UNKNOWN_DAY and (day := read_day(text))]
    if any(day > sent for day in born):
        yield error("2.022", Rule.DATE, _C1, "DOB (date of birth) lies after the date of the transaction.")
    if arrested and arrested > sent + timedelta(days=1):
        yield error("2.045", Rule.DATE, _C1, "DOA (date of arrest) lies after the date of the transaction.")
    offended = [day for items in type2.items(47) if (day := read_day(items[0]))]
    if arrested and any(day > arrested for day in offended):
        yield warning("2.047", Rule.DATE, _C1, "ASL: an offense is dated after the arrest.")


def _syntax(number: int, how: str) -> Finding:
    row = lookup(2, number)
    name = f"{row.mnemonic} ({row.name})" if row else ""
    return error(f"2.{number:03d}", Rule.SYNTAX, _C1, f"{name} {how}.")
