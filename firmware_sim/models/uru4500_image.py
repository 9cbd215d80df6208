"""The image block of a U.are.U 4500: header, list of blocks, lines; scrambled by a shift register. Values in, bytes out.

Sources: the libfprint project's reading of the device and a recording of a real one. Resolution and field as in the recording: 384 x 290
pixels, one line of which is not in the data.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from firmware_sim.subject.person import Gray

WIDTH, HEIGHT = 384, 290  # pixels
HEADER = 64  # bytes
TRANSFER = HEADER + HEIGHT * WIDTH  # bytes that a host makes room for

CHANGE_KEY, NO_KEY_UPDATE, SCRAMBLED, ABSENT = 0x80, 0x04, 0x02, 0x01  # flags of a block
Block = tuple[int, int]  # flags, lines
RECORDED: tuple[Block, ...] = ((2, 72), (0, 1), (2, 49), (1, 1), (0, 1), (2, 49), (0, 1), (2, 116))
TWO_KEYS: tuple[Block, ...] = ((2, 100), (1, 1), (0x82, 100), (0, 1), (2, 88))  # the key changes in the middle
PLAIN: tuple[Block, ...] = ((4, 121), (1, 1), (4, 168))  # some units do not scramble

_MASK = 0x9248144D  # bits of the register whose parity comes in at the top
_GATHERED = (4, 8, 11, 14, 18, 21, 24, 29)  # bits of the register that make a byte of the key stream, lowest first


@dataclass(frozen=True)
class Keys:
    """The keys of one image: `second` comes into force at a block with CHANGE_KEY."""

    number: int  # of the first, 0..255
    first: int  # 32 bits
    second: int  # 32 bits


def image_block(picture: Gray, keys: Keys, blocks: Sequence[Block] = RECORDED) -> bytes:
    """`picture` as a person sees it, (HEIGHT, WIDTH), 0 = ridge: the device sends it upside down and with ridges light."""
    raw = (255 - picture[::-1, ::-1]).astype(np.uint8)
    body = b"".join(_lines(raw, keys, blocks))
    listed = b"".join(bytes(block) for block in blocks).ljust(30, b"\0")
    head = b"\x10\x40\x80\x01" + struct.pack("<HB9x", len(body) // WIDTH, keys.number) + listed
    return head.ljust(HEADER, b"\0") + body


def _lines(raw: Gray, keys: Keys, blocks: Sequence[Block]) -> Iterator[bytes]:
    register, at = keys.first, 0
    for flags, count in blocks:
        data = raw[at : at + count].tobytes()
        at += count
        if flags & CHANGE_KEY:
            register = keys.second
        if flags & SCRAMBLED:
            data, register = scramble(data, register)
        elif not flags & NO_KEY_UPDATE:
            register = _advance(register, len(data))
        if not flags & ABSENT:
            yield data


def scramble(data: bytes, register: int) -> tuple[bytes, int]:
    """What the device sends for a block, and the register after it: the last pixel is lost, the first byte means nothing."""
    stream = bytearray(len(data))
    for n in range(len(data)):
        stream[n] = _gather(register)
        register = _step(register)
    mixed = np.frombuffer(data, np.uint8) ^ np.frombuffer(bytes(stream), np.uint8)
    return bytes([stream[-1]]) + mixed[:-1].tobytes(), register


def _advance(register: int, steps: int) -> int:
    for _ in range(steps):
        register = _step(register)
    return register


def _step(register: int) -> int:
    return register >> 1 | ((register & _MASK).bit_count() & 1) << 31


def _gather(register: int) -> int:
    return sum((register >> bit & 1) << n for n, bit in enumerate(_GATHERED))
