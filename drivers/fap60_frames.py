"""From the bytes of bulk IN to whole frames. Pure.

The header's length is trusted, not the packets. The first packet of a frame is read alone: one packet either comes whole or not at all, so
a deadline that passes while nothing is sent can tear no frame. Then exactly the rest is asked for, in packets.

When bytes do not fit (a deadline inside a frame, a lost or a doubled packet), the frame is given up and everything is passed over until the
next header whose CRC holds.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from drivers.errors import Garbled
from drivers.fap60_wire import FRAME_HEADER_SIZE, FRAME_MAGIC, PACKET, FrameHeader, parse_frame_header

READ_SIZE = 1 << 20  # bytes asked for at once; with 16 KiB no host reaches 15 frames a second (measured)


@dataclass(frozen=True, eq=False)
class RawFrame:
    """A frame whose payload has the CRC its header says."""

    header: FrameHeader
    payload: bytes = field(repr=False)  # stride x height bytes


@dataclass(frozen=True)
class LostFrame:
    """A frame that began with a good header and did not come whole."""

    header: FrameHeader


class FrameAssembler:
    """`feed` it what came, ask it for `wanted` bytes next."""

    def __init__(self, limit: int) -> None:
        """`limit`: bytes of the largest payload that the device can send."""
        self._limit = limit
        self._header: FrameHeader | None = None
        self._payload = bytearray()
        self._filled = 0
        self._tail = b""  # of what was passed over: a header may begin in it
        self._lost = False

    @property
    def header(self) -> FrameHeader | None:
        """Of the frame that is on its way."""
        return self._header

    @property
    def wanted(self) -> int:
        """Bytes to ask for, whole packets, at most READ_SIZE."""
        if self._header is None:
            return READ_SIZE if self._lost else PACKET
        missing = len(self._payload) - self._filled
        return min(READ_SIZE, -(-missing // PACKET) * PACKET)

    def feed(self, data: bytes | memoryview) -> list[RawFrame | LostFrame]:
        """Take what one read brought; an empty packet changes nothing."""
        done: list[RawFrame | LostFrame] = []
        if self._header is not None and self._starts_frame(data):
            done += self.abort()
        rest = memoryview(data)
        while rest:
            if self._header is None:
                rest = self._seek(rest)
            rest = rest[self._fill(rest) :]
            done += self._finished()
        return done

    def abort(self) -> list[LostFrame]:
        """Give up the frame that is on its way: its rest will not come, or not at once."""
        header, self._header = self._header, None
        self._lost = True
        self._tail = b""
        return [LostFrame(header)] if header else []

    def _starts_frame(self, data: bytes | memoryview) -> bool:
        return bytes(data[:4]) == FRAME_MAGIC and self._parse(data) is not None

    def _parse(self, data: bytes | memoryview) -> FrameHeader | None:
        try:
            header = parse_frame_header(data)
        except Garbled:
            return None
        return header if header.payload_length <= self._limit else None

    def _seek(self, data: memoryview) -> memoryview:
        """Find the next header and begin its frame; returns what stands behind it, or nothing."""
        window = self._tail + bytes(data)
        at = window.find(FRAME_MAGIC)
        while at >= 0:
            header = self._parse(window[at : at + FRAME_HEADER_SIZE])
            if header is not None:
                self._begin(header)
                return memoryview(window)[at + FRAME_HEADER_SIZE :]
            at = window.find(FRAME_MAGIC, at + 1)
        self._lost = True
        self._tail = window[1 - FRAME_HEADER_SIZE :]
        return memoryview(b"")

    def _begin(self, header: FrameHeader) -> None:
        self._header = header
        self._payload = bytearray(header.payload_length)
        self._filled = 0
        self._tail = b""
        self._lost = False

    def _fill(self, data: memoryview) -> int:
        size = min(len(data), len(self._payload) - self._filled)
        self._payload[self._filled : self._filled + size] = data[:size]
        self._filled += size
        return size

    def _finished(self) -> list[RawFrame | LostFrame]:
        header = self._header
        if header is None or self._filled < header.payload_length:
            return []
        self._header = None
        if zlib.crc32(self._payload) != header.payload_crc:
            return [LostFrame(header)]
        return [RawFrame(header, bytes(self._payload))]
