"""Chunks of an envelope, written from docs/bureau-contract.md section 3 alone; shares nothing with the agent."""

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass

HEADER = struct.Struct(
    ">4sBBHIIQII32s"
)  # magic, version, reserved, header length, index, total, envelope length, data length, CRC, SHA-256
MAGIC, VERSION = b"LSCK", 1
LARGEST_MESSAGE = 131_072  # bytes
MOST_CHUNKS, LARGEST_ENVELOPE = 65_536, 67_108_864
TOPIC = re.compile(
    r"fp/v1/st/(?P<station>[A-Za-z0-9-]{1,13})/(?:tx|rx)/(?P<digest>[0-9a-f]{64})/(?P<index>0|[1-9]\d{0,4})/(?P<total>[1-9]\d{0,4})"
)


class BadChunk(ValueError):
    """One message that breaks a rule of section 3."""


@dataclass(frozen=True)
class Chunk:
    station: str
    digest: str  # of the envelope: 64 hex digits
    index: int
    total: int
    length: int  # bytes of the whole envelope
    data: bytes


def cut(envelope: bytes, size: int = LARGEST_MESSAGE - HEADER.size) -> list[bytes]:
    """Payloads of an envelope's chunks, in order."""
    digest = hashlib.sha256(envelope).digest()
    pieces = [envelope[at : at + size] for at in range(0, len(envelope), size)]
    return [
        HEADER.pack(MAGIC, VERSION, 0, HEADER.size, index, len(pieces), len(envelope), len(data), zlib.crc32(data), digest) + data
        for index, data in enumerate(pieces)
    ]


def read(topic: str, payload: bytes) -> Chunk:
    """The chunk of a message. Raises BadChunk."""
    match = TOPIC.fullmatch(topic)
    if match is None:
        raise BadChunk("topic")
    if not HEADER.size <= len(payload) <= LARGEST_MESSAGE:
        raise BadChunk("message size")
    magic, version, _, header, index, total, length, size, crc, digest = HEADER.unpack_from(payload)
    data = payload[header:]
    rules = {
        "magic": magic == MAGIC,
        "version": version == VERSION,
        "header length": header >= HEADER.size,
        "topic and header differ": (digest.hex(), index, total) == (match["digest"], int(match["index"]), int(match["total"])),
        "index and total": index < total <= MOST_CHUNKS,
        "envelope length": total <= length <= LARGEST_ENVELOPE,
        "data length": len(data) == size >= 1,
        "numbers that cannot be": _can_be(index, total, length, size),
        "crc": zlib.crc32(data) == crc,
    }
    for rule, holds in rules.items():
        if not holds:
            raise BadChunk(rule)
    return Chunk(match["station"], match["digest"], index, total, length, data)


def _can_be(index: int, total: int, length: int, size: int) -> bool:
    """Every chunk but the last is as long as the others, and the last not longer."""
    if total == 1:
        return size == length
    if index < total - 1:
        return size * (total - 1) < length <= size * total
    others, left = divmod(length - size, total - 1)
    return left == 0 and others >= size


def joined(parts: list[bytes], digest: str, length: int) -> bytes | None:
    """The envelope of all its parts in order; None when it is not the one that was announced."""
    whole = b"".join(parts)
    return whole if len(whole) == length and hashlib.sha256(whole).hexdigest() == digest else None


def bitmap(present: set[int], total: int) -> bytes:
    """Section 5, Resuming: chunk i is bit i % 8 of byte i // 8."""
    out = bytearray(-(-total // 8))
    for index in present:
        out[index // 8] |= 1 << index % 8
    return bytes(out)
