"""A station on a disk that is looked at from outside: `python -m tests.retention.on_disk FOLDER`.

One booking, answered; then its wrapped key and a piece of an encrypted print on a line; then, when told, a purge.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.retention.station import Station


def main(folder: Path) -> None:
    station = Station(folder)
    booking = station.done()
    place = folder / "bookings" / booking
    print(json.dumps({"key": (place / ".key").read_bytes().hex(), "print": (place / "fgp-01").read_bytes()[1000:1064].hex()}), flush=True)
    sys.stdin.readline()
    station.later(91)
    purged = station.run(station.retention.run())["purged"]
    station.close()
    print(json.dumps({"purged": list(purged) == [booking]}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
