"""What was wrong with the scanner, the pedal or the camera lately: kind, sentence, first and last time, how often in a row; no person.

Kept in a file beside the core's state, so that whoever comes to mend it sees it after a restart too; what cannot be written is forgotten
with the process, and stops nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from agent.clock import Clock
from drivers.errors import Busy, DeviceError, Garbled, Gone, Refused, Timeout

log = logging.getLogger(__name__)

KINDS: dict[type[DeviceError], str] = {Gone: "gone", Busy: "busy", Timeout: "timeout", Garbled: "garbled", Refused: "refused"}
OTHER = "other"
FAILED_TEST = "self_test"
MOST = 20  # are kept
_NEWS = 60.0  # s: the same again within this time is counted in memory alone


@dataclass(frozen=True)
class Trouble:
    """One of them, and those like it that came right after."""

    first: str  # UTC
    last: str  # UTC
    kind: str  # of KINDS, OTHER or FAILED_TEST
    what: str  # in the driver's words
    means: str
    do: str
    count: int = 1


def kind_of(trouble: object) -> str:
    return next((kind for error, kind in KINDS.items() if isinstance(trouble, error)), OTHER)


class Troubles:
    """On the loop only."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._kept = _read(path)
        self._written = float("-inf")  # when, on the monotonic clock

    def add(self, what: str, means: str, do: str, kind: str = OTHER) -> None:
        now = self._clock.now().isoformat(timespec="seconds")
        newest = self._kept[-1] if self._kept else None
        same = newest is not None and (newest.kind, newest.what) == (kind, what)
        if newest is not None and same:
            self._kept[-1] = replace(newest, last=now, count=newest.count + 1)
        else:
            self._kept = [*self._kept, Trouble(now, now, kind, what, means, do)][-MOST:]
        if not same or self._clock.monotonic() - self._written >= _NEWS:
            self._write()

    def met(self, error: DeviceError) -> None:
        self.add(error.what, error.means, error.do, kind_of(error))

    @property
    def newest_first(self) -> Sequence[Trouble]:
        return tuple(reversed(self._kept))

    def _write(self) -> None:
        self._written = self._clock.monotonic()
        making = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            making.write_text(json.dumps([asdict(one) for one in self._kept]), "utf-8")
            making.chmod(0o600)
            making.replace(self._path)
        except OSError:
            log.warning("%s could not be written down", self._path.name)


def _read(path: Path) -> list[Trouble]:
    try:
        return [one for row in json.loads(path.read_text("utf-8"))[-MOST:] if (one := _trouble(row)) is not None]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _trouble(row: Any) -> Trouble | None:
    """None for what is not one."""
    names = {field.name for field in fields(Trouble)}
    if not isinstance(row, dict) or set(row) != names or not isinstance(row["count"], int):
        return None
    return Trouble(**row) if all(isinstance(row[name], str) for name in names - {"count"}) else None
