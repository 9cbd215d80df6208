"""Takes one finger from the reader with the serial number, as any program does, and writes the picture's raw bytes to a file.

Run under `umockdev-run` with a recorded reader: `python umockdev_replay.py SERIAL SEED OUT`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from drivers.device import Mode, Request, Result
from drivers.discovery import find
from drivers.uru4500 import Uru4500
from drivers.usb_bus import bus_for


def main(serial: str, seed: str, out: str) -> None:
    (found,) = find(serial=serial)
    began = time.monotonic()
    scanner = Uru4500(bus_for(None), serial, new_seed=lambda: int(seed, 16))
    scanner.open()
    info = scanner.info
    events = list(scanner.events(scanner.arm(Request(Mode.FLAT_1, frozenset({2}), timeout_s=10))))
    took = time.monotonic() - began
    scanner.close()
    assert isinstance(events[-1], Result)
    frame = events[-1].frame
    Path(out).write_bytes(frame.pixels.tobytes())
    said = {"driver": found.driver, "model": info.model, "firmware": info.firmware, "shape": frame.pixels.shape, "seconds": took}
    states = [event.state for event in events if hasattr(event, "state")]
    print(json.dumps(said | {"states": states, "sequence": [event.sequence for event in events]}))


main(*sys.argv[1:])
