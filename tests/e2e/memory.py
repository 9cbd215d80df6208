"""What a process holds in memory, whole: every mapping of /proc/PID/maps that can be read, through /proc/PID/mem."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \d+\s*(.*)")
_AT_ONCE = 16 * 1024 * 1024  # bytes
_NOT_MEMORY = ("[vvar]", "[vvar_vclock]", "[vsyscall]")


def pieces(pid: int) -> Iterator[bytes]:
    """Overlapping, so that nothing is cut in two. A mapping that goes meanwhile is left out."""
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        for start, end in mappings(pid):
            at = start
            while at < end:
                try:
                    yield os.pread(memory, min(_AT_ONCE, end - at), at)
                except OSError:
                    break
                at += _AT_ONCE - 4096
    finally:
        os.close(memory)


def mappings(pid: int) -> list[tuple[int, int]]:
    found = [_LINE.match(line) for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    return [(int(one[1], 16), int(one[2], 16)) for one in found if one and one[3] not in _NOT_MEMORY]


def found_in(chunks: Iterator[bytes], needles: Mapping[str, bytes]) -> set[str]:
    """Names of the needles that occur."""
    found: set[str] = set()
    for chunk in chunks:
        found |= {name for name, needle in needles.items() if name not in found and needle in chunk}
    return found


def in_memory(pid: int, needles: Mapping[str, bytes]) -> set[str]:
    return found_in(pieces(pid), needles)


def in_files(folder: Path, needles: Mapping[str, bytes]) -> set[str]:
    return found_in((path.read_bytes() for path in folder.rglob("*") if path.is_file()), needles)
