"""The camera at the counter, through OpenCV: a device by its number, or anything else that `VideoCapture` opens."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.errors import LivescanError

SETTLE = 8  # frames a webcam is given for its exposure; a file has one and gives that


class NoPicture(LivescanError):
    """The camera is not there, or gives nothing."""


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
