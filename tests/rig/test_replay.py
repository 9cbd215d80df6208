"""`livescan rig replay`: the recorded reader, our driver, the same picture."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.rig.record import CannotRecord, record
from agent.rig.recording import RecordingError
from agent.rig.replay import replay
from tests.data import need_debian, testdata

READER = "usb-recordings/uru4000-4500"


def test_every_pixel_is_that_of_the_picture_beside_it(tmp_path: Path) -> None:
    need_debian("umockdev", "umockdev-run")
    replayed = replay(testdata(READER), tmp_path / "x.png")
    assert (replayed.equal, replayed.different) == (True, 0)
    assert "Every pixel" in replayed.sentence
    beside = np.asarray(Image.open(testdata(READER) / "capture.png").convert("L"))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "x.png")), beside)


def test_another_picture_beside_it_is_told(tmp_path: Path) -> None:
    need_debian("umockdev", "umockdev-run")
    for path in testdata(READER).iterdir():
        shutil.copy(path, tmp_path)
    with Image.open(tmp_path / "capture.png") as image:
        changed = image.convert("L")
    changed.putpixel((100, 100), 255 - int(np.asarray(changed)[100, 100]))
    changed.save(tmp_path / "capture.png")
    assert replay(tmp_path, None).different == 1


def test_a_folder_without_a_recording_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no file 'device'"):
        replay(tmp_path, None)


def test_recording_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(CannotRecord):
        record(tmp_path, "NOT-THERE", 5, lambda _: None)
