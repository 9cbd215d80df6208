"""The simulated FAP-60 scanner as a process of its own, and what lies in the file it is given, read by tests alone."""

from __future__ import annotations

import io
import json
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import wsq  # noqa: F401  # teaches Pillow to read WSQ
from numpy.typing import NDArray
from PIL import Image


class Simulator:
    def __init__(self, listen: str, subject: Path, *, serial: str = "LS60-0001", speed: float = 20.0) -> None:
        command = [sys.executable, "-m", "firmware_sim", "fap60", "--listen", listen, "--stdin"]
        command += ["--serial", serial, "--subject", str(subject), "--speed", str(speed)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address: str = self._line()["listen"]

    def do(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        assert self._line() == {"did": word}

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def stop(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)

    def _line(self) -> dict[str, str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the simulator has ended"
        return dict(json.loads(line))


def card(path: Path) -> dict[int, NDArray[np.uint8]]:
    """Finger position to pixels, of every Type-4 record (ANSI/NIST-ITL 1-2011 clause 8.4: an 18-byte header, then WSQ)."""
    data = path.read_bytes()
    contents = re.search(rb"\x1d1\.0*3:([^\x1d]*)", data)
    assert contents is not None
    kinds = [int(part.split(b"\x1f")[0]) for part in contents[1].split(b"\x1e")[1:]]
    at, pictures = _tagged_length(data, 0), {}
    for kind in kinds:
        if kind != 4:
            at += _tagged_length(data, at)
            continue
        size, position = struct.unpack(">IxxB", data[at : at + 7])
        pictures[position] = np.asarray(Image.open(io.BytesIO(data[at + 18 : at + size])), np.uint8)
        at += size
    return pictures


def _tagged_length(data: bytes, at: int) -> int:
    found = re.match(rb"\d+\.0*1:(\d+)\x1d", data[at : at + 40])
    assert found is not None
    return int(found[1])
