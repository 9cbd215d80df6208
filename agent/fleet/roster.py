"""The stations that there should be: a file of one line each, `id` or `id, name`, as an agency keeps it. Pure.

# county jails
LS-0001, Adams County Jail
LS-0002
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.errors import UsageError

MOST = 20_000  # stations
_ID = re.compile(r"[A-Za-z0-9-]{1,13}", re.ASCII)


def read_roster(text: str) -> Mapping[str, str]:
    """Station to its name, "" where it has none, in the order of the file. Raises UsageError naming the line."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        station, _, name = (part.strip() for part in line.partition(","))
        if not station or station.startswith("#"):
            continue
        _require(_ID.fullmatch(station) is not None, number, "holds no station id")
        _require(station not in found, number, "names a station that is named before")
        _require(len(found) < MOST, number, f"is beyond {MOST:,} stations")
        found[station] = "".join(sign for sign in name if sign.isprintable())[:80]
    return found


def _require(holds: bool, line: int, what: str) -> None:
    if not holds:
        raise UsageError(f"Line {line} of the roster {what}.", do="One line a station: its id, then a comma and its name if it has one.")
