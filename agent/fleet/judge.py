"""From bytes that a broker retains to what is believed of each station: whose signature it is, by the authority, and whose name it says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography import x509

from agent.delivery.status import parse_status
from agent.errors import LivescanError
from agent.fleet.collect import Collected
from agent.fleet.report import Report, parse
from agent.fleet.standing import Heard
from agent.signing.revocations import RevocationList
from agent.signing.statements import Kind, Said, read

_SAME = timedelta(seconds=2)  # a signature's time has whole seconds


def judged(found: Collected, ca: x509.Certificate, now: datetime, revocations: RevocationList | None = None) -> Mapping[str, Heard]:
    """By station. What is not believed is told as such, never left out."""
    return {station: _heard(station, found, ca, now, revocations) for station in {*found.statuses, *found.reports}}


def _heard(station: str, found: Collected, ca: x509.Certificate, now: datetime, revocations: RevocationList | None) -> Heard:
    status = parse_status(found.statuses[station]) if station in found.statuses else None
    if station not in found.reports:
        return Heard(status=status)
    try:
        said = _read(found.reports[station], ca, now, revocations)
    except LivescanError as error:
        return Heard(None, error.what, status, told=True)
    report = parse(said.content)
    fault = said.fault or _not_its_own(station, said, report)
    return Heard(None if fault else report, fault, status, told=True)


def _read(data: bytes, ca: x509.Certificate, now: datetime, revocations: RevocationList | None) -> Said:
    """A station that has been silent since before its certificate ended is silent, not false: what it said then was right then."""
    said = read(data, Kind.REPORT, ca, now, revocations)
    if said.fault is None or said.signed_at > now:
        return said
    return read(data, Kind.REPORT, ca, said.signed_at, revocations)


def _not_its_own(station: str, said: Said, report: Report | None) -> str | None:
    if said.name != station:
        return "It was signed by another station."
    if report is None:
        return "What it signed is no report of a version that is known here."
    if report.station != station:
        return "It names another station."
    return None if abs(report.at - said.signed_at) < _SAME else "It was signed at another time than it says."
