"""The camera at the counter, through OpenCV: a device by its number, or anything else that `VideoCapture` opens.

It is opened for a picture and let go after it, by one of this program at a time.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.troubles import Troubles
from agent.clock import Clock
from agent.errors import LivescanError

SETTLE = 8  # frames a webcam is given for its exposure; a file has one and gives that
WITHIN = 15.0  # s for a picture
COVERED = 2.0  # of 255, standard deviation; a picture that varies by less in every colour is of a cap, or of the dark
_SYSTEM = Path("/sys/class/video4linux")  # what the kernel knows of a camera; nothing is opened for it


class NoPicture(LivescanError):
    """The camera is not there, or gives nothing."""


class CameraBusy(LivescanError):
    """A picture is being taken."""


@dataclass(frozen=True)
class Shot:
    """Of the last picture, what stays when the picture is gone."""

    at: datetime  # UTC
    width: int  # pixels
    height: int
    even: bool  # next to nothing is to be seen in it


class Camera:
    """source: "0" for the first camera, or a path; "" none. On the loop."""

    def __init__(self, source: str, clock: Clock, troubles: Troubles) -> None:
        self.source = source
        self.troubles = troubles
        self.last: Shot | None = None
        self._clock = clock
        self._taking = threading.Lock()  # held by the thread that has it open, also when nobody waits for it any more

    @property
    def busy(self) -> bool:
        return self._taking.locked()

    @property
    def node(self) -> Path | None:
        """Its device file; None where the source is no camera of this machine."""
        name = f"/dev/video{self.source}" if self.source.isdigit() else self.source
        return Path(name) if name.startswith("/dev/") else None

    @property
    def model(self) -> str:
        """As the kernel tells it; "" where it does not. Blocking."""
        try:
            return (_SYSTEM / self.node.resolve().name / "name").read_text("utf-8", "replace").strip() if self.node else ""
        except OSError:
            return ""

    async def picture(self) -> NDArray[np.uint8]:
        """As `take_picture`. Raises NoPicture; CameraBusy when one is being taken."""
        if not self.source:
            raise NoPicture("This station has no camera.", do="Set camera.source, or give a picture file.")
        try:
            async with asyncio.timeout(WITHIN):
                pixels = await asyncio.to_thread(self._taken)
        except TimeoutError:
            raise self._met(NoPicture("The camera did not answer in time.", do="Unplug it and plug it in again.")) from None
        except NoPicture as trouble:
            raise self._met(trouble) from None
        height, width = pixels.shape[:2]
        self.last = Shot(self._clock.now(), width, height, bool(pixels.std(axis=(0, 1)).max() < COVERED))
        return pixels

    def _taken(self) -> NDArray[np.uint8]:
        if not self._taking.acquire(blocking=False):
            raise CameraBusy("The camera takes a picture at this moment.", means="None was taken.", do="Try again in a moment.")
        try:
            return take_picture(self.source)
        finally:
            self._taking.release()

    def _met(self, trouble: NoPicture) -> NoPicture:
        self.troubles.add(trouble.what, trouble.means, trouble.do)
        return trouble


def take_picture(source: str) -> NDArray[np.uint8]:
    """Color pixels (rows, columns, 3), red first. Blocks for a second or so; raises NoPicture.

    source: "0" for the first camera, or a path.
    """
    camera = cv2.VideoCapture(int(source) if source.isdigit() else source)
    try:
        frame = None
        for _ in range(SETTLE):
            there, latest = camera.read()
            if not there:
                break
            frame = latest
    finally:
        camera.release()
    if frame is None:
        raise NoPicture("The camera gives no picture.", means="The booking goes on without a photo.", do="Plug it in, or name another.")
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
