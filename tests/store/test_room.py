"""Room on a real small file system."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.store.database import Database, DatabaseError
from agent.store.room import BALLAST, NoRoomForBooking, Room, RoomSettings

KB = 1024
SMALL = RoomSettings(floor=1024 * KB, each=512 * KB, ballast=1024 * KB, need=256 * KB)
TABLE = ("CREATE TABLE payload (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;",)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs to mount a small file system: root and mount(8)")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs to mount a small file system, which this machine refuses")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    filler = folder / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - leave)
    return filler


def test_the_station_says_for_how_many_more_bookings_there_is_room(small: Path) -> None:
    room = Room(small, SMALL)
    assert room.bookings == (8 - 1) * 2
    assert room.look()
    assert room.words == "room for 12 more bookings"
    fill(small, (1024 + 600) * KB)
    assert room.words == "room for 1 more booking"
    room.require()


def test_at_the_floor_the_next_booking_is_refused_in_words(small: Path) -> None:
    room = Room(small, SMALL)
    room.look()
    filler = fill(small, 1100 * KB)
    assert room.words == "no room for another booking"
    with pytest.raises(NoRoomForBooking, match="no room for another booking"):
        room.require()
    filler.unlink()
    room.require()


def test_the_ballast_is_given_up_in_need_and_deleting_works_again(small: Path) -> None:
    room = Room(small, SMALL)
    assert room.look()
    assert (small / BALLAST).stat().st_blocks * 512 >= SMALL.ballast, "reserved, not a hole"
    database = Database(small / "core.sqlite", TABLE)
    database.write_now(lambda db: db.executemany("INSERT INTO payload (data) VALUES (?)", [(bytes(100_000),)] * 3))
    fill(small, 0)
    with pytest.raises(DatabaseError):
        database.write_now(lambda db: db.execute("DELETE FROM payload"))
    assert not room.look()
    database.write_now(lambda db: db.execute("DELETE FROM payload"))
    assert database.read_now(lambda db: db.execute("SELECT count(*) FROM payload").fetchone()[0]) == 0
    database.close()


def test_the_ballast_comes_back_when_there_is_room(small: Path) -> None:
    room = Room(small, SMALL)
    room.look()
    filler = fill(small, 0)
    assert not room.look()
    assert not room.look(), "what was given up stays given up while the disk is full"
    filler.unlink()
    assert room.look()
