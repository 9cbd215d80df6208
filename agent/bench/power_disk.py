"""A disk with a write cache that forgets: one file in a FUSE file system of ours, under a loop device.

What a program writes reaches this file as WRITE requests, and each flush of the block device (REQ_PREFLUSH and FUA, which the loop
driver turns into fsync of its file) as FSYNC: exactly what a drive is told. A power cut keeps everything up to the last flush, of the
writes since then some, in any mixture, and may tear one of them between two sectors. So an image that `cut` gives is one that a real
drive may hold.

The FUSE protocol (include/uapi/linux/fuse.h, 7.31) is spoken on /dev/fuse, without a library: a folder with one file takes few requests.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import random
import stat
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import LivescanError

NAME = "disk"
SECTOR = 512  # bytes
_CHUNK = 64 * 1024  # bytes; what was touched is counted in these
_MOST = 1024 * 1024  # bytes of one write request
_IN, _OUT = struct.Struct("<IIQQIIIHH"), struct.Struct("<IiQ")
_ATTR = struct.Struct("<6Q10I")
_RW = struct.Struct("<QQIIQII")
_ROOT, _FILE = 1, 2
_FOR_EVER = 3600  # s
_PATIENCE = 10.0  # s; a disk on which nothing is written is cut all the same


class NoDisk(LivescanError):
    """The simulated disk cannot be made."""


@dataclass(frozen=True)
class Cut:
    """What was on the platter, and what was in the cache, at one moment."""

    size: int  # bytes
    durable: Sequence[tuple[int, bytes]]  # offset, bytes: everything that was ever flushed
    cached: Sequence[tuple[int, bytes]]  # in the order in which they were written

    def image(self, path: Path, chance: random.Random) -> int:
        """A file as the drive may hold it after the cut; how many cached writes survived."""
        keep = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        kept = [one for one in self.cached if chance.random() < keep]
        if kept and chance.random() < 0.5:
            torn = chance.randrange(len(kept))
            offset, data = kept[torn]
            kept[torn] = (offset, data[: SECTOR * chance.randrange(len(data) // SECTOR + 1)])
        with path.open("wb") as file:
            file.truncate(self.size)
            for offset, data in (*self.durable, *kept):
                file.seek(offset)
                file.write(data)
        return len(kept)


class Disk:
    """Mounted at `folder` as long as it is open; needs root. The file in it is `folder/disk`."""

    def __init__(self, folder: Path, size: int) -> None:
        self.path = folder / NAME
        self.flushes = 0
        self._folder, self._size = folder, size
        self._now, self._durable = mmap.mmap(-1, size), mmap.mmap(-1, size)
        self._cached: list[tuple[int, bytes]] = []
        self._touched: set[int] = set()
        self._asked = threading.Condition()
        self._countdown = 0  # requests until the power fails
        self._fuse = _mounted(folder)
        self._answers: dict[int, Callable[[int, memoryview], bytes]] = {
            1: self._lookup, 3: self._getattr, 4: self._getattr, 14: self._open, 15: self._read, 16: self._write, 17: self._statfs,
            18: self._nothing, 20: self._fsync, 25: self._nothing, 26: self._init, 27: self._open, 29: self._nothing, 34: self._nothing,
        }  # fmt: skip
        threading.Thread(target=self._serve, daemon=True, name="power-disk").start()

    def cut(self, after: int = 0, *, witness: Callable[[], None] = lambda: None) -> Cut:
        """The power fails: now, or with the `after`th write or flush from now. Writing goes on as if it had not.

        witness: called just before, to note what had been acknowledged.
        """
        with self._asked:
            self._countdown = after
            self._asked.wait_for(lambda: self._countdown <= 0, _PATIENCE)
            self._countdown = 0
            witness()
            durable = [(at * _CHUNK, self._durable[at * _CHUNK : (at + 1) * _CHUNK]) for at in sorted(self._touched)]
            cut = Cut(self._size, durable, tuple(self._cached))
            self._asked.notify()
            return cut

    def close(self) -> None:
        """Nothing may use it any more."""
        _LIBC.umount2(str(self._folder).encode(), 2)  # MNT_DETACH
        os.close(self._fuse)

    def _serve(self) -> None:
        buffer = bytearray(_MOST + 4096)
        while True:
            try:
                size = os.readv(self._fuse, [buffer])
            except InterruptedError:
                continue
            except OSError:  # unmounted
                return
            _, opcode, unique, node, *_ = _IN.unpack_from(buffer)
            if opcode in (2, 36, 38, 42):  # FORGET, INTERRUPT, DESTROY, BATCH_FORGET want no answer
                continue
            error, answer = self._answered(opcode, node, memoryview(buffer)[_IN.size : size])
            try:
                os.write(self._fuse, _OUT.pack(_OUT.size + len(answer), -error, unique) + answer)
            except OSError:
                continue

    def _answered(self, opcode: int, node: int, body: memoryview) -> tuple[int, bytes]:
        try:
            return 0, self._answers[opcode](node, body)
        except KeyError:
            return errno.ENOSYS, b""
        except FileNotFoundError:
            return errno.ENOENT, b""

    def _init(self, _node: int, body: memoryview) -> bytes:
        readahead = struct.unpack_from("<4I", body)[2]
        flags = 1 << 5 | 1 << 22  # BIG_WRITES, MAX_PAGES
        return struct.pack("<4I2H2I2H8I", 7, 31, readahead, flags, 64, 48, _MOST, 1, _MOST // 4096, 0, *[0] * 8)

    def _lookup(self, node: int, body: memoryview) -> bytes:
        if node != _ROOT or bytes(body).rstrip(b"\0") != NAME.encode():
            raise FileNotFoundError
        return struct.pack("<4Q2I", _FILE, 0, _FOR_EVER, _FOR_EVER, 0, 0) + self._attributes(_FILE)

    def _getattr(self, node: int, _body: memoryview) -> bytes:
        return struct.pack("<Q2I", _FOR_EVER, 0, 0) + self._attributes(node)

    def _attributes(self, node: int) -> bytes:
        size, mode = (0, stat.S_IFDIR | 0o700) if node == _ROOT else (self._size, stat.S_IFREG | 0o600)
        return _ATTR.pack(node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def _open(self, _node: int, _body: memoryview) -> bytes:
        return struct.pack("<QII", 0, 0, 0)

    def _read(self, _node: int, body: memoryview) -> bytes:
        _, offset, size, *_ = _RW.unpack_from(body)
        return self._now[offset : offset + size]

    def _write(self, _node: int, body: memoryview) -> bytes:
        _, offset, size, *_ = _RW.unpack_from(body)
        data = bytes(body[_RW.size : _RW.size + size])
        with self._asked:
            self._now[offset : offset + size] = data
            self._cached.append((offset, data))
            self._count()
        return struct.pack("<II", size, 0)

    def _fsync(self, _node: int, _body: memoryview) -> bytes:
        with self._asked:
            self._count()
            for offset, data in self._cached:
                self._durable[offset : offset + len(data)] = data
                self._touched.update(range(offset // _CHUNK, (offset + len(data) - 1) // _CHUNK + 1))
            self._cached.clear()
            self.flushes += 1
        return b""

    def _count(self) -> None:
        """One request nearer to a cut that is asked for. The request waits until the cut is made: whoever made it has no answer yet."""
        if self._countdown > 0:
            self._countdown -= 1
            if self._countdown == 0:
                self._asked.notify()
                self._asked.wait(_PATIENCE)

    def _statfs(self, _node: int, _body: memoryview) -> bytes:
        return struct.pack("<5Q4I6I", 0, 0, 0, 0, 0, 4096, 255, 4096, 0, *[0] * 6)

    def _nothing(self, _node: int, _body: memoryview) -> bytes:
        return b""


_LIBC = ctypes.CDLL(None, use_errno=True)


def _mounted(folder: Path) -> int:
    """The descriptor on which the kernel asks. Raises NoDisk."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        fuse = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise NoDisk(f"/dev/fuse cannot be opened: {error.strerror}.", do="Run as root, on a kernel with FUSE.") from error
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0,max_read={_MOST}"
    if _LIBC.mount(b"livescan-power", str(folder).encode(), b"fuse", 0, options.encode()) != 0:
        os.close(fuse)
        raise NoDisk(f"The simulated disk cannot be mounted: {os.strerror(ctypes.get_errno())}.", do="Run as root.")
    return fuse
