"""When a scanner was calibrated, and when it is to be again. Pure. How often is the station's setting: no protocol of ours carries it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

SOON = 30  # days before it is due that somebody is told: a technician has to be sent for


class Calibrated(StrEnum):
    IN_DATE = "in_date"
    SOON = "soon"  # due within SOON
    OVER = "over"  # it was due
    SIMULATED = "simulated"  # a day is told, and means nothing
    NOT_TOLD = "not_told"  # the device does not tell when, or nobody has asked it yet
    NOT_FOLLOWED = "not_followed"  # the settings name no interval


@dataclass(frozen=True)
class Calibration:
    state: Calibrated
    at: datetime | None = None  # UTC
    due: datetime | None = None  # UTC


def calibration(at: int, every: int, now: datetime, *, simulated: bool) -> Calibration:
    """at: seconds since 1970 UTC, 0 when not told. every: days, 0 when it is not followed."""
    if at <= 0:
        return Calibration(Calibrated.NOT_TOLD)
    was = datetime.fromtimestamp(at, UTC)
    if every <= 0:
        return Calibration(Calibrated.NOT_FOLLOWED, was)
    due = was + timedelta(days=every)
    return Calibration(_state(due, now, simulated=simulated), was, due)


def _state(due: datetime, now: datetime, *, simulated: bool) -> Calibrated:
    if simulated:
        return Calibrated.SIMULATED
    if now >= due:
        return Calibrated.OVER
    return Calibrated.SOON if now >= due - timedelta(days=SOON) else Calibrated.IN_DATE
