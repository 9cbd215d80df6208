"""The foot pedal beside the scanner: one thread that waits for a foot, and opens the pedal again when it has gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from drivers.errors import DeviceError
from drivers.pedal import Pedal
from drivers.pedal_wire import PedalEvent

WAIT = 0.25  # s; within this time the thread ends when it is told to
AGAIN = 2.0  # s between two tries to open a pedal that is not there


class Footing:
    def __init__(self, port: str, *, pressed: Callable[[], Awaitable[None]], say: Callable[[str], None]) -> None:
        """pressed: called on the loop with each press. say: sentences for the screen, on the loop."""
        self._port = port
        self._pressed = pressed
        self._say = say
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._running: set[asyncio.Future[None]] = set()

    def begin(self) -> None:
        """Of no effect when it has begun already."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name="pedal", daemon=True)
            self._thread.start()

    async def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        told = False
        while not self._stop.is_set():
            try:
                self._listen()
            except DeviceError as trouble:
                if not told:
                    self._on_loop(self._say, str(trouble))
                told = True
            self._stop.wait(AGAIN)

    def _listen(self) -> None:
        """Until it has gone or is to stop. Raises DeviceError."""
        pedal = Pedal(self._port)
        pedal.open()
        try:
            while not self._stop.is_set():
                if pedal.wait(WAIT) is PedalEvent.PRESSED:
                    self._on_loop(self._press)
        finally:
            pedal.close()

    def _press(self) -> None:
        job = asyncio.ensure_future(self._pressed())
        self._running.add(job)
        job.add_done_callback(self._running.discard)

    def _on_loop(self, call: Callable[..., object], *values: object) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody listens any more
            self._loop.call_soon_threadsafe(call, *values)
