"""The driver against a real reader: its USB traffic, recorded, is played back by umockdev below an unmodified libusb."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.data import need_debian, testdata

RECORDING = "usb-recordings/uru4000-4500"
SERIAL = "{FB0B9071-2E08-7742-BC16-2FAA247CEF66}"
SEED = "51ea2124"  # that the host of the recording used
SCRIPT = Path(__file__).with_name("umockdev_replay.py")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray[Any, Any], dict[str, Any]]:
    run = need_debian("umockdev", "umockdev-run")
    folder = testdata(RECORDING)
    device = folder / "device"
    syspath = "/sys" + device.read_text("utf-8").splitlines()[0].removeprefix("P: ")
    out = tmp_path_factory.mktemp("replay") / "pixels"
    command = [run, "-d", str(device), "-p", f"{syspath}={folder / 'capture.pcapng'}", "--"]
    done = subprocess.run(
        [*command, sys.executable, str(SCRIPT), SERIAL, SEED, str(out)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=SCRIPT.parents[2],
        env={"PYTHONPATH": str(SCRIPT.parents[2]), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return np.frombuffer(out.read_bytes(), np.uint8).reshape(said["shape"]), said


def test_the_recorded_finger_comes_pixel_for_pixel(replayed: tuple[np.ndarray[Any, Any], dict[str, Any]]) -> None:
    pixels, _ = replayed
    picture = np.asarray(Image.open(testdata(RECORDING) / "capture.png").convert("RGB"))
    assert all(np.array_equal(pixels, picture[:, :, channel]) for channel in range(3))


def test_the_recorded_reader_is_found_by_its_serial_number_and_says_who_it_is(
    replayed: tuple[np.ndarray[Any, Any], dict[str, Any]],
) -> None:
    _, said = replayed
    assert said["driver"] == "uru4500"
    assert said["model"] == "U.are.U® 4500 Fingerprint Reader"
    assert said["firmware"] == "01.15/00.10"
    assert said["states"] == ["await_clear", "armed", "tracking", "taking", "result"]
    assert said["sequence"] == sorted(set(said["sequence"]))
