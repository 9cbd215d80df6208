"""Who has which device: leases with an owner and an expiry, one file each, in a folder that a reboot empties.

A lease is held by flock, which the kernel gives back when its process ends, however it ends: a killed process never leaves a device busy.
The file says whose it is, for people and for two cases that flock alone does not settle:

    the lock is held, its owner has ended     a child of the owner has the file open: the lease is void
    the lock is held, the lease has expired   its owner hangs, or is stopped: the lease is void, and its owner finds out at the next renewal

A void lease is taken over by a new file under the old name; the old lock then is on a file that nobody looks at.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

from drivers.errors import Busy, DeviceError

DURATION = 15.0  # s; renewed three times in it
PATIENCE = 1.0  # s for the folder's lock, which is held for less than a millisecond
_GUARD = ".lock"
_SUFFIX = ".lease"


@dataclass(frozen=True)
class Holder:
    owner: str  # a program's name
    pid: int
    started: int  # of the process, clock ticks since boot: a process id alone is used again
    since: str  # UTC, ISO 8601
    expires: float  # s since boot

    @property
    def void(self) -> bool:
        return not _alive(self.pid, self.started) or now() > self.expires

    def __str__(self) -> str:
        return f"{self.owner} (process {self.pid}) since {self.since}"


class Leases:
    """The leases of this machine, as far as programs share the folder. Threads may share one."""

    def __init__(self, folder: Path, owner: str, *, duration: float = DURATION) -> None:
        self._folder = folder
        self._owner = owner
        self._duration = duration

    def take(self, name: str) -> Lease:
        """Raises Busy, naming the holder; DeviceError when the folder cannot be used."""
        path = self._path(name)
        with self._guarded():
            fd = _open(path)
            if _lock(fd):
                return self._taken(path, fd)
            holder = _read(fd)
            os.close(fd)
            if holder is not None and not holder.void:
                raise Busy(f"The device {name} is in use by {holder}.", do=f"Close {holder.owner}, or end process {holder.pid}.")
            path.unlink(missing_ok=True)
            fd = _open(path)
            if not _lock(fd):
                os.close(fd)
                raise Busy(f"The device {name} is being taken by another program at this moment.")
            return self._taken(path, fd)

    def holder(self, name: str) -> Holder | None:
        """Who has it now; None when it is free. Never raises."""
        path = self._path(name)
        try:
            path.stat()  # where there is no lease, nothing is made in the folder
            with self._guarded():
                fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    holder = None if _lock(fd) else _read(fd)
                finally:
                    os.close(fd)
        except (OSError, DeviceError):
            return None
        return None if holder is None or holder.void else holder

    def held(self) -> dict[str, Holder]:
        """Every lease that is held now, by the device's name. Never raises."""
        names = [unquote(path.name.removesuffix(_SUFFIX)) for path in sorted(self._folder.glob("*" + _SUFFIX))]
        return {name: holder for name in names if (holder := self.holder(name)) is not None}

    def _taken(self, path: Path, fd: int) -> Lease:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        return Lease(self, path, fd, Holder(self._owner, os.getpid(), _started(os.getpid()), since, now() + self._duration), self._duration)

    def _path(self, name: str) -> Path:
        return self._folder / (quote(name, safe="") + _SUFFIX)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One program at a time looks at the folder and changes it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = _open(self._folder / _GUARD)
        except OSError as error:
            raise DeviceError(
                f"The folder of device leases cannot be used ({error.strerror}).",
                means="No scanner can be opened.",
                do="Let the program's user write to its runtime folder.",
            ) from error
        try:
            deadline = time.monotonic() + PATIENCE
            while not _lock(fd):
                if time.monotonic() > deadline:
                    raise Busy("Another program does not let go of the folder of device leases.", do="End the program that hangs.")
                time.sleep(0.005)
            yield
        finally:
            os.close(fd)


class Lease:
    """Made by `Leases.take`. Renewed until it is released."""

    def __init__(self, leases: Leases, path: Path, fd: int, holder: Holder, duration: float) -> None:
        self._leases = leases
        self._path = path
        self._fd = fd
        self._holder = holder
        self._duration = duration
        self._lock = threading.Lock()
        self._write()

    def renew(self) -> bool:
        """False when it has been taken over, or released."""
        with self._lock:
            if self._fd < 0 or not self._ours():
                return False
            self._holder = Holder(**{**asdict(self._holder), "expires": now() + self._duration})
            self._write()
            return True

    def release(self) -> None:
        """Never raises."""
        with self._lock:
            fd, self._fd = self._fd, -1
        if fd < 0:
            return
        with suppress(OSError, DeviceError), self._leases._guarded():
            if _same(fd, self._path):
                self._path.unlink()
        os.close(fd)

    def _ours(self) -> bool:
        return _same(self._fd, self._path)

    def _write(self) -> None:
        data = json.dumps(asdict(self._holder)).encode()
        os.pwrite(self._fd, data, 0)
        os.ftruncate(self._fd, len(data))


def now() -> float:
    """Seconds since boot, the same in every process, also while the machine slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same(fd: int, path: Path) -> bool:
    """Whether the open file is still the one under its name."""
    try:
        there, ours = path.stat(), os.fstat(fd)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _read(fd: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(fd, 4096, 0)))
    except (OSError, ValueError, TypeError):
        return None


def _alive(pid: int, started: int) -> bool:
    """Asked by a signal that does nothing: /proc may be hidden (systemd ProtectProc). Where it is not, its start must be the same."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return _started(pid) in (0, started)


def _started(pid: int) -> int:
    """proc(5): field 22 of /proc/pid/stat, counted behind the name in brackets; 0 when it cannot be read."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[19])
