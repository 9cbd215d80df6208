"""Power cuts on a disk whose write cache forgets: what the core has acknowledged is there afterwards, and without fsync it is not."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.bench.power_cuts import measure
from agent.bench.power_disk import SECTOR, Cut, Disk
from tests.data import need_debian, testdata

CARD = "prints/nist/type-4-tpcard.an2"
SIZE = 64 * 1024 * 1024  # bytes


def need_disk() -> None:
    need_debian("e2fsprogs", "mkfs.ext4")
    if os.geteuid() != 0 or not os.access("/dev/fuse", os.W_OK) or not os.access("/dev/loop-control", os.W_OK):
        pytest.skip("needs root, /dev/fuse and loop devices")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    need_disk()
    made = Disk(tmp_path / "fuse", SIZE)
    yield made
    made.close()


def test_what_was_flushed_is_in_every_image_and_what_was_not_in_some(disk: Disk, tmp_path: Path) -> None:
    with disk.path.open("r+b", buffering=0) as file:
        file.write(b"flushed" * 1000)
        os.fsync(file.fileno())
        file.seek(1024 * 1024)
        file.write(b"cached!" * 1000)
        cut = disk.cut()
    assert (disk.flushes >= 1, len(cut.cached) >= 1) == (True, True)
    kept = 0
    for seed in range(30):
        image = tmp_path / "image"
        cut.image(image, random.Random(seed))
        data = image.read_bytes()
        assert (len(data), data[:7000]) == (SIZE, b"flushed" * 1000)
        kept += b"cached!" in data
    assert 0 < kept < 30


def test_a_torn_write_ends_at_a_sector(tmp_path: Path) -> None:
    cut = Cut(8 * SECTOR, [(0, b"o" * 8 * SECTOR)], [(0, b"n" * 8 * SECTOR)])
    ends = set()
    for seed in range(200):
        cut.image(tmp_path / "image", random.Random(seed))
        data = (tmp_path / "image").read_bytes()
        ends.add(data.count(b"n"))
        assert data == data.replace(b"o", b"").ljust(8 * SECTOR, b"o")
    assert all(end % SECTOR == 0 for end in ends)
    assert len(ends) > 5


def test_a_cut_amid_writing_holds_the_writer_until_it_is_made(disk: Disk) -> None:
    writer = subprocess.Popen(["dd", "if=/dev/zero", f"of={disk.path}", "bs=64k", "count=400", "conv=notrunc", "oflag=sync"], stderr=-3)
    witnessed: list[int] = []
    cut = disk.cut(50, witness=lambda: witnessed.append(disk.flushes))
    assert writer.wait(30) == 0
    assert witnessed[0] < disk.flushes, "it went on afterwards"
    assert len(cut.durable) < 400


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("demo")
def test_nothing_that_was_acknowledged_is_lost() -> None:
    need_disk()
    verdict = measure(4, 7, testdata(CARD), print)
    assert (verdict.cuts, verdict.lost, verdict.unclean) == (4, [], 0)
    assert verdict.bookings >= 4


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("demo")
def test_without_fsync_the_same_cuts_lose_it() -> None:
    need_disk()
    assert measure(2, 7, testdata(CARD), print, safe=False).lost
