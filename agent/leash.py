"""A child that must not outlive its parent: prctl(PR_SET_PDEATHSIG), see prctl(2)."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None, use_errno=True)


def leashed() -> None:
    """For `preexec_fn`: the kernel ends this process when the thread that started it ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() == 1:  # the parent is gone already
        os._exit(1)
