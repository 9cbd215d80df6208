"""Run in a service's own sandbox: tries what it must not be able to do, and prints what it could. Standard library only."""

import json
import mmap
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path


def could(what: Callable[[], object]) -> bool:
    try:
        what()
    except (OSError, PermissionError, ValueError):
        return False
    return True


def connect(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=3.0):
        pass


def unshare() -> None:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x20000) != 0:  # CLONE_NEWNS, sched.h
        raise OSError(ctypes.get_errno(), "unshare")


def main(own: str, other: str) -> None:
    tried = {
        "read a home": lambda: Path("/home/somebody/letter").read_text(),
        "read the other's keys": lambda: list(Path(f"/var/lib/{other}/keys").iterdir()),
        "write settings": lambda: Path("/etc/livescan/x").write_text("x"),
        "write the program": lambda: Path("/usr/lib/livescan-agent/x").write_text("x"),
        "write its own folder": lambda: Path(f"/var/lib/{own}/probe").write_text("x"),
        "open a foreign device": lambda: os.close(os.open("/dev/foreign", os.O_RDWR)),
        "open /dev/kmsg": lambda: os.close(os.open("/dev/kmsg", os.O_RDONLY)),
        "open an internet socket": lambda: socket.socket(socket.AF_INET).close(),
        "reach this machine": lambda: connect(("127.0.0.1", 8883)),
        "reach another host": lambda: connect(("10.99.0.2", 8883)),
        "make a namespace": unshare,
        "write and run memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close(),
        "change the clock": lambda: os.clock_settime(0, 0) if hasattr(os, "clock_settime") else __import__("time").clock_settime(0, 0),
        "see another's process": lambda: Path("/proc/1/cmdline").read_text(),
    }
    interfaces = sorted(name for _, name in socket.if_nameindex()) if could(socket.if_nameindex) else []
    print(json.dumps({"could": [name for name, what in tried.items() if could(what)], "interfaces": interfaces}))


if __name__ == "__main__":
    main(*sys.argv[1:])
