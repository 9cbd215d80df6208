"""An envelope cut into MQTT messages, and put together again. Pure. docs/bureau-contract.md, "Chunk".

Why chunks: one message of several MB keeps paho from answering keepalives on a slow line, so that it never arrives (measured: 2 MB at 40
kB/s, keepalive 10 s), and brokers of the AWS IoT class take no more than 128 KiB. 64-byte header, big-endian:

    offset size
     0      4   magic LSCK
     4      1   version, 1
     5      1   reserved, 0 when sent, ignored when read
     6      2   header length, 64; a longer header of a later version is skipped
     8      4   index, 0 .. total-1
    12      4   total number of chunks, at least 1
    16      8   envelope length, bytes
    24      4   data length of this chunk, bytes
    28      4   CRC-32 of this chunk's data (zlib, IEEE 802.3)
    32     32   SHA-256 of the whole envelope

Every chunk but the last carries the same number of data bytes, so that an index says where its data lies.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.delivery.errors import ChunkError

MAGIC = b"LSCK"
VERSION = 1
MESSAGE_LIMIT = 131_072  # bytes, header and data: AWS IoT Core's limit, the smallest of the brokers looked at
_HEADER = struct.Struct(">4sBBHIIQII32s")
HEADER_LENGTH = _HEADER.size  # 64
DATA_LIMIT = MESSAGE_LIMIT - HEADER_LENGTH
ENVELOPE_LIMIT = 64 * 1024 * 1024  # bytes; a ten-print transaction has 0.3 to 2 MB
CHUNK_COUNT_LIMIT = 65_536


@dataclass(frozen=True)
class Chunk:
    index: int  # 0 .. total-1
    total: int  # 1 .. CHUNK_COUNT_LIMIT
    length: int  # bytes of the whole envelope
    digest: str  # SHA-256 of the whole envelope, lower-case hex: the transfer id
    data: bytes = field(repr=False)


def split(data: bytes, *, size: int = DATA_LIMIT, txid: str | None = None) -> list[bytes]:
    """The messages, in order, that carry `data`; `size` is the data bytes per message, 1 .. DATA_LIMIT. txid: its SHA-256, lower-case hex,
    where it was computed just now.
    """
    if not data or len(data) > ENVELOPE_LIMIT:
        raise ValueError(f"an envelope has 1 to {ENVELOPE_LIMIT} bytes, not {len(data)}")
    digest = bytes.fromhex(txid) if txid else hashlib.sha256(data).digest()
    whole = memoryview(data)
    parts = [whole[start : start + size] for start in range(0, len(data), size)]
    return [b"".join((_header(index, len(parts), len(data), digest, part), part)) for index, part in enumerate(parts)]


def _header(index: int, total: int, length: int, digest: bytes, part: memoryview) -> bytes:
    return _HEADER.pack(MAGIC, VERSION, 0, HEADER_LENGTH, index, total, length, len(part), zlib.crc32(part), digest)


def parse(message: bytes) -> Chunk:
    """Read one message. Raises ChunkError for anything that is not exactly one sound chunk."""
    if len(message) < HEADER_LENGTH or len(message) > MESSAGE_LIMIT:
        raise _refused(f"{len(message)} bytes are no chunk")
    magic, version, _, header, index, total, length, size, crc, digest = _HEADER.unpack_from(message)
    if magic != MAGIC or version != VERSION or header < HEADER_LENGTH:
        raise _refused("magic, version or header length is wrong")
    data = message[header:]
    if len(data) != size or zlib.crc32(data) != crc:
        raise _refused("data length or CRC-32 does not fit")
    _check_geometry(index, total, length, size)
    return Chunk(index, total, length, digest.hex(), data)


def _check_geometry(index: int, total: int, length: int, size: int) -> None:
    if not 1 <= total <= CHUNK_COUNT_LIMIT or index >= total or not 1 <= size <= length <= ENVELOPE_LIMIT:
        raise _refused("index, total or length is out of range")
    last = index == total - 1
    if last and total > 1:
        fits = (length - size) % (total - 1) == 0 and (length - size) // (total - 1) >= size
    elif last:
        fits = size == length
    else:
        fits = size * (total - 1) < length <= size * total
    if not fits:
        raise _refused("index, total and length contradict each other")


def join(chunks: list[Chunk]) -> bytes:
    """The envelope of a complete set of chunks, in any order. Raises ChunkError when one is missing or the SHA-256 is another."""
    ordered = sorted(chunks, key=lambda chunk: chunk.index)
    first = ordered[0]
    if [chunk.index for chunk in ordered] != list(range(first.total)):
        raise _refused("chunks are missing")
    data = b"".join(chunk.data for chunk in ordered)
    if len(data) != first.length or hashlib.sha256(data).hexdigest() != first.digest:
        raise _refused("the SHA-256 of the whole is not the announced one")
    return data


class Assembler:
    """Chunks of one envelope, in any order, any number of times. Raises ChunkError for a chunk of another envelope."""

    def __init__(self, first: Chunk) -> None:
        self._shape = (first.digest, first.total, first.length)
        self._chunks: dict[int, Chunk] = {}

    def add(self, chunk: Chunk) -> bytes | None:
        """Take one chunk; the whole envelope once all are here. A set that turns out wrong is forgotten, and ChunkError says so."""
        if (chunk.digest, chunk.total, chunk.length) != self._shape:
            raise _refused("a chunk of another envelope")
        self._chunks[chunk.index] = chunk
        if len(self._chunks) < chunk.total:
            return None
        chunks, self._chunks = list(self._chunks.values()), {}
        return join(chunks)

    @property
    def missing(self) -> tuple[int, ...]:
        """Indexes not here yet, ascending."""
        return tuple(index for index in range(self._shape[1]) if index not in self._chunks)


def bitmap(indexes: Iterable[int], total: int) -> bytes:
    """Which chunks of `total` are there: chunk i is bit i % 8 (1 is the lowest) of byte i // 8; the rest is 0."""
    bits = bytearray((total + 7) // 8)
    for index in indexes:
        bits[index // 8] |= 1 << index % 8
    return bytes(bits)


def read_bitmap(bits: bytes, total: int) -> frozenset[int]:
    """Raises ChunkError for a bitmap of another length, or with a bit beyond `total`."""
    found = frozenset(8 * place + bit for place, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1)
    if not 1 <= total <= CHUNK_COUNT_LIMIT or len(bits) != (total + 7) // 8 or any(index >= total for index in found):
        raise ChunkError("A list of chunks was refused: its length or a bit is wrong.", means="All chunks are sent.")
    return found


def _refused(what: str) -> ChunkError:
    return ChunkError(
        f"A chunk was refused: {what}.", means="Its sender sends the envelope again.", do="If it happens again, check who may publish."
    )
