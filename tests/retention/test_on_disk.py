"""What is left on the platter, below the file system: the key is overwritten where it lay; encrypted blocks may stay, and are noise."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.bench.power_cuts import _mounted
from agent.bench.power_disk import Disk
from tests.data import need_debian


class Everything(random.Random):
    """Luck by which a drive keeps all that it was told."""

    def choice(self, _seq: Any) -> Any:
        return 1.0

    def random(self) -> float:
        return 0.9


def platter(disk: Disk, image: Path) -> bytes:
    subprocess.run(["sync"], check=True)
    disk.cut().image(image, Everything())
    return image.read_bytes()


@pytest.mark.long
@pytest.mark.timeout(120)
def test_the_key_is_gone_from_the_platter(tmp_path: Path) -> None:
    need_debian("e2fsprogs", "mkfs.ext4")
    if os.geteuid() != 0 or not os.access("/dev/fuse", os.W_OK):
        pytest.skip("needs root and /dev/fuse")
    disk = Disk(tmp_path / "fuse", 256 * 1024 * 1024)
    try:
        with _mounted(disk.path, tmp_path / "mnt", make=True) as mounted:
            station = [sys.executable, "-m", "tests.retention.on_disk", str(mounted / "state")]
            with subprocess.Popen(station, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as there:
                assert there.stdout is not None
                assert there.stdin is not None
                said = {name: bytes.fromhex(value) for name, value in json.loads(there.stdout.readline()).items()}
                before = platter(disk, tmp_path / "image")
                assert all(value in before for value in said.values()), "the search finds what is there"
                there.stdin.write("\n")
                there.stdin.flush()
                assert json.loads(there.stdout.readline()) == {"purged": True}
                after = platter(disk, tmp_path / "image")
                there.stdin.write("\n")
            assert said["key"] not in after, "the wrapped key can still be read from the disk"
    finally:
        disk.close()
