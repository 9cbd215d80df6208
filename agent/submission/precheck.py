"""What would be wrong with a booking's facts in a transaction, said before a single print is taken. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent.model.booking import Booking
from agent.nist.check import check
from agent.nist.codec import parse
from agent.nist.findings import Finding, Rule, error, errors
from agent.submission.build import StationIdentity, build_car
from agent.submission.errors import SubmissionError

_OF_IMAGES = frozenset(("2.067", "2.084"))  # IMA names the scanner, AMP is held against the images: both come with the prints
_ASCII = "ANSI/NIST-ITL 1-2011 5.6, 7-bit ASCII"
_ANY_TCN = "PRECHECK-0000"


def check_facts(booking: Booking, station: StationIdentity, now: datetime) -> list[Finding]:
    """Errors of the descriptive record that no print can mend; of what cannot be written at all the first field only."""
    try:
        data = build_car(replace(booking, impressions={}), tcn=_ANY_TCN, made_at=now, station=station, images={})
    except SubmissionError as unwritable:
        return [error(unwritable.field, Rule.CHARACTERS, _ASCII, unwritable.what)]
    return [finding for finding in errors(check(parse(data))) if finding.field.startswith("2.") and finding.field not in _OF_IMAGES]
