"""What a scenario measures, with its limit: a figure, not only a verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median


@dataclass(frozen=True)
class Quantity:
    name: str  # as in a scenario's [limits]
    unit: str
    sentence: str
    at_most: bool  # its limit is an upper one


QUANTITIES = {
    quantity.name: quantity
    for quantity in (
        Quantity("enumerate_ms", "ms", "from looking for the device to open and READY", True),
        Quantity("first_frame_ms", "ms", "from the first finger seen to the first preview", True),
        Quantity("fps", "fps", "previews a second, of the capture that showed most", False),
        Quantity("late_frames", "frames", "previews that came more than a frame's time late, or not at all", True),
        Quantity("capture_ms", "ms", "from armed to the result, the longest", True),
        Quantity("lost_ms", "ms", "from the pulled cable to LOST, the longest", True),
        Quantity("recovery_ms", "ms", "from the trouble, or the cable put back, to READY again, the longest", True),
    )
}


@dataclass(frozen=True)
class Measurement:
    name: str
    value: float
    limit: float | None = None  # None: only told

    @property
    def quantity(self) -> Quantity:
        return QUANTITIES[self.name]

    @property
    def passed(self) -> bool:
        if self.limit is None:
            return True
        return self.value <= self.limit if self.quantity.at_most else self.value >= self.limit

    def as_json(self) -> dict[str, object]:
        quantity = self.quantity
        told = {"name": self.name, "value": round(self.value, 3), "unit": quantity.unit, "limit": self.limit}
        return told | {"at_most": quantity.at_most, "passed": self.passed}


@dataclass(frozen=True)
class Arrival:
    """One preview as it came."""

    at: float  # s, of the rig's clock
    device_us: int  # of the device's clock


def rate(arrivals: Sequence[Arrival]) -> float | None:
    """Frames a second; None for fewer than three frames, which have none."""
    if len(arrivals) < 3 or arrivals[-1].at <= arrivals[0].at:
        return None
    return (len(arrivals) - 1) / (arrivals[-1].at - arrivals[0].at)


def lateness_ms(arrivals: Sequence[Arrival], speed: float = 1.0) -> list[float]:
    """How much later each frame came than the promptest one, by the device's own clock, which runs `speed` times as fast as ours."""
    behind = [1000 * (one.at - one.device_us / 1e6 / speed) for one in arrivals]
    promptest = min(behind, default=0.0)
    return [value - promptest for value in behind]


def late_frames(arrivals: Sequence[Arrival], speed: float = 1.0) -> int:
    """Frames that came more than one frame's time late, and those that never came."""
    steps = [after.device_us - before.device_us for before, after in pairwise(arrivals)]
    if not steps:
        return 0
    period = median(steps)
    missing = sum(max(0, round(step / period) - 1) for step in steps) if period > 0 else 0
    return missing + sum(late > period / 1000 / speed for late in lateness_ms(arrivals, speed))


def judged(values: Mapping[str, float], limits: Mapping[str, float]) -> list[Measurement]:
    """Every quantity that was measured, in the table's order; one with a limit that was not measured is not in it."""
    return [Measurement(name, values[name], limits.get(name)) for name in QUANTITIES if name in values]
