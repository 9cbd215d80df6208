"""The invented person of the test book, and the values of all 48 fields of a CAR. No one's name, numbers or arrest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TypeAlias

from agent.model.booking import Arrest, Booking, BookingId, Charge, Subject
from agent.model.impression import DeviceTag

MADE_AT = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
DEVICE = DeviceTag(make="TRAINING", model="SPECIMEN", serial="0000", firmware="1", simulated=True)

Contents: TypeAlias = Mapping[int, Sequence[Sequence[str]] | None]  # field number to subfields of items; None: the field is left out

SUBJECT = Subject(
    name="SPECIMEN,CONFORMANCE TEST",
    place_of_birth="XX",
    date_of_birth="19800229",
    sex="X",
    race="U",
    height="509",
    weight="160",
    eyes="XXX",
    hair="XXX",
)
ARREST = Arrest(date_of_arrest=date(2026, 11, 23), charges=(Charge("CONFORMANCE TEST, NO ARREST", date(2026, 11, 22)),))


def booking(number: int) -> Booking:
    """The booking of the test book's case of this number, without prints."""
    return Booking(id=BookingId(f"CONFORMANCE-{number:03d}"), opened_at=MADE_AT, officer="conformance", subject=SUBJECT, arrest=ARREST)


ALL_FIELDS: Contents = MappingProxyType({
    5: [["Y"]], 6: [["CONFORMANCE DESK"]], 7: [["NY0303001/ROUTE 1"]], 9: [["CONFORMANCE-ALL"]], 14: [["123456AB7"]], 15: [["NY12345678"]],
    16: [["900000000"]], 17: [["PP-1234567890P"]], 18: [["SPECIMEN,CONFORMANCE TEST"]], 19: [["SPECIMEN,ALIAS"]], 20: [["NY"]],
    21: [["US"]], 22: [["19800229"]], 24: [["M"]], 25: [["W"]], 26: [["MISS L TOE"]], 27: [["509"]], 29: [["160"]], 31: [["BRO"]],
    32: [["BLK"]], 35: [["Y"]], 36: [["Y"]], 39: [["NO EMPLOYER"]], 40: [["SPECIMEN"]], 41: [["1 EXAMPLE STREET, NOWHERE"]],
    45: [["20261123"]], 47: [["20261122", "CONFORMANCE TEST, NO ARREST"]], 51: [["20261123", "TEST", "NONE", "OTHER", "01"]],
    54: [["20261123"]], 55: [["SPECIMEN CUSTODY"]], 56: [["SPECIMEN"]], 67: [["TRAINING", "SPECIMEN", "0000"]], 70: [["Y"]],
    73: [["NY0303000"], ["NY0303001"], ["NY0303002"]], 87: [["Y"]], 96: [["Y"]], 98: [["1"]], 2015: [["20301231"]],
    2020: [["NY0303000"]], 2037: [["SUBJECT-1"]], 2040: [["01"]], 2062: [["1"]], 2063: [["N"]], 2064: [["NAME", "TEXT"]], 2065: [["CI"]],
    2067: [["N"]], 2070: [["CONFORMANCE DESK"]],
})  # fmt: skip
LONGEST: Contents = MappingProxyType({
    6: [["X" * 30]], 7: [[f"NY030300{n}/ROUTING 12"[:19]] for n in range(1, 10)], 9: [["X" * 20]], 14: [["12345678A"]] * 5,
    15: [["NY12345678"]], 16: [["900000000"]] * 4, 17: [["PP-123456789012"]] * 4, 18: [["S" * 25 + "," + "T" * 24]],
    19: [["S" * 25 + "," + "T" * 24]] * 10, 21: [["US"]] * 10, 22: [["19800229"]] * 5, 26: [["MISS L TOE"]] * 10, 39: [["X" * 120]],
    40: [["X" * 50]], 41: [["X" * 120]], 56: [["X" * 50]], 67: [["X" * 25, "X" * 25, "X" * 50]], 2037: [["X" * 50]],
})  # fmt: skip
