"""U.are.U 4000, 4000B and 4500: registers, event packets, the image block and its scrambling. Pure.

There is no public document. What is here was learned from recordings of real readers and from the behaviour of the free driver of libfprint
(`uru4000`, LGPL-2.1; no code of it is here), and is held by replaying such a recording pixel for pixel. Numbers little-endian but for the
events.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drivers.errors import Garbled

CLASS_TRIPLE = (0xFF, 0xFF, 0xFF)
MAKER = 0x05BA
UPRIGHT = frozenset({0x0007, 0x0008})  # idProduct: U.are.U 4000 alone, and in a keyboard
TURNED = frozenset({0x000A})  # 4000B and 4500: the picture comes turned by 180 degrees
IDS = frozenset((MAKER, product) for product in UPRIGHT | TURNED)

REQUEST = 0x04  # bRequest of every access to a register; wValue is the register
EVENT_SIZE = 64  # bytes, also of one interrupt packet
WIDTH = 384  # pixels
MAX_LINES = 290
HEADER_SIZE = 64
IMAGE_SIZE = HEADER_SIZE + MAX_LINES * WIDTH  # asked for; the reader ends earlier with a short packet
PPI = 512  # nominal, of the maker's data sheet for the 4500
PLAIN_BELOW = 5000  # variance of the first two lines: a scrambled line is noise
_BLOCKS = 15


class Register(IntEnum):
    HWSTAT = 0x07  # 1 byte
    SCRAMBLE = 0x33  # key number and a seed of 4 bytes, in one write
    KEY = 0x34  # 4 bytes: key XOR seed
    MODE = 0x4E  # 1 byte
    INFO = 0xF0  # 16 bytes


INFO_SIZE = 16


class HwStat(IntFlag):
    ALIVE = 0x01
    INTERRUPT = 0x02
    CONFUSED = 0x04
    LOW_POWER = 0x80


STUCK = HwStat.LOW_POWER | HwStat.CONFUSED
SETTABLE = 0x0F


class Mode(IntEnum):
    INIT = 0x00
    AWAIT_FINGER_ON = 0x10
    AWAIT_FINGER_OFF = 0x12
    CAPTURE = 0x20
    OFF = 0x70
    READY = 0x80


class Event(IntEnum):
    """First two bytes of an interrupt packet, big-endian."""

    POWERED = 0x56AA  # may come two or three times
    FINGER_ON = 0x0101
    FINGER_OFF = 0x0200
    FAILING = 0x0800  # the next image will be empty


class BlockFlag(IntFlag):
    ABSENT = 0x01  # the lines are not in the data; the picture repeats there what follows
    SCRAMBLED = 0x02
    KEY_KEPT = 0x04  # the key stream does not advance
    NEW_KEY = 0x80  # the key changes here


@dataclass(frozen=True)
class Block:
    flags: int
    lines: int


@dataclass(frozen=True, eq=False)
class ImageBlock:
    """What bulk IN brings for one picture."""

    key_number: int
    blocks: tuple[Block, ...]
    lines: NDArray[np.uint8] = field(repr=False)  # (lines present, WIDTH), as sent

    @property
    def key_changes(self) -> int:
        """How many keys beyond the first are needed."""
        return sum(bool(block.flags & BlockFlag.NEW_KEY) for block in self.blocks)


def parse_event(data: bytes | memoryview) -> int:
    """An Event, or a code that is none of them. Raises Garbled."""
    if len(data) < 2:
        raise Garbled(f"The reader sent an event of {len(data)} bytes.")
    return int.from_bytes(data[:2], "big")


def build_seed(key_number: int, seed: int) -> bytes:
    return struct.pack("<BI", key_number, seed)


def parse_key(data: bytes, seed: int) -> int:
    """Raises Garbled."""
    if len(data) != 4:
        raise Garbled(f"The reader sent a key of {len(data)} bytes.")
    return int.from_bytes(data, "little") ^ seed


def parse_versions(data: bytes) -> str:
    """The two version numbers among the 16 bytes at 0xF0. Raises Garbled."""
    if len(data) != INFO_SIZE:
        raise Garbled(f"The reader described itself in {len(data)} bytes.")
    return f"{data[4]:02x}.{data[5]:02x}/{data[10]:02x}.{data[11]:02x}"


def parse_image(data: bytes | memoryview) -> ImageBlock:
    """Raises Garbled when it is not all there, or says that it is larger than the sensor."""
    if len(data) < HEADER_SIZE:
        raise Garbled(f"The reader sent an image of {len(data)} bytes.")
    count, key_number = struct.unpack_from("<HB", data, 4)
    if not 0 < count < MAX_LINES or len(data) < HEADER_SIZE + count * WIDTH:
        raise Garbled(f"The reader sent {len(data)} bytes for an image of {count} lines.")
    blocks = _blocks(data, count)
    lines = np.frombuffer(data, np.uint8, count * WIDTH, HEADER_SIZE).reshape(count, WIDTH)
    return ImageBlock(key_number, blocks, lines)


def is_plain(image: ImageBlock) -> bool:
    """Whether this unit sends its image unscrambled: two lines of a picture vary little along the line, two of noise much."""
    if len(image.lines) < 2:
        return True
    sums = image.lines[:2].astype(np.int64).sum(axis=0)
    return bool(((sums - sums.mean()) ** 2).mean() < PLAIN_BELOW)


def picture(image: ImageBlock, keys: tuple[int, ...], *, turned: bool) -> NDArray[np.uint8]:
    """(MAX_LINES, WIDTH), 0 = ridge, row 0 at the fingertip. `keys`: one, and one for each change; () when the image is plain."""
    raw = np.zeros((MAX_LINES, WIDTH), np.uint8)
    lines = unscrambled(image, keys) if keys else image.lines
    row = taken = 0
    for block in image.blocks:
        here = lines[taken : taken + min(block.lines, max(0, MAX_LINES - row))]
        raw[row : row + len(here)] = here
        row += block.lines
        taken += 0 if block.flags & BlockFlag.ABSENT else len(here)
    return np.ascontiguousarray(255 - (raw[::-1, ::-1] if turned else raw))


def unscrambled(image: ImageBlock, keys: tuple[int, ...]) -> NDArray[np.uint8]:
    """The lines in the clear. In each scrambled block a byte stands one place late and the last is lost: the reader sends it so."""
    if len(keys) != image.key_changes + 1:
        raise ValueError(f"{len(keys)} keys for an image that needs {image.key_changes + 1}")
    out = image.lines.copy()
    left = list(keys)
    stream = KeyStream(left.pop(0))
    taken = 0
    for block in image.blocks:
        if block.flags & BlockFlag.NEW_KEY:
            stream = KeyStream(left.pop(0))
        here = out[taken : taken + (0 if block.flags & BlockFlag.ABSENT else block.lines)]
        taken += len(here)
        if block.flags & BlockFlag.SCRAMBLED and len(here):
            flat = here.reshape(-1)
            flat[:-1] = flat[1:] ^ stream.take(flat.size)[:-1]
            flat[-1] = 0
        elif not block.flags & (BlockFlag.SCRAMBLED | BlockFlag.KEY_KEPT):
            stream.take(block.lines * WIDTH)
    return out


class KeyStream:
    """A 32-bit linear-feedback shift register: shifts right, new bit 31 is the parity of the bits under MASK; one byte before each step.

    As a sequence of bits: s[n+32] = XOR of s[n+t] for t in TAPS, register n is s[n..n+31]. Squared (the Frobenius map over GF(2)) the same
    recurrence holds with all distances doubled, so that with 32·2^k bits known, 2^k new ones come at a time.
    """

    MASK = 0x9248144D
    TAPS = tuple(bit for bit in range(32) if 0x9248144D >> bit & 1)
    GATHER = (4, 8, 11, 14, 18, 21, 24, 29)  # register bits that make bits 0..7 of a byte

    def __init__(self, key: int) -> None:
        self._bits = np.array([key >> bit & 1 for bit in range(32)], np.uint8)
        self._at = 0

    def take(self, count: int) -> NDArray[np.uint8]:
        """The next `count` bytes."""
        self._grow(self._at + count + 32)
        at, self._at = self._at, self._at + count
        columns = (self._bits[at + bit : at + bit + count] << place for place, bit in enumerate(self.GATHER))
        return reduce(np.bitwise_or, columns, np.zeros(count, np.uint8))

    def _grow(self, size: int) -> None:
        bits = self._bits
        while len(bits) < size:
            step = 1 << ((len(bits) // 32).bit_length() - 1)  # the largest 2^k with 32 * 2^k bits known
            known = len(bits)
            bits = np.concatenate([bits, np.empty(known, np.uint8)])
            edges = [*range(known, 2 * known, step), 2 * known]
            for start, end in pairwise(edges):
                base = start - 32 * step
                bits[start:end] = reduce(np.bitwise_xor, (bits[base + t * step : base + t * step + end - start] for t in self.TAPS))
        self._bits = bits


def _blocks(data: bytes | memoryview, count: int) -> tuple[Block, ...]:
    """The list ends at a count of 0 or when all lines are named; what stands behind that is nothing."""
    blocks: list[Block] = []
    left = count
    for flags, lines in struct.iter_unpack("<BB", data[16 : 16 + 2 * _BLOCKS]):
        if lines == 0 or left == 0:
            break
        lines_here = lines if flags & BlockFlag.ABSENT else min(lines, left)
        left -= 0 if flags & BlockFlag.ABSENT else lines_here
        blocks.append(Block(flags, lines_here))
    return tuple(blocks)
