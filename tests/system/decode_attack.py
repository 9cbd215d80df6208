"""In the place of the decoder's program in a booted machine: what one that was taken over could do, told in the pixel it answers.

Standard library only. The first byte of the image says what is tried; the answer's only pixel is 1 where it could be done.
"""

import mmap
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

ASKED, TOLD = struct.Struct(">4sBBHIIII"), struct.Struct(">4sBBHIII")


def sockets(*address: object) -> None:
    socket.socket(*address).close()  # type: ignore[arg-type]


def fork_bomb() -> None:
    for _ in range(64):
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)


TRIED: dict[str, Callable[[], object]] = {
    "r": lambda: Path("/etc/livescan/agent.toml").stat(),
    "s": lambda: list(Path("/var/lib/livescan-core").iterdir()),
    "w": lambda: Path("/tmp/x").write_text("x"),
    "i": lambda: sockets(socket.AF_INET, socket.SOCK_STREAM),
    "u": lambda: sockets(socket.AF_UNIX, socket.SOCK_STREAM),
    "c": lambda: list(Path(os.environ["CREDENTIALS_DIRECTORY"]).iterdir()),
    "d": lambda: os.open("/dev/foreign", os.O_RDWR),
    "p": lambda: Path("/proc/1/cmdline").read_text(),
    "x": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close(),
    "f": fork_bomb,
    "m": lambda: bytearray(3 << 30),
    "g": lambda: b"x" * (1500 << 20),
    "l": lambda: Path("/usr/lib/livescan-agent/bin/livescan").read_text(),
}


def main() -> None:
    with socket.socket(fileno=0) as connection:
        asked = connection.recv(1 << 16)
        word = chr(asked[ASKED.size])
        if word == "k":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "h":
            signal.pause()
        try:
            TRIED[word]()
            could = 1
        except (OSError, KeyError, MemoryError):
            could = 0
        connection.sendall(TOLD.pack(b"LSDA", asked[4], 0, 0, 1, 1, 1) + bytes([could]))


if __name__ == "__main__":
    sys.exit(main())
