"""Wall time on the wire: UTC with microseconds and a Z, e.g. 2026-11-24T07:00:00.000000Z. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


def write_instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_instant(text: object) -> datetime:
    """Raises ValueError for anything else."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        raise ValueError("not a UTC time")
    return datetime.fromisoformat(text)
