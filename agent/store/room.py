"""Room on the disk: how many more bookings it takes, when a new one is refused, and a ballast file that is given up in need.

Measured on a full file system: a commit fails cleanly and the database is sound, but deleting rows fails too, since a journal needs room.
So some is reserved up front as a file, and released when the disk is all but full: then receipts can still be recorded and payloads go.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from agent.errors import LivescanError
from agent.store.files import make_folder, sync_folder

BALLAST = "ballast"


class NoRoomForBooking(LivescanError):
    """The disk has reached its floor."""


@dataclass(frozen=True)
class RoomSettings:
    floor: int = 256 * 1024 * 1024  # bytes that new bookings never use: what is open is finished, sent and deleted with them
    each: int = 32 * 1024 * 1024  # bytes of one booking: images, replies, sealed file, the uplink's copy
    ballast: int = 64 * 1024 * 1024  # bytes reserved as a file
    need: int = 32 * 1024 * 1024  # bytes free below which the ballast is given up


class Room:
    """Blocking; every call looks at the disk."""

    def __init__(self, folder: Path, settings: RoomSettings) -> None:
        self._ballast = folder / BALLAST
        self._folder = folder
        self._settings = settings
        make_folder(folder)

    @property
    def bookings(self) -> int:
        """How many more there is room for."""
        return max(0, (self._free() - self._settings.floor) // self._settings.each)

    @property
    def words(self) -> str:
        number = self.bookings
        return f"room for {number} more booking{'' if number == 1 else 's'}" if number else "no room for another booking"

    def require(self) -> None:
        """Before a booking is opened. Raises NoRoomForBooking."""
        if self.bookings == 0:
            raise NoRoomForBooking(
                "There is no room for another booking on this station's disk.",
                means="No booking was opened. What is open can be finished; sending, receipts and deleting go on.",
                do="Let what is sealed be sent, or free space on the disk of the state directory.",
            )

    def look(self) -> bool:
        """Reserve the ballast while there is room, give it up in need; whether it is there afterwards. Call it now and then."""
        there = self._ballast.exists()
        if there and self._free() < self._settings.need:
            self._ballast.unlink(missing_ok=True)
            return False
        if not there and self._free() > self._settings.floor + self._settings.ballast:
            return self._reserve()
        return there

    def _reserve(self) -> bool:
        try:
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._settings.ballast)
                os.fsync(file.fileno())
            sync_folder(self._folder)
        except OSError:
            with contextlib.suppress(OSError):
                self._ballast.unlink(missing_ok=True)
            return False
        return True

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free
