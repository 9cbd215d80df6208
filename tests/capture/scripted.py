"""A scanner in memory that follows a script: for the edges of a session that no real scanner shows on demand."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from drivers.device import (
    Advice,
    Capabilities,
    DeviceEvent,
    DeviceInfo,
    DeviceState,
    Frame,
    KeyPressed,
    Mode,
    PlatenState,
    Preview,
    Request,
    Result,
    RollFrame,
    StateChanged,
    Warned,
)
from drivers.errors import DeviceError, Refused

S = DeviceState


@dataclass
class Show:
    """One armed capture: what lies on the glass, and what goes wrong."""

    image: NDArray[np.uint8] | None = None  # None: nothing comes, the capture ends by itself
    advice: Advice = Advice.NONE
    dies: DeviceError | None = None  # raised after the finger was seen
    waits: bool = False  # until triggered or cancelled
    foot: bool = False  # the foot switch is pressed first
    live: Sequence[NDArray[np.uint8]] = ()  # pictures of the live view, one every 66 ms of device time, the last again and again
    raw: Sequence[NDArray[np.uint8]] = ()  # pictures of a roll, one every 66 ms of device time
    states: Sequence[DeviceState] = (S.AWAIT_CLEAR, S.ARMED, S.TRACKING, S.TAKING)


@dataclass
class ScriptedScanner:
    script: list[Show]
    serial: str = "SCRIPT-1"
    armed: list[Request] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)  # that armed, read, opened or closed it
    cancelled: list[int] = field(default_factory=list)
    closed: bool = False
    auto_capture: bool = True
    empties: list[NDArray[np.uint8]] | None = None  # the glass with nothing on it, one picture for each look; None: it cannot take that
    ppi: tuple[int, ...] = (500,)
    hasty: int = 0  # so often a hand comes down while the empty glass is taken

    def __post_init__(self) -> None:
        self._pressed: queue.Queue[str] = queue.Queue()
        self._open_capture = False
        self._triggered = False
        self._raw = any(show.raw for show in self.script)

    @property
    def info(self) -> DeviceInfo:
        return DeviceInfo("Nobody", "Script", self.serial, "1", "")

    @property
    def capabilities(self) -> Capabilities:
        size = dict.fromkeys(Mode, (1600, 1500))
        modes = frozenset(Mode) - ({Mode.EMPTY} if self.empties is None else set())
        return Capabilities(
            60, modes, size, self.ppi, self.auto_capture, True, self._raw, frozenset(), False, frozenset({"foot"}), None, True
        )

    def open(self) -> None:
        self._note()

    def close(self) -> None:
        self._note()
        self.closed = True

    def arm(self, request: Request) -> int:
        self._note()
        if self._open_capture:
            raise Refused("A capture is under way.")
        self.armed.append(request)
        return len(self.armed)

    def trigger(self, token: int) -> None:
        self._triggered = True
        self._pressed.put("trigger")

    def cancel(self, token: int) -> None:
        self.cancelled.append(token)
        self._pressed.put("cancel")

    def events(self, token: int) -> Iterator[DeviceEvent]:
        self._open_capture = True
        self._triggered = False
        try:
            if self.armed[-1].mode is Mode.EMPTY and self.empties is not None:
                yield from self._emptied(token, self.empties.pop(0))
            else:
                yield from self._played(token, self.script.pop(0))
        finally:
            self._open_capture = False

    def _emptied(self, token: int, glass: NDArray[np.uint8]) -> Iterator[DeviceEvent]:
        for number, state in enumerate((S.AWAIT_CLEAR, S.ARMED, S.TAKING)):
            yield StateChanged(number, state)
        if self.hasty:
            self.hasty -= 1
            yield PlatenState(3, clear=False)
        yield Result(9, self._frame(glass, token, Show()))

    def _played(self, token: int, show: Show) -> Iterator[DeviceEvent]:
        self._note()
        for number, state in enumerate(show.states):
            yield StateChanged(number, state)
            if state is S.TRACKING and show.live:
                yield from self._lived(number, token, show)
            elif state is S.TRACKING:
                yield Preview(number, self._frame(np.full((4, 4), 9, np.uint8), token, show))
                if show.dies is not None:
                    raise show.dies
            if state is S.ARMED and show.foot:
                yield KeyPressed(number, "foot")
            if state is S.ARMED and (show.waits or show.foot) and self._pressed.get(timeout=10) == "cancel":
                return
            if state is S.ARMED and show.image is None and show.dies is None:
                return
        if show.dies is not None:
            raise show.dies
        for n, picture in enumerate(show.raw):
            yield RollFrame(9, replace(self._frame(picture, token, show), device_time_us=66_000 * n), n)
        if show.advice:
            yield Warned(8, show.advice)
        if show.image is not None:
            yield Result(9, self._frame(show.image, token, show))

    def _lived(self, number: int, token: int, show: Show) -> Iterator[DeviceEvent]:
        """Until somebody triggers, or for as many pictures as there are where the scanner does it itself."""
        for n in range(len(show.live) if self.auto_capture else 200):
            yield Preview(number, replace(self._frame(show.live[min(n, len(show.live) - 1)], token, show), device_time_us=66_000 * n))
            with suppress(queue.Empty):
                if self._pressed.get(timeout=0.03) == "trigger":
                    return

    def _frame(self, pixels: NDArray[np.uint8], token: int, show: Show) -> Frame:
        advice = show.advice | (Advice.MANUAL_TRIGGER if self._triggered else Advice.NONE)
        return Frame(0, token, 0, pixels, self.ppi[0], advice, self.armed[-1].mode)

    def _note(self) -> None:
        self.threads.add(threading.current_thread().name)
