"""What a FAP60 scanner sends: events and frames, under one rising sequence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from firmware_sim.core.endpoints import InEndpoint
from firmware_sim.models import fap60_wire as wire
from firmware_sim.models.fap60_wire import Advice, Event, FrameShape, Kind, Mode, Stamp
from firmware_sim.subject.person import Gray

MAX_EVENTS = 4096  # unread events; the page asks for at least 256
FINGER_OFF = "FINGER_OFF"  # tag of the event that says it
STRIDE = 16  # bytes, rows begin at multiples of this


class Outlet:
    """`frames` and `events` are the device's two IN endpoints; `now` gives device time in microseconds."""

    def __init__(self, frames: InEndpoint, events: InEndpoint, now: Callable[[], int]) -> None:
        self._frames = frames
        self._events = events
        self._now = now
        self._sequence = 0
        self.last_event = 0  # sequence of the last event sent

    def restart(self) -> None:
        self._sequence = self.last_event = 0

    @property
    def is_full(self) -> bool:
        """The host does not read events: no capture may begin."""
        return len(self._events) >= MAX_EVENTS

    def tell(self, event: Event, arguments: tuple[int, int], token: int, advice: Advice) -> None:
        stamp = self._stamp(token, advice)
        self.last_event = stamp.sequence
        off = event is Event.PLATEN and arguments[0] == 1
        self._events.send(wire.pack_event(event, stamp, *arguments), tag=FINGER_OFF if off else event.name)

    def send_frame(self, shape: FrameShape, pixels: Gray, token: int, advice: Advice) -> bytes:
        """Queue a frame and give back its bytes."""
        payload = np.pad(pixels, ((0, 0), (0, shape.stride - shape.width))).tobytes()
        frame = wire.pack_frame_header(shape, self._stamp(token, advice), payload) + payload
        self._frames.send(frame, tag=shape.kind.name)
        return frame

    def send_again(self, result: bytes) -> None:
        """The same bytes; one that nobody has begun to read is not sent twice."""
        self._frames.drop(Kind.RESULT.name)
        self._frames.send(result, tag=Kind.RESULT.name)

    def preview_is_read(self) -> bool:
        """The host has begun to read the last preview: there is room for the next."""
        return self._frames.waiting(Kind.PREVIEW.name) == 0

    def unread(self, kind: Kind) -> int:
        return self._frames.waiting(kind.name)

    def drop(self, *kinds: Kind) -> None:
        for kind in kinds:
            self._frames.drop(kind.name)

    def _stamp(self, token: int, advice: Advice) -> Stamp:
        self._sequence += 1
        return Stamp(self._sequence, token, self._now(), advice)


def shape_of(pixels: Gray, kind: Kind, mode: Mode, ppi: int, place: tuple[int, int], *, corner: tuple[int, int]) -> FrameShape:
    """`place`: fingers seen, index within the capture. `corner`: left and top within the area."""
    rows, columns = pixels.shape
    return FrameShape(kind, mode, columns, rows, -(-columns // STRIDE) * STRIDE, ppi, *place, *corner)
