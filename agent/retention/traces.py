"""Whether something can still be found in files: a search of their raw bytes, whatever wrote them and whether a program would show it.

SQLite overwrites what it deletes (secure_delete), but a page that was split may keep a copy, and the write-ahead log keeps old pages until
it is cut. So what was deleted is looked for, and the database is written anew when something is found.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Searched:
    files: int
    size: int  # bytes
    found: tuple[tuple[str, int], ...]  # name of the file, which of the needles


def search(files: Iterable[Path], needles: Sequence[bytes]) -> Searched:
    """Blocking. A file that is gone meanwhile counts as empty; raises OSError when one cannot be read."""
    count, size = 0, 0
    found: list[tuple[str, int]] = []
    for path in files:
        try:
            with path.open("rb") as file:
                length = file.seek(0, 2)
                count, size = count + 1, size + length
                if length == 0:
                    continue
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    found += [(path.name, at) for at, needle in enumerate(needles) if data.find(needle) >= 0]
        except FileNotFoundError:
            continue
    return Searched(count, size, tuple(found))


def needles_of(marks: Iterable[str]) -> tuple[bytes, ...]:
    """Texts as SQLite stores them; digests also as bytes, should anything keep them so."""
    found: list[bytes] = []
    for mark in marks:
        found.append(mark.encode())
        if len(mark) == 64:
            found.append(bytes.fromhex(mark))
    return tuple(found)
