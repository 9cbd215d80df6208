"""Traffic as a file that Wireshark opens: pcapng with link type 220, what Linux's usbmon gives (LINKTYPE_USB_LINUX_MMAPPED).

Sources: pcapng, draft-ietf-opsawg-pcapng section 4; the 64-byte header is struct usbmon_packet of Documentation/usb/usbmon.rst.
"""

from __future__ import annotations

import errno
import itertools
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from firmware_sim.core.descriptors import IN, INTERRUPT, Descriptors
from firmware_sim.core.urb import Urb

LINKTYPE_USB_LINUX_MMAPPED = 220
_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6  # block types
_USBMON = struct.Struct("<QBBBBHBBqiiII8siiII")
_CONTROL, _BULK, _INTERRUPT = 2, 3, 1  # transfer types of usbmon
BUS = 1


@dataclass(frozen=True)
class _Seen:
    """One look at a request."""

    kind: bytes  # S submitted, C ended
    status: int
    length: int  # bytes asked for, or moved
    data: bytes


class PcapLog:
    """A watcher of a device that writes as it sees; the file is whole after every packet."""

    def __init__(self, path: Path, descriptors: Descriptors) -> None:
        """Raises OSError."""
        self._file = path.open("wb")
        self._numbers = itertools.count(1)
        self._ids: dict[int, int] = {}
        self._kinds = {
            endpoint.address: _INTERRUPT if endpoint.kind == INTERRUPT else _BULK
            for interface in descriptors.configuration.interfaces
            for endpoint in interface.endpoints
        }
        self.device = 2  # address on the bus
        self._file.write(_block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        self._file.write(_block(_INTERFACE, struct.pack("<HHI", LINKTYPE_USB_LINUX_MMAPPED, 0, 0)))
        self._file.flush()

    def __enter__(self) -> PcapLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def submitted(self, urb: Urb) -> None:
        self._ids[id(urb)] = number = next(self._numbers)
        data = b"" if urb.endpoint & IN else urb.data
        self._write(urb, number, _Seen(b"S", -errno.EINPROGRESS, urb.length, data))

    def ended(self, urb: Urb) -> None:
        number = self._ids.pop(id(urb), 0)
        data = b"".join(urb.pieces) if urb.endpoint & IN else b""
        self._write(urb, number, _Seen(b"C", urb.status or 0, urb.actual, data))

    def _write(self, urb: Urb, number: int, seen: _Seen) -> None:
        if self._file.closed:
            return
        now = time.time_ns() // 1000
        transfer = _CONTROL if urb.endpoint & 0x7F == 0 else self._kinds.get(urb.endpoint, _BULK)
        setup = transfer == _CONTROL and seen.kind == b"S"
        no_data = 0 if seen.data else ord("<" if urb.endpoint & IN else ">")
        head = _USBMON.pack(
            number,
            seen.kind[0],
            transfer,
            urb.endpoint,
            self.device,
            BUS,
            0 if setup else ord("-"),
            no_data,
            now // 1_000_000,
            now % 1_000_000,
            seen.status,
            seen.length,
            len(seen.data),
            urb.setup if setup else bytes(8),
            0,
            0,
            int(urb.flags),
            0,
        )
        size = len(head) + len(seen.data)
        body = struct.pack("<IIIII", 0, now >> 32, now & 0xFFFFFFFF, size, size) + head + seen.data
        self._file.write(_block(_PACKET, body))
        self._file.flush()


def _block(kind: int, body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 4)
    size = 12 + len(padded)
    return struct.pack("<II", kind, size) + padded + struct.pack("<I", size)
