"""The simulated scanner as a process of its own, as the product meets it: USB/IP on a socket, obeying words on stdin."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np
from numpy.typing import NDArray

SERIAL = "LS60-0042"


@dataclass(frozen=True)
class SimulatedScanner:
    address: str
    truth_folder: Path
    commands: IO[str]
    answers: IO[str]

    def do(self, word: str) -> None:
        """unplug, plug, foot, fault NAME …; returns when it is done."""
        self.commands.write(word + "\n")
        self.commands.flush()
        assert json.loads(self.answers.readline())["did"] == word.split(maxsplit=1)[0]

    def truth(self, position: int) -> NDArray[np.uint8]:
        """What lay on the platen for a position: a binary PGM, read by hand."""
        magic, size, depth, pixels = (self.truth_folder / f"fgp-{position}.pgm").read_bytes().split(b"\n", 3)
        assert (magic, depth) == (b"P5", b"255")
        width, height = map(int, size.split())
        return np.frombuffer(pixels, np.uint8).reshape(height, width)


@contextmanager
def simulated_scanner(subject: Path, speed: float) -> Iterator[SimulatedScanner]:
    """One FAP60 scanner with a person from an ANSI/NIST file before it, `speed` times as fast as life."""
    with TemporaryDirectory(prefix="livescan-bench-") as folder:
        where = f"unix:{folder}/usb.sock"
        command = [sys.executable, "-m", "firmware_sim", "fap60", "--listen", where, "--serial", SERIAL, "--stdin"]
        command += ["--subject", str(subject), "--speed", str(speed), "--truth", f"{folder}/truth"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                ready = json.loads(process.stdout.readline())
                yield SimulatedScanner(ready["listen"], Path(folder) / "truth", process.stdin, process.stdout)
            finally:
                process.terminate()
