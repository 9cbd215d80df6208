"""A recorded reader played back below real libusb, and the finger on it taken by our driver, as if the reader were there.

The driver runs in a program of its own under `umockdev-run`: `python -m agent.rig.replay SERIAL SEED OUT`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from agent.errors import LivescanError
from agent.rig.recording import SEED, Recording
from agent.rig.target import recorded
from drivers.device import Mode, Request, Result

LONGEST = 120.0  # s


class ReplayFailed(LivescanError):
    """The recording was not played to a picture."""


@dataclass(frozen=True)
class Replayed:
    serial: str
    model: str
    firmware: str
    width: int  # px
    height: int  # px
    seconds: float
    equal: bool | None  # to the picture beside the recording, pixel for pixel; None when there is none
    different: int  # pixels
    out: str  # file that took the picture, "" when none was asked for

    @property
    def sentence(self) -> str:
        taken = f"{self.model}, firmware {self.firmware}: one finger of {self.width} x {self.height} pixels in {self.seconds:.1f} s."
        if self.equal is None:
            return f"{taken} There is no capture.png beside it to compare with."
        return f"{taken} {'Every pixel is that of capture.png.' if self.equal else f'{self.different} pixels differ from capture.png.'}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def replay(folder: Path, out: Path | None) -> Replayed:
    """Raises RecordingError, ReplayFailed."""
    recording = Recording(folder)
    if shutil.which("umockdev-run") is None:
        raise ReplayFailed("A recording cannot be played: umockdev-run is not here.", do="Install the Debian package 'umockdev'.")
    with TemporaryDirectory(prefix="rig-") as scratch:
        pixels = Path(scratch) / "pixels.npy"
        said = _played(recording, pixels)
        image = np.load(pixels)
    if out is not None:
        Image.fromarray(image).save(out)
    different = None if recording.picture is None else _different(image, recording.picture)
    height, width = image.shape
    equal = None if different is None else different == 0
    return Replayed(**said, width=width, height=height, equal=equal, different=different or 0, out=str(out or ""))


def _played(recording: Recording, pixels: Path) -> dict[str, Any]:
    command = [*recording.command(), sys.executable, "-m", "agent.rig.replay", recording.serial, SEED, str(pixels)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False, env=dict(os.environ))
    except subprocess.TimeoutExpired as error:
        raise ReplayFailed(f"The recording did not come to its end within {LONGEST:g} s.", do="Record the device again.") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ReplayFailed(
            f"The recording was not played to a picture: {last}", do="Only U.are.U readers recorded with our seed are played."
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _different(image: NDArray[np.uint8], picture: Path) -> int:
    """Pixels that are not the same; all of them when the size is not."""
    beside = np.asarray(Image.open(picture).convert("L"))
    return int(np.count_nonzero(image != beside)) if image.shape == beside.shape else max(image.size, beside.size)


def main(serial: str, seed: str, out: str) -> None:
    began = time.monotonic()
    scanner = recorded(serial, int(seed, 16)).scanner()
    scanner.open()
    info = scanner.info
    *_, last = scanner.events(scanner.arm(Request(Mode.FLAT_1, frozenset({2}), timeout_s=30)))
    scanner.close()
    assert isinstance(last, Result), "the capture ends with its result"
    np.save(out, last.frame.pixels)
    said = {"serial": info.serial, "model": info.model, "firmware": info.firmware, "seconds": round(time.monotonic() - began, 3)}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
