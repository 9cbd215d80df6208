"""Days in order: nobody is born, arrested, photographed or printed after the transaction was made (EBTS 11.0 appendix C 1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from agent.nist.check_fields import read_day
from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.records import TaggedRecord, Transaction

_C1 = "EBTS 11.0 table C-1"
_B = "EBTS 11.0 appendix B"
_UNKNOWN_DAY = "00000000"
_TOLERANCE = timedelta(days=1)  # dates are local: 24 hours forward are accepted, EBTS 11.0 appendix B, 1.005


def check_days(tx: Transaction, type2: TaggedRecord, today: date | None) -> Iterator[Finding]:
    """Findings of 1.005, 1.014 and all dates of Type-2; of `today` only when it is given."""
    sent = read_day(tx.type1.text(5) or "")
    if sent is None:
        return
    yield from _head(tx.type1, sent, today)
    yield from _person(type2, sent)
    yield from _offenses(type2, sent)
    yield from _custody(type2, sent)


def _head(type1: TaggedRecord, sent: date, today: date | None) -> Iterator[Finding]:
    if today is not None and sent > today + _TOLERANCE:
        yield error("1.005", Rule.DATE, _B, "DAT (date of the transaction) lies in the future.")
    moment = read_day((type1.text(14) or "")[:8])
    if moment is not None and abs(moment - sent) > _TOLERANCE:
        yield warning("1.014", Rule.DATE, _B, "GMT is more than a day away from DAT, the local date.")


def _person(type2: TaggedRecord, sent: date) -> Iterator[Finding]:
    arrested = read_day(type2.text(45) or "")
    born = [day for text in type2.values(22) if text != _UNKNOWN_DAY and (day := read_day(text))]
    if any(day > sent for day in born):
        yield error("2.022", Rule.DATE, _C1, "DOB (date of birth) lies after the date of the transaction.")
    elif arrested and any(day > arrested for day in born):
        yield error("2.022", Rule.DATE, _C1, "DOB (date of birth) lies after the arrest.")
    if arrested and arrested > sent + _TOLERANCE:
        yield error("2.045", Rule.DATE, _C1, "DOA (date of arrest) lies after the date of the transaction.")


def _offenses(type2: TaggedRecord, sent: date) -> Iterator[Finding]:
    arrested = read_day(type2.text(45) or "")
    offended = [day for items in type2.items(47) if (day := read_day(items[0]))]
    if any(day > sent + _TOLERANCE for day in offended):
        yield error("2.047", Rule.DATE, _C1, "ASL: an offense is dated after the transaction.")
    elif arrested and any(day > arrested for day in offended):
        yield warning("2.047", Rule.DATE, _C1, "ASL: an offense is dated after the arrest.")
    if any(day > sent + _TOLERANCE for items in type2.items(51) if (day := read_day(items[0]))):
        yield error("2.051", Rule.DATE, _C1, "CSL: a disposition is dated after the transaction.")


def _custody(type2: TaggedRecord, sent: date) -> Iterator[Finding]:
    """2.054 SSD and 2.055 SLE, part of a CAR up to EBTS 10.0: neither before the arrest nor one without the other and 2.009 OCA."""
    begins, arrested = read_day(type2.text(54) or ""), read_day(type2.text(45) or "")
    if begins and arrested and begins < arrested:
        yield error("2.054", Rule.DATE, "EBTS 10.0 table C-1", "SSD (custody begins) lies before the arrest.")
    if begins and begins > sent + _TOLERANCE:
        yield error("2.054", Rule.DATE, "EBTS 10.0 table C-1", "SSD (custody begins) lies after the date of the transaction.")
    given = [number for number in (54, 55) if type2.text(number)]
    if given and (len(given) < 2 or not type2.text(9)):
        yield error(f"2.0{given[0]}", Rule.MANDATORY, "EBTS 10.0 table C-1", "SSD, SLE and OCA are given together or not at all.")
