"""The driver of serial single-finger modules that speak EF01 packets: ZFM-20, R305, R307, AS608, R503 (`zfm_wire`, `zfm_line`).

For identity checks and for the bench: 16 greys from one plain finger, never a ten-print record (`fap` 0, `certified` None). An image takes
seven seconds at 57,600 baud.

No thread of its own: the module speaks only when asked. `trigger`, `cancel` and `state` may be called from another thread.

An R503 has a ring of light in red, blue and purple: blue stands for green, purple for yellow.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from drivers import zfm_wire as wire
from drivers.device import (
    Advice,
    Capabilities,
    Colour,
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
from drivers.errors import Garbled, Refused, Timeout
from drivers.one_finger import Cancelled, Capture, Expired, Life, need_one_finger
from drivers.serial_link import SerialLink
from drivers.states import Cause, DeviceState, after
from drivers.zfm_line import ZfmLine
from drivers.zfm_wire import Aura, AuraColour, Code, Op, Parameters, Product

BAUD = 57600  # as modules are delivered
SIZE = (256, 288)  # pixels, of every module that does not say: ZFM-20, R305, R307, AS608
PPI = 500  # nominal
LOOK_EVERY = 0.10  # s between two looks at the platen
UPLOADS = 3  # of one image, before it is given up

_COLOURS = {Colour.RED: AuraColour.RED, Colour.GREEN: AuraColour.BLUE, Colour.YELLOW: AuraColour.PURPLE}


class Zfm:
    """A `drivers.device.Scanner`."""

    def __init__(self, port: str, *, serial: str = "", baud: int = BAUD, password: int = 0) -> None:
        """`serial`: of the adapter the module hangs on, since most modules have none of their own; the port's name where there is none."""
        self._port = port
        self._name = serial or port.rsplit("/", 1)[-1]
        self._baud = baud
        self._password = password
        self._life = Life()
        self._opening = threading.RLock()  # a close in another thread must have ended before it is opened again
        self._line: ZfmLine | None = None
        self._product: Product | None = None

    @property
    def info(self) -> DeviceInfo:
        self._opened()
        product = self._product
        if product is None:
            return DeviceInfo("", "EF01 module", self._name, "", "")
        return DeviceInfo("", product.model, product.serial or self._name, product.hardware, "")

    @property
    def capabilities(self) -> Capabilities:
        self._opened()
        return Capabilities(
            fap=0,
            modes=frozenset({Mode.FLAT_1}),
            area={Mode.FLAT_1: self._size()},
            ppi=(PPI,),
            auto_capture=True,
            roll_in_device=False,
            roll_frames=False,
            leds=frozenset(colour.value for colour in Colour) if self._product else frozenset(),
            beeper=False,
            keys=frozenset(),
            certified=None,
            simulated=False,
            previews=frozenset({PreviewSize.NONE}),
        )

    @property
    def state(self) -> DeviceState:
        line, state = self._line, self._life.state
        if line is not None and state is not DeviceState.LOST and line.hung_up:
            return after(state, Cause.UNPLUGGED)
        return state

    def open(self) -> None:
        """Within 10 s. Raises Gone, Busy, Refused, Timeout at silence, Garbled at a wrong baud rate."""
        with self._opening:
            self.close()
            self._life.move(Cause.OPEN)
            try:
                self._meet()
            except BaseException:
                self._let_go()
                self._life.move(Cause.NOT_OPENED)
                raise
            self._life.move(Cause.OPENED)

    def close(self) -> None:
        with self._opening:
            if self._line is not None:
                self._let_go()
                self._life.move(Cause.CLOSED)

    def self_test(self) -> SelfTest:
        self._opened()
        raise Refused("This module has no self-test.", means="Nothing was tested.", do="Take a finger to see whether it works.")

    def platen_clear(self) -> bool:
        """Takes a picture to find out, so not while a capture is under way: raises Refused."""
        line = self._opened()
        self._life.need_ready()
        return line.ask(Op.GEN_IMAGE).code == Code.NO_FINGER

    def indicate(self, indication: Indication) -> None:
        """The ring of an R503 in the colour of the first light; it is one for all fingers. Not during the transfer of an image."""
        line = self._opened()
        if self._product is None or self._life.state is DeviceState.TAKING:
            return
        light = next(iter(indication.lights.values()), None)
        if light is None:
            line.ask(Op.AURA_LED, wire.aura(Aura.OFF, AuraColour.RED))
        else:
            line.ask(Op.AURA_LED, wire.aura(Aura.FLASH if light.blinking else Aura.ON, _COLOURS[light.colour]))

    def parameters(self) -> Parameters:
        """ReadSysPara, asked now."""
        line = self._opened()
        self._life.need_ready()
        return wire.parse_parameters(line.ask(Op.READ_PARAMETERS).data)

    def arm(self, request: Request) -> int:
        self._opened()
        need_one_finger(request)
        return self._life.arm(request).token

    def trigger(self, token: int) -> None:
        self._life.capture_of(token).triggered = True

    def cancel(self, token: int) -> None:
        """Of a capture that has ended it does nothing. One in the middle of its image ends at the next packet."""
        self._life.capture_of(token, live=False).cancelled = True

    def events(self, token: int) -> Iterator[DeviceEvent]:
        line, capture = self._opened(), self._life.capture_of(token)
        yield from self._life.followed(self._followed(line, capture), lambda: self._line is line)

    def _followed(self, line: ZfmLine, capture: Capture) -> Iterator[DeviceEvent]:
        """The capture from AWAIT_CLEAR to its result. A module looks at its platen by taking a picture; the last one is the image."""
        life = self._life
        yield life.now()
        clear = self._look(line)
        if not clear:
            yield PlatenState(life.number(), False)
        while not clear:
            clear = self._look_again(line, capture)
        yield PlatenState(life.number(), True)
        yield life.move(Cause.PLATEN_CLEAR)
        yield from self._fingers(line, capture)
        yield life.move(Cause.TAKE)
        frame = self._taken(line, capture)
        yield life.move(Cause.TAKEN)
        life.move(Cause.RELEASED)
        yield Result(life.number(), frame)

    def _fingers(self, line: ZfmLine, capture: Capture) -> Iterator[DeviceEvent]:
        """Until a finger is in the module's buffer: at once, or when told to take it."""
        while True:
            clear = self._look_again(line, capture)
            if clear and self._life.state is DeviceState.TRACKING:
                yield self._life.move(Cause.FINGER_GONE)
            if not clear and self._life.state is DeviceState.ARMED:
                yield self._life.move(Cause.FINGER_SEEN)
                yield FingerCount(self._life.number(), 1, 1)
            if not clear and (capture.auto or capture.triggered):
                return
            if clear and capture.triggered:
                capture.triggered = False
                yield Warned(self._life.number(), Advice.TOO_FEW_FINGERS)

    def _look(self, line: ZfmLine) -> bool:
        """Whether the platen is clear. A picture that fails is one of a finger that moves."""
        try:
            return line.ask(Op.GEN_IMAGE).code == Code.NO_FINGER
        except Refused:
            return True

    def _look_again(self, line: ZfmLine, capture: Capture) -> bool:
        if capture.cancelled:
            raise Cancelled
        if capture.left == 0:
            raise Expired
        time.sleep(LOOK_EVERY)
        return self._look(line)

    def _taken(self, line: ZfmLine, capture: Capture) -> Frame:
        width, height = self._size()
        data = self._uploaded(line, capture, width * height // 2)
        return Frame(
            sequence=self._life.number(),
            token=capture.token,
            device_time_us=self._life.time_us(),
            pixels=wire.pixels(data, width, height),
            ppi=PPI,
            advice=Advice.MANUAL_TRIGGER if capture.triggered else Advice.NONE,
            mode=Mode.FLAT_1,
        )

    def _uploaded(self, line: ZfmLine, capture: Capture, size: int) -> bytes:
        """The image stays in the module, so one that came damaged is asked for again. Raises Garbled when it always does."""
        for last in (*[False] * (UPLOADS - 1), True):
            try:
                return line.upload(Op.UP_IMAGE, size, lambda: capture.cancelled)
            except (Garbled, Timeout):
                if last:
                    raise
            except Refused:
                if capture.cancelled:
                    raise Cancelled from None
                raise
        raise AssertionError("the last upload returns or raises")

    def _meet(self) -> None:
        self._line = ZfmLine(SerialLink(self._port, self._baud))
        self._line.meet()
        self._line.ask(Op.VERIFY_PASSWORD, self._password.to_bytes(4, "big"))
        self._product = self._asked_product()

    def _asked_product(self) -> Product | None:
        """Only newer modules know the question; the others say that it is a wrong one, or nothing."""
        try:
            return wire.parse_product(self._opened().ask(Op.READ_PRODUCT, timeout=0.5, tries=1).data)
        except (Refused, Timeout, Garbled):
            return None

    def _size(self) -> tuple[int, int]:
        return (self._product.width, self._product.height) if self._product else SIZE

    def _opened(self) -> ZfmLine:
        if self._line is None:
            raise Refused("The module has not been opened.", do="Open it first.")
        return self._line

    def _let_go(self) -> None:
        line, self._line = self._line, None
        self._product = None
        if line is not None:
            line.close()
