"""The driver of the foot pedal, docs/pedal-protocol.md. Blocking, for a thread of its caller's; no thread of its own."""

from __future__ import annotations

import time
from collections import deque

from drivers import line_wire, pedal_wire
from drivers.errors import Garbled, Gone, Refused, Timeout
from drivers.line_wire import LineDecoder
from drivers.pedal_wire import SILENT_AFTER, Foot, Hello, PedalEvent
from drivers.serial_link import CHUNK, SerialLink

HELLO = 1.0  # s; it answers within 0.2
ASK_EVERY = 0.3  # s: a first question may meet a device that is starting
NO_FOOT = "A foot cannot take an image; the screen can."
TICK = 0.010  # s between two looks at the time, a third of a bounce


class Pedal:
    def __init__(self, port: str, *, baud: int = line_wire.BAUD) -> None:
        self._port = port
        self._baud = baud
        self._link: SerialLink | None = None
        self._hello = Hello("", "")
        self._begin()

    @property
    def serial(self) -> str:
        """As it said when it was opened."""
        return self._hello.serial

    @property
    def firmware(self) -> str:
        return self._hello.firmware

    @property
    def damaged_lines(self) -> int:
        """Since it was opened."""
        return self._decoder.damaged

    def open(self) -> None:
        """Within 1.5 s. Raises Gone, Busy, Refused; Timeout at silence; Garbled when something else is on the port."""
        self.close()
        self._begin()
        self._link = SerialLink(self._port, self._baud)
        try:
            self._hello = self._asked()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Never raises."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def wait(self, timeout: float) -> PedalEvent | None:
        """The next thing that happens, or None when nothing has within the timeout (s). Raises Gone when unplugged or silent for 2 s."""
        deadline = time.monotonic() + timeout
        while not self._events:
            self._listen(min(TICK, max(0.0, deadline - time.monotonic())))
            if not self._events and time.monotonic() >= deadline:
                return None
        return self._events.popleft()

    def _begin(self) -> None:
        self._decoder = LineDecoder()
        self._foot = Foot()
        self._events: deque[PedalEvent] = deque()
        self._heard_at = time.monotonic()

    def _listen(self, timeout: float) -> None:
        if self._link is None:
            raise Refused("The pedal has not been opened.", means=NO_FOOT, do="Open it first.")
        data = self._link.read(CHUNK, timeout)
        at = time.monotonic()
        for content in self._decoder.feed(data):
            self._take(content, at)
        self._events += self._foot.passed(at)
        if at - self._heard_at > SILENT_AFTER and not self._events:
            raise Gone(
                "The foot pedal has fallen silent.", means="A foot cannot take an image; the screen can.", do="Unplug it and plug it in."
            )

    def _take(self, content: str, at: float) -> None:
        try:
            said = pedal_wire.parse(content)
        except Garbled:
            return  # a line of a later version
        self._heard_at = at
        if isinstance(said, Hello):
            self._hello = said
        else:
            self._events += self._foot.contact(said, at)

    def _asked(self) -> Hello:
        deadline = time.monotonic() + HELLO
        while time.monotonic() < deadline:
            assert self._link is not None, "asked while it is being opened"
            self._link.write(line_wire.build(pedal_wire.WHO))
            until = time.monotonic() + ASK_EVERY
            while time.monotonic() < until:
                self._listen(TICK)
                if self._hello.serial:
                    return self._hello
        if self._decoder.noise:
            raise Garbled(f"What is on {self._port} is no foot pedal, or speaks at another baud rate.", do="Check the port.")
        raise Timeout(f"The foot pedal on {self._port} does not answer.", do="Unplug it and plug it in.")
