"""What is said to a FAP60 scanner, one thing at a time: what each raises, and how a scanner is brought back to READY."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from drivers import fap60_wire as wire
from drivers.errors import Garbled, Timeout
from drivers.fap60_wire import Indication, Info, Request, State, StateReport
from drivers.fap60_words import refusal
from drivers.usb_link import Stalled, UsbLink

_T = TypeVar("_T")


class Fap60Control:
    """Section 3 over a link. After a stall the error code is fetched before any other request may overwrite it."""

    def __init__(self, link: UsbLink) -> None:
        self._link = link
        self._lock = threading.RLock()

    def info(self) -> Info:
        return self._twice(lambda: wire.parse_info(self._link.control_in(Request.GET_INFO, wire.INFO_SIZE)))

    def state(self) -> StateReport:
        return self._twice(lambda: wire.parse_state(self._link.control_in(Request.GET_STATE, wire.STATE_SIZE)))

    def send(self, request: Request, data: bytes = b"") -> None:
        """Raises Refused with the device's reason, Timeout, Gone."""
        with self._lock:
            try:
                self._link.control_out(request, data)
            except Stalled as stall:
                raise refusal(self.state().error) from stall

    def send_token(self, request: Request, token: int) -> None:
        self.send(request, wire.build_token(token))

    def indicate(self, indication: Indication) -> None:
        """Section 9, on bulk OUT. Raises Gone, Timeout."""
        with self._lock:
            self._link.write(wire.build_indication(indication))

    def reset(self) -> None:
        """Reset the device and bring it to READY. Nobody may be reading."""
        with self._lock:
            self._link.reset()
            self.recover()

    def close(self) -> None:
        """Let go of the device. Never raises. Nobody may be reading."""
        with self._lock:
            self._link.close()

    def recover(self) -> None:
        """Bring it to READY: end a capture that a killed process has left, clear an error. Raises Refused when it will not come."""
        with self._lock:
            report = self.state()
            if report.state is State.ERROR:
                self.send(Request.CLEAR_ERROR)
            elif report.state is not State.READY:
                self.send_token(Request.CANCEL, report.token)
            report = self.state()
            if report.state is not State.READY:
                raise refusal(report.error)

    def _twice(self, ask: Callable[[], _T]) -> _T:
        """Reading changes nothing, so what came late, damaged or not at all is asked once more."""
        with self._lock:
            try:
                return ask()
            except (Timeout, Garbled, Stalled):
                return ask()
