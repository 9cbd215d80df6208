"""Cutting and joining envelopes, against hostile bytes and against the example in the contract."""

from __future__ import annotations

import hashlib
import random
import re
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.delivery.chunks import DATA_LIMIT, HEADER_LENGTH, MESSAGE_LIMIT, Assembler, join, parse, split
from agent.delivery.errors import ChunkError
from tests.delivery.bureau import HEADER, cut

CONTRACT = Path(__file__).parents[2] / "docs" / "bureau-contract.md"


def header(index: int = 0, total: int = 1, length: int = 3, data: bytes = b"abc", digest: bytes = b"\0" * 32, **other: int) -> bytes:
    fields = {"version": 1, "header": 64, "size": len(data), "crc": zlib.crc32(data)} | other
    return HEADER.pack(b"LSCK", fields["version"], 0, fields["header"], index, total, length, fields["size"], fields["crc"], digest) + data


@given(st.binary(min_size=1, max_size=5_000), st.integers(1, 700), st.randoms(use_true_random=False))
def test_any_envelope_in_any_order_and_any_number_of_times(data: bytes, size: int, chance: random.Random) -> None:
    messages = split(data, size=size)
    arriving = messages + chance.choices(messages, k=3)
    chance.shuffle(arriving)
    assembler = Assembler(parse(arriving[0]))
    wholes = [whole for whole in (assembler.add(parse(message)) for message in arriving) if whole is not None]
    assert wholes[0] == data
    assert set(wholes) == {data}


def test_an_independent_cutter_makes_the_same_messages() -> None:
    data = random.Random(7).randbytes(300_001)
    assert split(data) == cut(data)
    assert [len(message) for message in split(data)] == [MESSAGE_LIMIT, MESSAGE_LIMIT, 300_001 - 2 * DATA_LIMIT + HEADER_LENGTH]


def test_the_example_in_the_contract_is_true() -> None:
    block = re.search(r"Example: the three bytes `abc`.*?```\n(.*?)```", CONTRACT.read_text(), re.DOTALL)
    assert block is not None
    assert split(b"abc") == [bytes.fromhex(block[1])]


@pytest.mark.parametrize(
    ("case", "message"),
    {
        "nothing": b"",
        "one byte short of a header": header(data=b"")[:63],
        "another magic": b"XXXX" + header()[4:],
        "a later version": header(version=2),
        "a header shorter than ours": header(header=63),
        "a header longer than the message": header(header=2000),
        "data cut off": header()[:-1],
        "data too long": header() + b"x",
        "another CRC": header(crc=1),
        "no chunks at all": header(total=0),
        "more chunks than any envelope has": header(total=2**32 - 1, length=2**26),
        "an index beyond the total": header(index=1, total=1),
        "an envelope of 2^63 bytes": header(total=2, length=2**63),
        "an empty chunk": header(data=b"", total=2),
        "one chunk that is not the whole": header(total=1, length=4),
        "a first chunk that leaves nothing for the last": header(index=0, total=2, length=3),
        "chunks too small to make up the length": header(index=0, total=2, length=100),
        "a last chunk larger than the others": header(index=1, total=2, length=4, data=b"abc"),
        "a last chunk that leaves no equal parts": header(index=2, total=3, length=6, data=b"a"),
        "a message larger than allowed": header(data=b"x" * MESSAGE_LIMIT, length=MESSAGE_LIMIT),
    }.items(),
)
def test_a_hostile_chunk_is_refused_in_one_sentence(case: str, message: bytes) -> None:
    with pytest.raises(ChunkError, match="A chunk was refused"):
        parse(message)


def test_a_longer_header_of_a_later_version_is_skipped() -> None:
    longer = header(header=66)[:64] + b"??" + b"abc"
    assert parse(longer).data == b"abc"


@given(st.binary(max_size=300))
def test_no_bytes_make_the_parser_fail_otherwise(message: bytes) -> None:
    for hostile in (message, split(b"abc")[0][: len(message)] + message):
        try:
            parse(hostile)
        except ChunkError:
            continue


@given(st.integers(0, 3 + HEADER_LENGTH - 1), st.integers(0, 7))
def test_any_flipped_bit_is_found_or_harmless(position: int, bit: int) -> None:
    message = bytearray(split(b"abc")[0])
    message[position] ^= 1 << bit
    try:
        chunk = parse(bytes(message))
        assert position == 5 or join([chunk]) == b"abc", "only the reserved byte means nothing"
    except ChunkError:
        pass


def test_a_set_with_another_digest_is_forgotten_and_said() -> None:
    wrong = hashlib.sha256(b"other").digest()
    messages = [message[:32] + wrong + message[64:] for message in split(b"abcdef", size=3)]
    assembler = Assembler(parse(messages[0]))
    assert assembler.add(parse(messages[0])) is None
    assert [*assembler.missing] == [1]
    with pytest.raises(ChunkError, match="SHA-256"):
        assembler.add(parse(messages[1]))
    assert [*assembler.missing] == [0, 1]


def test_a_chunk_of_another_envelope_does_not_mix_in() -> None:
    assembler = Assembler(parse(split(b"abcdef", size=3)[0]))
    with pytest.raises(ChunkError):
        assembler.add(parse(split(b"abcdeX", size=3)[1]))


@pytest.mark.parametrize("length", [0, 64 * 1024 * 1024 + 1])
def test_nothing_and_too_much_cannot_be_cut(length: int) -> None:
    with pytest.raises(ValueError, match="bytes"):
        split(bytes(length))


def test_the_header_is_64_bytes() -> None:
    assert struct.calcsize(">4sBBHIIQII32s") == HEADER_LENGTH == 64
