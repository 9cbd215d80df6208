"""Becomes another program that dies with the one that asked for it: `leash.py PARENT_PID PROGRAM ARGUMENT…`.

Run by path in an isolated interpreter, so it imports nothing of the product. The kernel sends SIGTERM to the program as soon as the thread
that started it ends, however it ends (prctl(2), PR_SET_PDEATHSIG): a demo that is killed leaves no broker behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def leashed(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` on a leash. Start it from a thread that outlives the program."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main(arguments: list[str]) -> int:
    parent, program = int(arguments[0]), arguments[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0) != 0:
        return 70  # sysexits EX_SOFTWARE
    if os.getppid() != parent:  # it died before the leash was on
        return 0
    return os.execv(program[0], program)  # noqa: S606  # no shell is meant


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
