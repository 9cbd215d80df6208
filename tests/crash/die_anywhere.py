"""A core that dies before a given executed line: `python -m tests.crash.die_anywhere LINES core --config …`.

LINES counts down over the lines of the rooms that must survive it; 0 never dies. Prints are taken from a row instead of a scanner, so that
many lives fit into a minute; everything after that is the product's own.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from agent.capture.keeping import Keeper
from agent.capture.plan import Step
from agent.capture.station import StationCapture
from agent.cli.main import main
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression
from tests.booking.office import DEVICE, ridges

_ROOMS = ("/agent/booking/", "/agent/casework/", "/agent/handover/", "/agent/store/", "/agent/core", "/agent/station_views.py")


async def take_from_a_row(
    _station: StationCapture,
    _booking: BookingId,
    steps: Sequence[Step],
    done: Collection[Position],
    keeper: Keeper,
) -> None:
    for step in steps:
        if step.position not in done:
            await keeper.accept(Impression(step.position, step.kind, ridges(int(step.position)), 500, 1, DEVICE, datetime.now(UTC)))


def die_after(lines: int) -> None:
    left = [lines]

    def at_line(_frame: FrameType, event: str, _value: Any) -> Any:
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line

    def at_call(frame: FrameType, _event: str, _value: Any) -> Any:
        inside = any(room in frame.f_code.co_filename for room in _ROOMS) and frame.f_code.co_name != "<module>"
        return at_line if inside else None

    threading.settrace(at_call)
    sys.settrace(at_call)


if __name__ == "__main__":
    StationCapture.run = take_from_a_row  # type: ignore[method-assign]  # instead of a scanner
    count = int(sys.argv.pop(1))
    if count:
        die_after(count)
    main()
