"""Passwords that attackers know, from a file that an administrator brings and refreshes quarterly: CJIS Security Policy v6.0 IA-5(1).

Two forms, told apart by the first line:
    SHA-1 in hexadecimal, perhaps with `:COUNT`, sorted, one a line, as "Pwned Passwords" is given out. Searched on the disk, however large.
    passwords themselves, one a line, UTF-8: compared without regard to case. At most 64 MiB, held in memory.
SHA-1 is the list's own name for an entry here, it protects nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from agent.errors import ConfigError
from agent.settings import config_dir

COMMON = "common-passwords.txt"
LARGEST = 64 * 1024 * 1024  # bytes of a list of plain passwords
QUARTER = timedelta(days=92)
_HASHED = re.compile(rb"[0-9A-Fa-f]{40}(:[0-9]+)?\s*")
_LINE = 256  # bytes; longer than any line of such a list


class BreachedList:
    """The shipped list of common ones, and the station's file over it. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises ConfigError when the file is not there or is no list."""
        self._plain = _plain(config_dir() / COMMON)
        self._path = path
        self._hashed = path is not None and _is_hashed(path)
        if path is not None and not self._hashed:
            self._plain |= _plain(path)

    def __contains__(self, password: object) -> bool:
        if not isinstance(password, str):
            return False
        wanted = unicodedata.normalize("NFKC", password)
        if wanted.lower() in self._plain:
            return True
        return self._hashed and any(self._in_file(one) for one in {password, wanted, wanted.lower()})

    def complaint(self, now: datetime) -> str | None:
        """What an administrator must do about it."""
        if self._path is None:
            return "There is no list of breached passwords beside the shipped one: set access.breached and refresh it quarterly (IA-5(1))."
        try:
            age = now - datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        except OSError:
            return "The list of breached passwords is gone: set access.breached to where it is."
        if age > QUARTER:
            return f"The list of breached passwords is {age.days} days old: bring a new one, quarterly (IA-5(1))."
        return None

    def _in_file(self, password: str) -> bool:
        assert self._path is not None
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        try:
            with self._path.open("rb") as file:
                return _search(file, wanted)
        except OSError:
            return False  # the shipped list still holds, and `complaint` says so


def _search(file: BinaryIO, wanted: bytes) -> bool:
    """Halving a sorted file by bytes; a place in the middle of a line belongs to the line after it."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while low < high:
        middle = (low + high) // 2
        file.seek(max(middle - 1, 0))
        if middle > 0:
            file.readline(_LINE)
        line = file.readline(_LINE)
        if not line or line[:40].upper() >= wanted:
            high = middle
        else:
            low = middle + 1
    file.seek(max(low - 1, 0))
    if low > 0:
        file.readline(_LINE)
    return file.readline(_LINE)[:40].upper() == wanted


def _is_hashed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _HASHED.fullmatch(file.readline(_LINE)) is not None
    except OSError as error:
        raise ConfigError(f"The list of breached passwords cannot be read: {error.strerror}.", do="Check access.breached.") from error


def _plain(path: Path) -> frozenset[str]:
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(
                "The list of breached passwords is too large to be held in memory.",
                means="The station does not start with it.",
                do="Give it as sorted SHA-1 digests, one a line.",
            )
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "The list of breached passwords is no text that can be read.", means="The station does not start.", do="Check access.breached."
        ) from error
    return frozenset(unicodedata.normalize("NFKC", line.strip()).lower() for line in lines if line.strip())
