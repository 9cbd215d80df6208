"""One request of the host to one endpoint, as Linux sees it: status values are negative Linux error numbers."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag


class Status(IntEnum):
    """How a request ended (Linux, Documentation/driver-api/usb/error-codes.rst)."""

    OK = 0
    STALL = -errno.EPIPE
    BABBLE = -errno.EOVERFLOW  # the device sent a packet larger than the room left
    SHORT = -errno.EREMOTEIO  # short packet where SHORT_NOT_OK was set
    NO_ANSWER = -errno.EPROTO  # nothing lives at that endpoint
    UNLINKED = -errno.ECONNRESET
    GONE = -errno.ESHUTDOWN
    NO_MEMORY = -errno.ENOMEM  # the host controller driver has no room for so much


class UrbFlag(IntFlag):
    """transfer_flags that matter here (include/linux/usb.h)."""

    NONE = 0
    SHORT_NOT_OK = 0x0001
    ZERO_PACKET = 0x0040


Piece = bytes | memoryview


@dataclass(eq=False)
class Urb:
    """One transfer asked of the device. `done` is called once, under the device's lock: it must not block."""

    endpoint: int  # address, bit 7 set for IN
    length: int  # bytes of room (IN) or of data (OUT)
    done: Callable[[Urb], None]
    data: bytes = b""  # OUT
    flags: UrbFlag = UrbFlag.NONE
    setup: bytes = b""  # 8 bytes on endpoint zero
    status: Status | None = None  # None: under way
    actual: int = 0  # bytes moved
    pieces: list[Piece] = field(default_factory=list)  # IN, in order

    def take(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.actual += len(piece)

    def finish(self, status: Status) -> None:
        if status is Status.OK and UrbFlag.SHORT_NOT_OK in self.flags and self.actual < self.length:
            status = Status.SHORT
        self.status = status
        self.done(self)
