"""Messages of the vectors: the chunks of one envelope, and what is no chunk of it."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.contract.chunks import HEADER, cut


@dataclass(frozen=True)
class Message:
    name: str
    topic: str
    payload: bytes
    taken: bool
    because: str


def messages(station: str, envelope: bytes) -> Iterator[Message]:
    """The chunks of one envelope, and what is no chunk of it."""
    digest = hashlib.sha256(envelope).hexdigest()
    payloads = cut(envelope, 1_024)
    n = len(payloads)

    def topic(index: object = 0, total: object = n, of: str = digest) -> str:
        return f"fp/v1/st/{station}/tx/{of}/{index}/{total}"

    def header(payload: bytes, offset: int, form: str, value: int) -> bytes:
        changed = bytearray(payload)
        struct.pack_into(form, changed, offset, value)
        return bytes(changed)

    first, data = payloads[0], payloads[0][64:]
    for index, payload in enumerate(payloads):
        yield Message(f"chunk-{index}", topic(index), payload, True, f"chunk {index} of {n}")
    yield Message(
        "later-header", topic(), header(first, 6, ">H", 72)[:64] + bytes(8) + data, True, "a longer header of a later version is skipped"
    )
    yield Message("reserved-set", topic(), header(first, 5, ">B", 7), True, "the reserved byte is not looked at")
    for name, offset, form, value, because in (
        ("magic", 0, ">B", 0x6C, "another magic"),
        ("version", 4, ">B", 2, "another version"),
        ("short-header", 6, ">H", 63, "a header length under 64"),
        ("index-beyond", 8, ">I", n, "an index that is not below the total"),
        ("other-index", 8, ">I", 1, "index of topic and header differ"),
        ("no-total", 12, ">I", 0, "a total of 0"),
        ("other-total", 12, ">I", n + 1, "total of topic and header differ"),
        ("length-beyond", 16, ">Q", 67_108_865, "an envelope larger than any"),
        ("length-short", 16, ">Q", 1_000, "length, total and data length cannot be so"),
        ("data-length", 24, ">I", 1_023, "another data length than there is"),
        ("crc", 28, ">I", zlib.crc32(data) ^ 1, "the CRC-32 does not fit"),
        ("digest", 32, ">B", first[32] ^ 1, "digest of topic and header differ"),
    ):
        yield Message(name, topic(), header(first, offset, form, value), False, because)
    yield Message("cut-off", topic(), first[:63], False, "shorter than a header")
    yield Message("empty", topic(), b"", False, "nothing")
    no_data = HEADER.pack(b"LSCK", 1, 0, 64, 0, n, len(envelope), 0, 0, bytes.fromhex(digest))
    yield Message("no-data", topic(), no_data, False, "a chunk without data")
    for name, wrong, because in (
        ("leading-zero", topic("00"), "a leading zero in the topic"),
        ("upper-case", topic(of=digest.upper()), "upper-case digits in the topic"),
        ("station-too-long", topic().replace(station, "A" * 14), "a station of 14 characters"),
    ):
        yield Message(name, wrong, first, False, because)
