"""A U.are.U reader that has been opened: its registers, power-up, the thread that reads its events and the one that reads its images.

Interrupt IN always has a read outstanding, and bulk IN has one before the capture begins, so each has a thread of its own. Trouble that
the threads meet ends them and is raised at the next thing asked; such a reader is closed and opened again.
"""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from drivers import uru4500_wire as wire
from drivers.errors import DeviceError, Garbled, Gone, Refused, Timeout
from drivers.uru4500_wire import Event, HwStat, ImageBlock, Mode, Register
from drivers.usb_link import Pipe, Recipient, Stalled, UsbKind, UsbLink

KIND = UsbKind(wire.CLASS_TRIPLE, frozenset({Pipe.BULK_IN, Pipe.INTERRUPT_IN}), Recipient.DEVICE, wire.IDS)
EVENT_DEADLINE = 250  # ms
IMAGE_DEADLINE = 2000  # ms; 130 ms at the pace of full-speed USB (recorded)
POWER_TRIES = 3
POWER_WAIT = 0.3  # s for the event that says that it has power
POLLS = 100  # of HWSTAT
POLL_EVERY = 0.010  # s
IMAGE_TRIES = 3
PATIENCE = 3  # stalls or senseless events, one after the other


@dataclass(frozen=True)
class Told:
    """What the waiting capture is woken by: an event of the reader, or a word of its own driver."""

    code: int = 0  # Event
    word: str = ""  # "trigger", "cancel", "trouble"


class Uru4500Session:
    def __init__(self, link: UsbLink) -> None:
        """Takes over a claimed link and powers the reader up. Raises DeviceError; the link is then closed."""
        self.identity = link.identity
        self.speed = link.speed
        self.told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self.finger_on: bool | None = None  # None until the reader has said; after a capture true until it says that the finger has gone
        self.failure: DeviceError | None = None
        self._mode = Mode.INIT
        self._link = link
        self._stop = threading.Event()
        self._powered = threading.Event()
        self._images = ThreadPoolExecutor(1, "uru4500-images")
        self._events = threading.Thread(target=self._read_events, name="uru4500-events", daemon=True)
        self._events.start()
        try:
            self._power_up()
            self.firmware = wire.parse_versions(self._read(Register.INFO, wire.INFO_SIZE))
        except BaseException:
            self.close()
            raise

    def mode(self, mode: Mode) -> None:
        """Raises Gone, Timeout, Refused. A mode that it is waiting in already is not written again."""
        self.check()
        if mode is not self._mode or mode is not Mode.AWAIT_FINGER_OFF:
            self._write(Register.MODE, bytes([mode]))
        self._mode = mode

    def take(self) -> ImageBlock:
        """One image, whole; tried again when it comes cut, empty or not at all. Raises Garbled, Gone, Timeout, Refused."""
        for last in (*[False] * (IMAGE_TRIES - 1), True):
            try:
                return wire.parse_image(self._image())
            except (Garbled, Timeout, Stalled):
                if last:
                    raise
                self._link.clear_halt(Pipe.BULK_IN)
        raise AssertionError("the last try returns or raises")

    def key(self, number: int, seed: int) -> int:
        """Exchange a key: the reader answers with it, hidden by the seed."""
        self._write(Register.SCRAMBLE, wire.build_seed(number & 0xFF, seed))
        return wire.parse_key(self._read(Register.KEY, 4), seed)

    def check(self) -> None:
        """Raises what the reading thread has met."""
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Switch the sensor off and let go. Never raises."""
        try:
            if self.failure is None:
                self._write(Register.MODE, bytes([Mode.OFF]))
        except DeviceError:
            pass  # it is let go all the same
        self._fail(Refused("The reader has been closed."))
        self._events.join(2 * EVENT_DEADLINE / 1000)
        self._images.shutdown()
        self._link.close()

    def _image(self) -> memoryview:
        """The read stands before the reader is told to capture."""
        submitted = threading.Event()
        reading = self._images.submit(self._read_image, submitted)
        submitted.wait()
        self.mode(Mode.CAPTURE)
        return reading.result()

    def _read_image(self, submitted: threading.Event) -> memoryview:
        submitted.set()
        return self._link.read(Pipe.BULK_IN, wire.IMAGE_SIZE, IMAGE_DEADLINE)

    def _read_events(self) -> None:
        trouble = 0
        while not self._stop.is_set():
            try:
                data = self._link.read(Pipe.INTERRUPT_IN, wire.EVENT_SIZE, EVENT_DEADLINE)
                if data:
                    self._take(wire.parse_event(data))
                trouble = 0
            except Timeout:
                continue
            except Gone as gone:
                self._fail(gone)
            except DeviceError as error:
                trouble += 1
                self._mend(error, trouble)

    def _mend(self, error: DeviceError, times: int) -> None:
        if times >= PATIENCE:
            self._fail(error)
            return
        try:
            if isinstance(error, Stalled):
                self._link.clear_halt(Pipe.INTERRUPT_IN)
        except DeviceError as worse:
            self._fail(worse)

    def _take(self, code: int) -> None:
        if code == Event.POWERED:
            self._powered.set()
            return
        if code in (Event.FINGER_ON, Event.FINGER_OFF):
            self.finger_on = code == Event.FINGER_ON
        self.told.put(Told(code))

    def _fail(self, error: DeviceError) -> None:
        self.failure = self.failure or error
        self._stop.set()
        self.told.put(Told(word="trouble"))

    def _power_up(self) -> None:
        """Into low power and out of it; the event may come before the register says so. Raises Timeout."""
        for _ in range(POWER_TRIES):
            status = self._woken()
            self._powered.clear()
            if not status & HwStat.LOW_POWER:
                self._write(Register.HWSTAT, bytes([status | HwStat.LOW_POWER]))
            if self._poll(HwStat.LOW_POWER, 0, write=status & wire.SETTABLE) and self._powered.wait(POWER_WAIT):
                return
            self.check()
        raise Timeout("The reader does not switch its sensor on.", do="Unplug the reader and plug it in.")

    def _woken(self) -> int:
        """HWSTAT of a reader that is not stuck."""
        status = self._status()
        if status & wire.STUCK != wire.STUCK:
            return status
        self._write(Register.HWSTAT, bytes([status & wire.SETTABLE]))
        if not self._poll(HwStat.ALIVE, HwStat.ALIVE):
            raise Timeout("The reader is stuck.", do="Unplug the reader and plug it in.")
        return self._status()

    def _poll(self, mask: int, wanted: int, *, write: int | None = None) -> bool:
        """Until the bits of HWSTAT are as wanted; writes a value before each look if one is given."""
        for _ in range(POLLS):
            if write is not None:
                self._write(Register.HWSTAT, bytes([write]))
            if self._status() & mask == wanted:
                return True
            time.sleep(POLL_EVERY)
        return False

    def _status(self) -> int:
        return self._read(Register.HWSTAT, 1)[0]

    def _read(self, register: Register, size: int) -> bytes:
        data = self._link.control_in(wire.REQUEST, size, register)
        if len(data) != size:
            raise Garbled(f"The reader answered with {len(data)} bytes where {size} were due.")
        return data

    def _write(self, register: Register, data: bytes) -> None:
        self._link.control_out(wire.REQUEST, data, register)
