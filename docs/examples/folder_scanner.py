"""A driver in one file, to read and to start from: the "device" is a folder.

`device.json` in it says who the device is, so the folder without it is an unplugged cable; `glass.png` is what lies on the platen; `light`
is there while the device wants a finger. Nothing here is a toy in the one way that matters: it passes the same conformance suite as the
drivers that are shipped (`tests/docs/test_driver_guide.py`). What a real driver has instead of files is a `*_wire.py` of pure functions
between bytes and values, and a link that moves the bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.device import (
    Advice,
    Capabilities,
    DeviceEvent,
    DeviceInfo,
    FingerCount,
    Frame,
    Indication,
    Mode,
    PlatenState,
    PreviewSize,
    Request,
    Result,
    SelfTest,
    Warned,
)
from drivers.errors import Busy, DeviceError, Garbled, Gone, Refused
from drivers.one_finger import Cancelled, Capture, Expired, Life, need_one_finger
from drivers.states import Cause, DeviceState, after

SIZE = (300, 400)  # pixels, width and height
PPI = 500
LOOK_EVERY = 0.02  # s


class FolderScanner:
    """One plain finger at a time. `Life` follows the state table of the contract, so that this file cannot leave it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._life = Life()
        self._claim: int | None = None
        self._opening = threading.RLock()
        self._info = DeviceInfo("", "", "", "", "")

    # Who it is

    @property
    def info(self) -> DeviceInfo:
        self._need_open()
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        self._need_open()
        return Capabilities(
            fap=0,
            modes=frozenset({Mode.FLAT_1}),
            area={Mode.FLAT_1: SIZE},
            ppi=(PPI,),
            auto_capture=True,
            roll_in_device=False,
            roll_frames=False,
            leds=frozenset(),
            beeper=False,
            keys=frozenset(),
            certified=None,
            simulated=True,
            previews=frozenset({PreviewSize.NONE}),
        )

    @property
    def state(self) -> DeviceState:
        """Looks at the cable itself, since nobody may be reading events: LOST within half a second is the contract."""
        state = self._life.state
        if state not in (DeviceState.ABSENT, DeviceState.LOST) and not self._plugged_in():
            return after(state, Cause.UNPLUGGED)
        return state

    # Open and close

    def open(self) -> None:
        """Raises Gone, Busy, Garbled. A second program is told Busy by the lock, whatever it is."""
        with self._opening:
            self.close()
            self._life.move(Cause.OPEN)
            try:
                self._claim = self._claimed()
                self._info = self._asked()
            except DeviceError:
                self._release()
                self._life.move(Cause.NOT_OPENED)
                raise
            self._life.move(Cause.OPENED)

    def close(self) -> None:
        with self._opening:
            if self._claim is not None:
                self._release()
                self._life.move(Cause.CLOSED)

    # What it can do

    def self_test(self) -> SelfTest:
        self._need_open()
        raise Refused("This device has no self-test.", means="Nothing was tested.", do="Take a finger to see whether it works.")

    def platen_clear(self) -> bool:
        self._need_open()
        return self._seen() is None

    def indicate(self, indication: Indication) -> None:  # noqa: ARG002 - it has no lights, and says nothing about it
        self._need_open()

    def arm(self, request: Request) -> int:
        self._need_open()
        need_one_finger(request)
        return self._life.arm(request).token

    def trigger(self, token: int) -> None:
        self._life.capture_of(token).triggered = True

    def cancel(self, token: int) -> None:
        """Of a capture that has ended it does nothing: whoever cancels cannot know that it just ended."""
        self._life.capture_of(token, live=False).cancelled = True

    def events(self, token: int) -> Iterator[DeviceEvent]:
        """Follows one capture. An error moves the table first, then leaves: Gone comes after the state LOST, never instead of it."""
        capture, claim = self._life.capture_of(token), self._need_open()
        try:
            yield from self._life.followed(self._followed(capture), lambda: self._claim == claim)
        finally:
            self._light(on=False)

    # One capture

    def _followed(self, capture: Capture) -> Iterator[DeviceEvent]:
        """AWAIT_CLEAR first: what the person before left on the glass is never taken for this one's."""
        life = self._life
        yield life.now()
        if self._seen() is not None:
            yield PlatenState(life.number(), False)
        while self._look(capture) is not None:
            pass
        yield PlatenState(life.number(), True)
        yield life.move(Cause.PLATEN_CLEAR)
        self._light(on=True)
        yield from self._finger(capture)
        yield life.move(Cause.TAKE)
        frame = self._taken(capture)
        yield life.move(Cause.TAKEN)
        life.move(Cause.RELEASED)
        yield Result(life.number(), frame)

    def _finger(self, capture: Capture) -> Iterator[DeviceEvent]:
        while True:
            there = self._look(capture) is not None
            if there and self._life.state is DeviceState.ARMED:
                yield self._life.move(Cause.FINGER_SEEN)
                yield FingerCount(self._life.number(), 1, 1)
            if not there and self._life.state is DeviceState.TRACKING:
                yield self._life.move(Cause.FINGER_GONE)
            if there and (capture.auto or capture.triggered):
                return
            if capture.triggered:
                capture.triggered = False
                yield Warned(self._life.number(), Advice.TOO_FEW_FINGERS)

    def _taken(self, capture: Capture) -> Frame:
        pixels = self._seen()
        if pixels is None:
            raise Garbled("The finger went while its picture was taken.")
        advice = Advice.MANUAL_TRIGGER if capture.triggered else Advice.NONE
        return Frame(self._life.number(), capture.token, self._life.time_us(), pixels, PPI, advice, Mode.FLAT_1)

    def _look(self, capture: Capture) -> NDArray[np.uint8] | None:
        """One look at the glass; where every wait of a capture ends: cancelled, out of time, closed by another thread, unplugged."""
        if capture.cancelled:
            raise Cancelled
        if capture.left == 0:
            raise Expired
        time.sleep(LOOK_EVERY)
        return self._seen()

    # The "wire": files. A real driver's link raises the same errors, and no library's own.

    def _plugged_in(self) -> bool:
        return (self._folder / "device.json").exists()

    def _claimed(self) -> int:
        try:
            claim = os.open(self._folder / "claim", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Gone("The device is not there.") from error
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(claim)
            raise Busy("Another program has the device.") from error
        return claim

    def _asked(self) -> DeviceInfo:
        try:
            said = json.loads((self._folder / "device.json").read_text("utf-8"))
            return DeviceInfo("Example", str(said["model"]), str(said["serial"]), "1.0", "")
        except OSError as error:
            raise Gone("The device is not there.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise Garbled("The device does not say who it is.") from error

    def _seen(self) -> NDArray[np.uint8] | None:
        """What lies on the glass, None when nothing does. Foreign bytes: whatever is no picture of our size is Garbled."""
        if self._claim is None or not self._plugged_in():
            raise Gone("The device is no longer there.")
        try:
            data = (self._folder / "glass.png").read_bytes()
        except OSError:
            return None
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
        if pixels is None or pixels.shape != SIZE[::-1]:
            raise Garbled("The device sent something that is no picture of its size.")
        return np.asarray(pixels, dtype=np.uint8)

    def _light(self, *, on: bool) -> None:
        with contextlib.suppress(OSError):
            (self._folder / "light").touch() if on else (self._folder / "light").unlink()

    def _need_open(self) -> int:
        if self._claim is None:
            raise Refused("The device has not been opened.", do="Open it first.")
        return self._claim

    def _release(self) -> None:
        claim, self._claim = self._claim, None
        if claim is not None:
            os.close(claim)
