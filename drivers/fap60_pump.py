"""The two threads that read a FAP60 scanner: events from interrupt IN, frames from bulk IN, both into one Merge.

They take what belongs to the present capture and pass over the rest: a stale frame of the person before must reach nobody. Trouble that
they cannot mend ends both and becomes the Merge's failure:

    halted once            clear_halt, go on          halted again before anything good came    the scanner must be reset
    a deadline in a frame  the frame is given up      bytes of no sense, three times running    the scanner must be reset
    gone                   at once the end
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from drivers.errors import DeviceError, Garbled, Timeout
from drivers.fap60_frames import FrameAssembler, LostFrame, RawFrame
from drivers.fap60_merge import Merge
from drivers.fap60_wire import EVENT_SIZE, EventType, FrameKind, parse_event
from drivers.usb_link import Pipe, Stalled, UsbLink

EVENT_DEADLINE = 100  # ms
IDLE_DEADLINE = 100  # ms for the first packet of a frame
BODY_DEADLINE = 2500  # ms for 1 MiB of one that has begun; 30 ms at the pace of high-speed USB, 1200 on a bus that fell to full speed
INTERRUPT_PACKET = 64  # bytes, wMaxPacketSize
PATIENCE = 3  # reads without sense, one after the other
STOP_DEADLINE = (IDLE_DEADLINE + BODY_DEADLINE) / 1000  # s

_KINDS = frozenset(FrameKind)


class Pump:
    def __init__(self, link: UsbLink, merge: Merge, limit: int) -> None:
        """`limit`: bytes of the largest payload."""
        self._link = link
        self._merge = merge
        self._limit = limit
        self.told: int | None = None  # the state that the device told last, of whatever capture
        self._tokens: frozenset[int] = frozenset()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._stop.clear()
        loops: list[tuple[str, Callable[[], None]]] = [("fap60-events", self._events), ("fap60-frames", self._frames)]
        self._threads = [threading.Thread(target=self._guarded, args=(loop,), name=name, daemon=True) for name, loop in loops]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when both threads have left the link."""
        self._stop.set()
        for thread in self._threads:
            thread.join(STOP_DEADLINE)

    def take(self, *tokens: int) -> None:
        """From now on only what belongs to these captures."""
        self._tokens = frozenset(tokens)

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except DeviceError as error:
            self._merge.fail(error)
            self._stop.set()

    def _events(self) -> None:
        trouble = _Trouble(self._link, Pipe.INTERRUPT_IN)
        while not self._stop.is_set():
            try:
                data = self._link.read(Pipe.INTERRUPT_IN, INTERRUPT_PACKET, EVENT_DEADLINE)
                for at in range(0, len(data), EVENT_SIZE):
                    self._take_event(data[at : at + EVENT_SIZE])
                trouble.over()
            except Timeout:
                continue
            except (Stalled, Garbled) as error:
                trouble.mend(error)

    def _take_event(self, data: memoryview) -> None:
        event = parse_event(data)
        if event.type == EventType.STATE:
            self.told = event.a
        if event.token in self._tokens:
            while not self._merge.put(event.sequence, event) and not self._stop.is_set():
                continue
        self._merge.note_event(event.sequence)

    def _frames(self) -> None:
        assembler = FrameAssembler(self._limit)
        trouble = _Trouble(self._link, Pipe.BULK_IN)
        while not self._stop.is_set():
            under_way = assembler.header
            try:
                data = self._link.read(Pipe.BULK_IN, assembler.wanted, BODY_DEADLINE if under_way else IDLE_DEADLINE)
                frames = assembler.feed(data)
                self._take_frames(frames)
                if any(isinstance(frame, RawFrame) for frame in frames):
                    trouble.over()
            except Timeout:
                self._give_up(assembler)
            except (Stalled, Garbled) as error:
                self._take_frames(assembler.abort())
                trouble.mend(error)
            self._announce(assembler)

    def _give_up(self, assembler: FrameAssembler) -> None:
        """A deadline inside a frame; between frames it means nothing. What pyusb had read of it is lost."""
        if assembler.header is not None:
            self._take_frames(assembler.abort())
            self._link.clear_halt(Pipe.BULK_IN)

    def _announce(self, assembler: FrameAssembler) -> None:
        header = assembler.header
        if header is not None and header.token in self._tokens:
            self._merge.frame_begins(header.sequence)
        else:
            self._merge.frame_ends()

    def _take_frames(self, frames: Sequence[RawFrame | LostFrame]) -> None:
        for frame in frames:
            header = frame.header
            preview = header.kind == FrameKind.PREVIEW
            known = header.kind in _KINDS
            if header.token not in self._tokens or not known or (preview and isinstance(frame, LostFrame)):
                continue
            while not self._merge.put(header.sequence, frame, preview=preview) and not self._stop.is_set():
                continue


class _Trouble:
    """Counts what went wrong on one pipe since something good came."""

    def __init__(self, link: UsbLink, pipe: Pipe) -> None:
        self._link = link
        self._pipe = pipe
        self._halts = 0
        self._garbled = 0

    def over(self) -> None:
        self._halts = self._garbled = 0

    def mend(self, error: DeviceError) -> None:
        """Clear a first halt, pass over some garbage; raises Garbled, which asks for a reset, when that has not helped."""
        if not isinstance(error, Stalled):
            self._garbled += 1
            if self._garbled >= PATIENCE:
                raise error
            return
        self._halts += 1
        if self._halts > 1:
            raise Garbled(f"The scanner has halted its {self._pipe.name} pipe twice.") from error
        self._link.clear_halt(self._pipe)
