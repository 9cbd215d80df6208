"""A process gives back what it freed."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
if sys.argv[1] == "yes":
    from agent.memory import give_back
    give_back()
import ctypes
c = ctypes.CDLL(None)
c.malloc.restype = ctypes.c_void_p
c.malloc.argtypes = [ctypes.c_size_t]
c.free.argtypes = [ctypes.c_void_p]
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
for size in (8 << 20, 16 << 20, 24 << 20):  # glibc takes each freed size for the next one's threshold
    c.free(c.malloc(size))
blocks = [c.malloc(4 << 20) for _ in range(8)]
for one in blocks:
    ctypes.memset(one, 1, 4 << 20)
last = c.malloc(1000)
before = resident()
for one in blocks[:-1]:
    c.free(one)
print((before - resident()) >> 20)
"""


def _given_back(word: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, word], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_picture_that_was_freed_is_given_back_at_once() -> None:
    assert _given_back("yes") >= 27
    assert _given_back("no") < 27, "the C library keeps it by itself: the test shows nothing"
