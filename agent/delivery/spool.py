"""Payload files: one directory, one file per transfer, named by its SHA-256.

A file is either whole and on the disk, or it does not exist (`store.files`). The bytes are sealed already, so the spool has no key.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from agent.delivery.errors import NoRoom, SpoolError
from agent.store.files import PART, make_folder, sync_folder, write_durably

_NAME = re.compile(r"[0-9a-f]{64}")


class Spool:
    """Blocking; call it in a thread. `free_floor`: bytes of the disk that must stay free, so that SQLite can still commit and delete."""

    def __init__(self, directory: Path, *, free_floor: int) -> None:
        self._directory = directory
        self._free_floor = free_floor
        make_folder(directory)

    def put(self, name: str, data: bytes) -> None:
        """On the disk when it returns. Raises NoRoom, SpoolError."""
        if shutil.disk_usage(self._directory).free - len(data) < self._free_floor:
            raise NoRoom(
                "The disk of the uplink is too full.",
                means="The booking stays safe with the core and is handed over again when there is room.",
                do="Free space on the disk that holds the uplink's state directory.",
            )
        try:
            write_durably(self._directory / name, data)
        except OSError as error:
            raise _said("written", error) from error

    def get(self, name: str) -> bytes:
        """The payload, as it was written. Raises SpoolError when it is gone or its SHA-256 is not its name."""
        try:
            data = (self._directory / name).read_bytes()
        except OSError as error:
            raise _said("read", error) from error
        if hashlib.sha256(data).hexdigest() != name:
            raise SpoolError(f"The payload file {name} has changed on the disk.", means="It is not used.", do="Check the disk's health.")
        return data

    def has(self, name: str, size: int) -> bool:
        try:
            return (self._directory / name).stat().st_size == size
        except OSError:
            return False

    def drop(self, name: str) -> None:
        """Gone when it returns; absent already is fine. A power cut may bring it back, without a row: then the next start deletes it."""
        try:
            (self._directory / name).unlink(missing_ok=True)
        except OSError as error:
            raise _said("deleted", error) from error

    def sweep(self, wanted: set[str]) -> int:
        """Delete every file that no row wants, and torn temporaries; how many there were. At start-up only."""
        orphans = [path for path in self._directory.iterdir() if path.name not in wanted and _ours(path.name)]
        for path in orphans:
            path.unlink(missing_ok=True)
        if orphans:
            sync_folder(self._directory)
        return len(orphans)


def _ours(name: str) -> bool:
    return name.startswith(PART) or bool(_NAME.fullmatch(name))


def _said(what: str, error: OSError) -> SpoolError:
    return SpoolError(
        f"A payload file could not be {what}: {error.strerror}.",
        means="Nothing is lost: the core keeps every envelope until the bureau's receipt is verified.",
        do="Check that the uplink's state directory exists, is writable, and that its disk is healthy.",
    )
