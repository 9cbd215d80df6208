"""Figures of repeated runs: the median is quoted, the spread is shown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    what: str
    unit: str
    values: tuple[float, ...]
    target: float | None = None  # at most this much is wanted

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "values": [round(value, 4) for value in self.values],
            "median": round(self.median, 4),
            "min": round(min(self.values), 4),
            "max": round(max(self.values), 4),
            "met": None if self.target is None else self.median <= self.target,
        }


def machine() -> dict[str, str | int]:
    """What the figures were taken on."""
    return {"system": platform.system(), "machine": platform.machine(), "python": platform.python_version(), "cpus": os.cpu_count() or 0}


def document(bench: str, figures: Sequence[Figure]) -> dict[str, Any]:
    return {"bench": bench, "machine": machine(), "figures": [figure.as_json() for figure in figures]}
