"""The U.are.U reader's image block and key stream, against a register that is stepped by hand."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import Garbled
from drivers.uru4500_wire import (
    MAX_LINES,
    WIDTH,
    Block,
    KeyStream,
    build_seed,
    is_plain,
    parse_event,
    parse_image,
    parse_key,
    parse_versions,
    picture,
    unscrambled,
)

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
RECORDED = [(2, 72), (0, 1), (2, 49), (1, 1), (0, 1), (2, 49), (0, 1), (2, 116)]  # block list of a 4500


class Stepped:
    """The key stream as the reader makes it, one step at a time."""

    def __init__(self, key: int) -> None:
        self.register = key

    def take(self, count: int) -> bytes:
        return bytes(self._byte() for _ in range(count))

    def _byte(self) -> int:
        out = sum((self.register >> bit & 1) << place for place, bit in enumerate((4, 8, 11, 14, 18, 21, 24, 29)))
        parity = (self.register & 0x9248144D).bit_count() & 1
        self.register = self.register >> 1 | parity << 31
        return out


def block_of(lines: int, blocks: list[tuple[int, int]], pixels: bytes, key_number: int = 0) -> bytes:
    head = bytes.fromhex("10408001") + struct.pack("<HB", lines, key_number) + bytes(9)
    return head + b"".join(map(bytes, blocks)).ljust(48, b"\0") + pixels


def scrambled(lines: Pixels, blocks: list[tuple[int, int]], keys: list[int]) -> bytes:
    """What a reader makes of the lines that it sends."""
    left = list(keys)
    stream, out, row = Stepped(left.pop(0)), b"", 0
    for flags, count in blocks:
        if flags & 0x80:
            stream = Stepped(left.pop(0))
        if flags & 1:
            if not flags & 6:
                stream.take(count * WIDTH)
            continue
        plain = lines[row : row + count].tobytes()
        row += count
        if flags & 2:
            hidden = bytes(a ^ b for a, b in zip(plain, stream.take(len(plain)), strict=True))
            out += b"\xaa" + hidden[:-1]
        else:
            out += plain
            if not flags & 4:
                stream.take(len(plain))
    return out


@pytest.mark.parametrize("key", [0, 1, 0x80000000, 0x540F0803, 0xFFFFFFFF])
def test_the_key_stream_is_the_registers(key: int) -> None:
    stream = KeyStream(key)
    assert stream.take(3).tobytes() + stream.take(700).tobytes() + stream.take(5000).tobytes() == Stepped(key).take(5703)


@given(st.integers(0, 0xFFFFFFFF), st.lists(st.integers(0, 300), max_size=4))
def test_the_key_stream_goes_on_where_it_was(key: int, counts: list[int]) -> None:
    stream, stepped = KeyStream(key), Stepped(key)
    assert all(stream.take(count).tobytes() == stepped.take(count) for count in counts)


@pytest.mark.parametrize(
    ("blocks", "keys"),
    [
        (RECORDED, [0x540F0803]),
        ([(2, 100), (0x82, 100), (4, 20), (2, 69)], [1, 0xDEADBEEF]),
        ([(0, 50), (2, 50), (5, 1), (1, 1), (2, 189)], [0x12345678]),
    ],
)
def test_a_scrambled_image_comes_out_in_the_clear(blocks: list[tuple[int, int]], keys: list[int]) -> None:
    lines = np.random.default_rng(5).integers(0, 256, (289, WIDTH), dtype=np.uint8)
    image = parse_image(block_of(289, blocks, scrambled(lines, blocks, keys)))
    assert image.key_changes == len(keys) - 1
    clear = unscrambled(image, tuple(keys))
    row = 0
    for flags, count in blocks:
        if flags & 1:
            continue
        here, there = clear[row : row + count].reshape(-1), lines[row : row + count].reshape(-1)
        row += count
        if flags & 2:
            assert np.array_equal(here[:-1], there[:-1])
            assert here[-1] == 0
        else:
            assert np.array_equal(here, there)


def test_a_line_that_is_absent_repeats_the_next_and_the_picture_is_turned() -> None:
    lines = np.random.default_rng(6).integers(0, 256, (289, WIDTH), dtype=np.uint8)
    blocks = [(0, 10), (1, 1), (0, 255), (0, 24)]
    image = parse_image(block_of(289, blocks, lines.tobytes()))
    upright = picture(image, (), turned=False)
    assert upright.shape == (MAX_LINES, WIDTH)
    assert np.array_equal(255 - upright, np.concatenate([lines[:10], lines[10:11], lines[10:]]))
    assert np.array_equal(picture(image, (), turned=True), upright[::-1, ::-1])


def test_a_plain_image_is_told_from_a_scrambled_one() -> None:
    ridges = (100 + 30 * np.sin(np.arange(WIDTH) / 3)).astype(np.uint8)
    lines = np.tile(ridges, (289, 1))
    assert is_plain(parse_image(block_of(289, [(0, 255), (0, 34)], lines.tobytes())))
    hidden = scrambled(lines, [(2, 255), (2, 34)], [0x540F0803])
    assert not is_plain(parse_image(block_of(289, [(2, 255), (2, 34)], hidden)))


def test_small_things_by_hand() -> None:
    assert build_seed(0, 0x51EA2124).hex() == "002421ea51"  # recorded
    assert parse_key(bytes.fromhex("f228ae05"), 0x51EA2124) == 0x05AE28F2 ^ 0x51EA2124
    assert parse_event(bytes.fromhex("56aa0391")) == 0x56AA
    assert parse_versions(bytes.fromhex("1a0a1a0a01150000002000108b211130")) == "01.15/00.10"
    for wrong in (b"", b"\x01"):
        with pytest.raises(Garbled):
            parse_event(wrong)
    with pytest.raises(Garbled):
        parse_key(b"abc", 0)
    with pytest.raises(Garbled):
        parse_versions(bytes(15))


@pytest.mark.parametrize(("lines", "size"), [(0, 0), (290, 290), (289, 288), (65535, 289)])
def test_an_image_that_is_not_all_there(lines: int, size: int) -> None:
    with pytest.raises(Garbled):
        parse_image(block_of(lines, RECORDED, bytes(size * WIDTH)))
    with pytest.raises(Garbled):
        parse_image(bytes(63))


def test_a_wrong_number_of_keys_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="0 keys"):
        unscrambled(parse_image(block_of(289, RECORDED, bytes(289 * WIDTH))), ())


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=15), st.integers(0, 0xFFFFFFFF))
def test_any_block_list_gives_a_picture_of_its_size(lines: int, blocks: list[tuple[int, int]], key: int) -> None:
    image = parse_image(block_of(lines, blocks, bytes(lines * WIDTH)))
    assert all(isinstance(block, Block) for block in image.blocks)
    keys = (key,) * (image.key_changes + 1)
    assert picture(image, keys, turned=True).shape == (MAX_LINES, WIDTH)
    assert picture(image, (), turned=False).shape == (MAX_LINES, WIDTH)
