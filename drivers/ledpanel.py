"""The driver of the LED panel, docs/ledpanel-protocol.md. Blocking; any thread, one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from drivers import ledpanel_wire, line_wire
from drivers.device import Indication
from drivers.errors import Garbled, Refused, Timeout
from drivers.ledpanel_wire import Answer, Hello
from drivers.line_wire import LineDecoder
from drivers.serial_link import CHUNK, SerialLink

ANSWER = 0.2  # s
TRIES = 3
NO_LIGHTS = "The lights cannot be trusted; the screen says the same."


class LedPanel:
    def __init__(self, port: str, *, baud: int = line_wire.BAUD) -> None:
        self._port = port
        self._baud = baud
        self._link: SerialLink | None = None
        self._decoder = LineDecoder()
        self._hello = Hello("", "")
        self._number = 0
        self._lock = threading.Lock()

    @property
    def serial(self) -> str:
        """As it said when it was opened."""
        return self._hello.serial

    @property
    def firmware(self) -> str:
        return self._hello.firmware

    @property
    def hung_up(self) -> bool:
        """Whether it has been unplugged, asked without a word on the line."""
        return self._link is not None and self._link.hung_up

    def open(self) -> None:
        """Within 1 s. Raises Gone, Busy, Refused; Timeout at silence; Garbled when something else is on the port."""
        self.close()
        self._link = SerialLink(self._port, self._baud)
        try:
            with self._lock:
                self._hello = self._greeted()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Never raises. The panel keeps what it shows."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def indicate(self, indication: Indication) -> None:
        """Returns when it is shown. Raises Gone, Timeout, Refused when the panel says that it cannot."""
        with self._lock:
            answer = self._shown(indication)
        if answer.code:
            reason = "does not understand" if answer.code == 1 else "has a fault and cannot show"
            raise Refused(f"The LED panel {reason} what it was told.", means=NO_LIGHTS, do="Tell a technician.")

    def _shown(self, indication: Indication) -> Answer:
        """The line is the same each time, so one that is shown twice is shown once."""
        self._number = (self._number + 1) % 0x10000
        line = ledpanel_wire.show(self._number, indication)
        said = self._asked(line, lambda said: isinstance(said, Answer) and said.number == self._number)
        assert isinstance(said, Answer), "what was waited for"
        return said

    def _greeted(self) -> Hello:
        said = self._asked(ledpanel_wire.WHO, lambda said: isinstance(said, Hello))
        assert isinstance(said, Hello), "what was waited for"
        return said

    def _asked(self, content: str, wanted: Callable[[Hello | Answer], bool]) -> Hello | Answer:
        """Say it, until the answer comes. Raises Timeout, Garbled, Gone."""
        link = self._link
        if link is None:
            raise Refused("The LED panel has not been opened.", means=NO_LIGHTS, do="Open it first.")
        self._decoder = LineDecoder()
        for _ in range(TRIES):
            link.write(line_wire.build(content))
            deadline = time.monotonic() + ANSWER
            while (left := deadline - time.monotonic()) > 0:
                for said in self._heard(link.read(CHUNK, left)):
                    if wanted(said):
                        return said
        if self._decoder.noise:
            raise Garbled(
                f"What is on {self._port} is no LED panel, or speaks at another baud rate.", means=NO_LIGHTS, do="Check the port."
            )
        raise Timeout(f"The LED panel on {self._port} does not answer.", means=NO_LIGHTS, do="Unplug it and plug it in.")

    def _heard(self, data: bytes) -> list[Hello | Answer]:
        heard = []
        for content in self._decoder.feed(data):
            try:
                heard.append(ledpanel_wire.parse(content))
            except Garbled:
                continue  # a line of a later version
        return heard
