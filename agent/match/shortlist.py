"""Whom to compare in full: every finger of a gallery in a small form that stays in memory, and a quick likeness of all of them at once.

    ten templates ─▶ compact (three fingers, their strongest minutiae) ─▶ Index ─▶ likeness of each person ─▶ the few that are worth it

The form is that of `compare_descriptors`, so the likeness is that of `compare.coarse`, worked out for hundreds of fingers in one step. Only
fingers of the same name are held against each other, and only templates of one extractor.

As bytes (little-endian): magic, extractor's version, length of its name, number of fingers; the name; for each finger its position, how
many descriptors it has, and these, 160 bytes each.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.match.compare import COARSE
from agent.match.compare_descriptors import BYTES, Descriptors, describe
from agent.match.extract import usable
from agent.match.template import Template, TemplateError
from agent.model.fingers import Position

KEPT = 40  # descriptors of a finger, of its strongest minutiae
FINGERS = 3  # of a person that stay in memory
BLOCK = 512  # fingers in one piece of memory: what one step of the search works on fits a processor's cache
BASE = 0.42  # likeness that nearly every pair of different fingers reaches
PREFERRED = tuple(Position(n) for n in (2, 7, 1, 6, 3, 8, 4, 9, 5, 10))  # both hands first, then what is large
_MAGIC = b"LSGC"
_HEAD = struct.Struct("<4sHBB")
_FINGER = struct.Struct("<BB")

Make = tuple[str, int]  # extractor and its version
Floats = NDArray[np.float32]
Each = Callable[[Callable[["_Block"], Floats], Iterable["_Block"]], Iterable[Floats]]  # `map`, or that of a pool of threads


@dataclass(frozen=True, eq=False)
class Compact:
    """What of a person stays in memory: about 19 kB."""

    make: Make
    fingers: Mapping[Position, Descriptors] = field(repr=False)

    def serialise(self) -> bytes:
        name = self.make[0].encode("ascii")
        parts = [_HEAD.pack(_MAGIC, self.make[1], len(name), len(self.fingers)), name]
        for finger, descriptors in self.fingers.items():
            parts += [_FINGER.pack(finger, len(descriptors)), descriptors.bits.tobytes()]
        return b"".join(parts)


def compact(templates: Mapping[Position, Template]) -> Compact | None:
    """Of templates of one extractor; None where not one finger shows enough."""
    chosen = [finger for finger in PREFERRED if finger in templates and not usable(templates[finger])][:FINGERS]
    if not chosen:
        return None
    return Compact(templates[chosen[0]].same_make, {finger: described(templates[finger]) for finger in chosen})


def described(template: Template) -> Descriptors:
    """The strongest minutiae among those that say something."""
    every = describe(template)
    telling = np.flatnonzero(every.ones)[:KEPT]
    return Descriptors(np.ascontiguousarray(every.bits[telling]), every.ones[telling])


def parse_compact(data: bytes) -> Compact:
    """From its bytes. Raises TemplateError."""
    if len(data) < _HEAD.size:
        raise _refused("they are too short")
    magic, version, length, count = _HEAD.unpack_from(data)
    name = data[_HEAD.size : _HEAD.size + length]
    if magic != _MAGIC or not name.isascii() or not name.decode("ascii").isprintable() or not 1 <= count <= FINGERS:
        raise _refused("they do not begin as one")
    fingers = dict(_fingers(data, _HEAD.size + length, count))
    if len(fingers) != count:
        raise _refused("a finger stands in them twice")
    return Compact((name.decode("ascii"), version), fingers)


def _fingers(data: bytes, at: int, count: int) -> Iterator[tuple[Position, Descriptors]]:
    for _ in range(count):
        if len(data) < at + _FINGER.size:
            raise _refused("they end too early")
        finger, kept = _FINGER.unpack_from(data, at)
        at += _FINGER.size
        if not 1 <= finger <= 10 or kept > KEPT or len(data) < at + kept * BYTES:
            raise _refused("a finger in them cannot be")
        bits = np.frombuffer(data, np.uint8, kept * BYTES, at).reshape(kept, BYTES)
        yield Position(finger), Descriptors(bits, np.bitwise_count(bits).sum(1, dtype=np.uint16).astype(np.float32))
        at += kept * BYTES
    if at != len(data):
        raise _refused("they are too long")


class _Block:
    """Up to 512 fingers of one position, of different people."""

    def __init__(self) -> None:
        self.bits = np.zeros((BLOCK * KEPT, BYTES), np.uint8)
        self.root = np.zeros(BLOCK * KEPT, np.float32)  # 0 where there is no descriptor
        self.owner = np.full(BLOCK, -1, np.int64)

    def put(self, slot: int, owner: int, descriptors: Descriptors) -> None:
        at = slot * KEPT
        self.bits[at : at + len(descriptors)] = descriptors.bits
        self.root[at : at + len(descriptors)] = descriptors.root
        self.owner[slot] = owner

    def clear(self, slot: int) -> None:
        rows = slice(slot * KEPT, (slot + 1) * KEPT)
        self.bits[rows], self.root[rows], self.owner[slot] = 0, 0, -1

    def likeness(self, probe: Descriptors) -> Floats:
        """(BLOCK,) as `compare.coarse`, seen from the gallery's side; of an empty slot it means nothing. About 10 ms."""
        apart, which = cv2.batchDistance(self.bits, probe.bits, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=1)
        near = 1 - np.sqrt(apart[:, 0], dtype=np.float32) / np.maximum(self.root + probe.root[which[:, 0]], 1)
        near[self.root == 0] = 0
        best = np.partition(near.reshape(BLOCK, KEPT), KEPT - COARSE, axis=1)[:, KEPT - COARSE :]
        return np.asarray(best.mean(1), np.float32)


class Index:
    """The compact fingers of everybody in a gallery, by extractor and position. Not to be changed from two threads at once."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[Make, Position], list[_Block]] = {}
        self._free: dict[tuple[Make, Position], list[tuple[_Block, int]]] = {}
        self._where: dict[int, list[tuple[tuple[Make, Position], _Block, int]]] = {}

    def __len__(self) -> int:
        return len(self._where)

    def add(self, owner: int, person: Compact) -> None:
        """`owner`: a number from 0 that nobody else has."""
        self.remove(owner)
        for finger, descriptors in person.fingers.items():
            kind = person.make, finger
            block, slot = self._room(kind)
            block.put(slot, owner, descriptors)
            self._where.setdefault(owner, []).append((kind, block, slot))

    def remove(self, owner: int) -> None:
        for kind, block, slot in self._where.pop(owner, []):
            block.clear(slot)
            self._free[kind].append((block, slot))

    def comparable(self, make: Make) -> int:
        """People with a finger of that extractor."""
        return sum(any(kind[0] == make for kind, _, _ in places) for places in self._where.values())

    def likeness(self, probe: Compact, each: Each = map) -> dict[int, float]:
        """Of everybody with a finger in common: how much the common fingers are alike beyond what different ones are."""
        found: dict[int, float] = {}
        for finger, descriptors in probe.fingers.items():
            blocks = self._blocks.get((probe.make, finger), []) if len(descriptors) else []
            for block, alike in zip(blocks, each(lambda one, d=descriptors: one.likeness(d), blocks), strict=True):  # type: ignore[misc]
                there = np.flatnonzero(block.owner >= 0)
                beyond = np.maximum(alike[there] - BASE, 0) ** 2
                for owner, value in zip(block.owner[there].tolist(), beyond.tolist(), strict=True):
                    found[owner] = found.get(owner, 0.0) + value
        return found

    def shortlist(self, probe: Compact, most: int, each: Each = map) -> list[int]:
        """The most alike, best first."""
        found = self.likeness(probe, each)
        return sorted(found, key=lambda owner: (-found[owner], owner))[:most]

    def _room(self, kind: tuple[Make, Position]) -> tuple[_Block, int]:
        free = self._free.setdefault(kind, [])
        if not free:
            block = _Block()
            self._blocks.setdefault(kind, []).append(block)
            free += [(block, slot) for slot in reversed(range(BLOCK))]
        return free.pop()


def _refused(why: str) -> TemplateError:
    return TemplateError(f"These bytes are no compact fingers: {why}.", do="Enrol the booking anew.")


def best_of(scores: Sequence[float], most: int) -> list[int]:
    """Numbers of the greatest, greatest first; of equals the earlier one."""
    return sorted(range(len(scores)), key=lambda at: (-scores[at], at))[:most]
