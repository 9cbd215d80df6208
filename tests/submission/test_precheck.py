"""Facts that the bureau would refuse are found before a print is taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from agent.model.booking import Arrest, Booking, BookingId, Charge, Subject
from agent.model.fingers import MissingReason, Position
from agent.nist.findings import Severity
from agent.submission.build import StationIdentity
from agent.submission.precheck import check_facts

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STATION = StationIdentity(ori="NY0303000", dai="NYSIB0000", cri=("NY0303000",))
SUBJECT = Subject("TRAINING,SAM", "XX", "19850214", "X", "U", "509", "170", "BRO", "BLK")
BOOKING = Booking(
    BookingId("20261124-00000001"), NOW, "officer-01", SUBJECT, Arrest(date(2026, 11, 24), (Charge("TRAINING RECORD"),)),
    {Position.LEFT_RING: MissingReason.AMPUTATED},
)  # fmt: skip


def test_good_facts_pass_though_no_print_is_there() -> None:
    assert check_facts(BOOKING, STATION, NOW) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(BOOKING, subject=replace(SUBJECT, name="TRAINING SAM")), "2.018"),
        (replace(BOOKING, subject=replace(SUBJECT, place_of_birth="ZQ")), "2.020"),
        (replace(BOOKING, subject=replace(SUBJECT, date_of_birth="19850231")), "2.022"),
        (replace(BOOKING, subject=replace(SUBJECT, sex="Q")), "2.024"),
        (replace(BOOKING, subject=replace(SUBJECT, eyes="RED")), "2.031"),
        (replace(BOOKING, arrest=replace(BOOKING.arrest, charges=())), "2.047"),
        (replace(BOOKING, arrest=replace(BOOKING.arrest, date_of_arrest=date(2027, 1, 1))), "2.045"),
    ],
    ids=[
        "a name without comma",
        "no such birthplace",
        "no such day",
        "no such sex code",
        "no such eye colour",
        "no charge",
        "a day to come",
    ],
)
def test_each_wrong_fact_is_named_by_its_field(wrong: Booking, field: str) -> None:
    assert field in {finding.field for finding in check_facts(wrong, STATION, NOW)}


@pytest.mark.parametrize("name", ["D\u00d6E,JOHN", "DOE\x1c,JOHN"], ids=["a letter outside ASCII", "a separator"])
def test_what_cannot_be_written_is_named_by_its_field(name: str) -> None:
    (found,) = check_facts(replace(BOOKING, subject=replace(SUBJECT, name=name)), STATION, NOW)
    assert (found.field, found.form, found.severity) == ("2.018", "subject.name", Severity.ERROR)
    assert "JOHN" not in found.sentence
