"""A person from an ANSI/NIST file: lays down exactly what the file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from firmware_sim.subject import an2, decoding, outlines, retouch
from firmware_sim.subject.an2 import Stored
from firmware_sim.subject.condition import GOOD, Condition
from firmware_sim.subject.effects import spoil
from firmware_sim.subject.laying import laid_fingers, other_position, truth
from firmware_sim.subject.person import (
    FLAT_AREA,
    LEFT_THUMB_PLAIN,
    MEMBERS,
    PLAIN_THUMBS,
    RIGHT_THUMB_PLAIN,
    ROLL_AREA,
    TWO_THUMBS,
    Asked,
    Box,
    Gray,
    Person,
    SubjectError,
    Touch,
    Way,
)
from firmware_sim.subject.retouch import is_untouched

MAX_FILE = 64 << 20  # bytes
Pictures = Mapping[tuple[Way, int], Gray]


class FilePerson:
    """Pictures by way and position. A finger in `absent` is never laid down."""

    def __init__(self, name: str, pictures: Pictures, absent: Mapping[int, str]) -> None:
        self.name = name
        self.absent = absent
        self._pictures = pictures

    def touch(self, asked: Asked, how: Condition = GOOD) -> Touch | None:
        """The first touch of a good finger is the file's picture, pixel by pixel."""
        laid = laid_fingers(replace(asked, fingers=asked.fingers - set(self.absent)), how)
        fingers = frozenset(laid.values())
        position = self._position(asked.position, laid, how)
        picture = self._find(asked.way, position, fingers) if fingers else None
        if picture is None:
            return None
        everything = MEMBERS[position] - set(self.absent)
        boxes = outlines.find(picture, left_to_right(everything)) if len(everything) > 1 else ()
        return _touch(asked, how, picture, boxes or _equal(picture, left_to_right(everything)), fingers)

    @staticmethod
    def _position(position: int, laid: Mapping[int, int], how: Condition) -> int:
        """Of the picture that is laid down where this one was asked."""
        if len(MEMBERS[position]) == 1 and laid:
            (finger,) = laid.values()
            return position if position <= 10 and finger == position else PLAIN_THUMBS.get(finger, finger) if position > 10 else finger
        return other_position(position) if how.wrong_hand else position

    def _find(self, way: Way, position: int, fingers: frozenset[int]) -> Gray | None:
        """The picture asked for, else the nearest that a person would lay down, else None."""
        found = self._pictures.get((way, position))
        if found is None and way is Way.ROLLED:
            plain = self._single_plain(position)
            return None if plain is None else crop(plain, ROLL_AREA)
        if found is None and position == TWO_THUMBS:
            return self._two_thumbs(fingers)
        if found is None and MEMBERS[position] in (frozenset({1}), frozenset({6})):
            return self._single_plain(min(MEMBERS[position]))
        return found

    def _single_plain(self, finger: int) -> Gray | None:
        thumb = self._pictures.get((Way.PLAIN, PLAIN_THUMBS.get(finger, 0)))
        return thumb if thumb is not None else self._pictures.get((Way.PLAIN, finger))

    def _two_thumbs(self, fingers: frozenset[int]) -> Gray | None:
        """Left thumb at the left, right thumb at the right, on a bare platen."""
        wanted = [p for p, finger in ((LEFT_THUMB_PLAIN, 6), (RIGHT_THUMB_PLAIN, 1)) if finger in fingers]
        thumbs = [self._pictures.get((Way.PLAIN, position)) for position in wanted]
        found = [thumb for thumb in thumbs if thumb is not None]
        return side_by_side(found) if len(found) == len(wanted) else None


def left_to_right(fingers: frozenset[int]) -> tuple[int, ...]:
    """As hands lie, palms down: the left hand's fingers from little to thumb, then the right hand's from thumb to little."""
    return tuple(sorted(fingers, key=lambda finger: finger if finger <= 5 else 0 - finger))


def _equal(picture: Gray, fingers: tuple[int, ...]) -> tuple[Box, ...]:
    """The picture in equal parts."""
    rows, columns = picture.shape
    edges = [round(edge) for edge in np.linspace(0, columns, len(fingers) + 1)]
    return tuple(Box(finger, a, 0, b - a, rows) for finger, a, b in zip(fingers, edges, edges[1:], strict=False))


def _touch(asked: Asked, how: Condition, picture: Gray, boxes: tuple[Box, ...], fingers: frozenset[int]) -> Touch:
    there = tuple(box for box in boxes if box.finger in fingers)
    area = ROLL_AREA if asked.way is Way.ROLLED else FLAT_AREA
    pixels, centre = picture, (0, 0)
    if not is_untouched(how) or how.missing:  # a good touch is the file's picture itself, however often it is asked for
        lost = tuple(box for box in boxes if box.finger not in fingers)
        pixels, there, centre = _altered(asked, how, _without(picture, lost if how.missing else ()), there, area)
    beyond = [_on_platen(box, pixels, centre, area) for box in there]
    flaws = truth(asked, how, [box.finger for box in there], beyond, area)
    return Touch(asked.position, asked.way, len(there), pixels, there, centre, how, flaws)


def _without(picture: Gray, boxes: tuple[Box, ...]) -> Gray:
    """These fingers, and what is above and below them, wiped away."""
    seen = picture.copy()
    for box in boxes:
        seen[:, box.left : box.left + box.width] = 255
    return seen


def _altered(
    asked: Asked, how: Condition, picture: Gray, boxes: tuple[Box, ...], area: tuple[int, int]
) -> tuple[Gray, tuple[Box, ...], tuple[int, int]]:
    """The picture in another condition, its boxes, and its middle on the platen."""
    random = np.random.default_rng([asked.position, asked.way is Way.ROLLED, asked.attempt])
    ink = retouch.retouch(255 - picture, boxes, how, random)
    ink = cv2.flip(ink, 1) if how.another else ink
    ink = retouch.bend(ink, 0.0, random) if asked.attempt else ink
    before = ink.shape
    ink = retouch.turned(ink, how.rotation) if how.rotation else ink
    grown = ((ink.shape[1] - before[1]) // 2, (ink.shape[0] - before[0]) // 2)
    boxes = tuple(replace(box, left=box.left + grown[0], top=box.top + grown[1]) for box in boxes)
    ink, kept, centre = _on_the_platen(ink, how.offset, area)
    ink = spoil(np.ascontiguousarray(ink), how, random)
    noise = 22 * how.noise * random.standard_normal(ink.shape, np.float32)
    pixels = np.clip(255 - ink.astype(np.float32) + noise, 0, 255).astype(np.uint8)
    return pixels, tuple(replace(box, left=box.left - kept[0], top=box.top - kept[1]) for box in boxes), centre


def _on_the_platen(ink: Gray, offset: tuple[float, float], area: tuple[int, int]) -> tuple[Gray, tuple[int, int], tuple[int, int]]:
    """What of the ink lies on the platen when its middle lies there; left and top of that part; and that part's middle."""
    spans = []
    for length, away, size in zip((ink.shape[1], ink.shape[0]), offset, area, strict=True):
        begin = (size - length) // 2 + round(away * size)
        low, high = min(max(begin, 0), size - 1), max(min(begin + length, size), 1)
        spans.append((low - begin, max(high, low + 1) - begin, (low + high - size) // 2))
    (left, right, x), (top, bottom, y) = spans
    return ink[max(0, top) : bottom, max(0, left) : right], (left, top), (x, y)


def _on_platen(box: Box, pixels: Gray, centre: tuple[int, int], area: tuple[int, int]) -> Box:
    """A box of the picture as a box of the platen."""
    left = (area[0] - pixels.shape[1]) // 2 + centre[0]
    top = (area[1] - pixels.shape[0]) // 2 + centre[1]
    return replace(box, left=box.left + left, top=box.top + top)


def side_by_side(pictures: list[Gray]) -> Gray:
    """Pictures beside each other, their lower edges level, bare platen around."""
    rows, columns = max(p.shape[0] for p in pictures), sum(p.shape[1] for p in pictures)
    sheet = np.full((rows, columns), 255, np.uint8)
    at = 0
    for picture in pictures:
        sheet[rows - picture.shape[0] :, at : at + picture.shape[1]] = picture
        at += picture.shape[1]
    return sheet


def crop(picture: Gray, area: tuple[int, int]) -> Gray:
    """The part of at most this width and height that has the most ink at its centre."""
    rows, columns = picture.shape
    width, height = min(area[0], columns), min(area[1], rows)
    ink = 255.0 - picture
    total = max(float(ink.sum()), 1.0)
    centre_x = float(ink.sum(0) @ np.arange(columns)) / total
    centre_y = float(ink.sum(1) @ np.arange(rows)) / total
    left = int(np.clip(centre_x - width / 2, 0, columns - width))
    top = int(np.clip(centre_y - height / 2, 0, rows - height))
    return picture[top : top + height, left : left + width]


def load(path: Path) -> Person:
    """Raises SubjectError with one sentence that names the file."""
    try:
        holding = an2.read(_bytes(path))
        if not holding.pictures:
            raise SubjectError("it holds no picture of a finger (Type-4 or Type-14)")
        return FilePerson(path.name, _decoded(holding.pictures), holding.absent)
    except SubjectError as error:
        raise SubjectError(f"{path.name} cannot be laid on the platen: {error}.") from error


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise SubjectError(f"it is larger than {MAX_FILE >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise SubjectError(f"{error.strerror or error}") from error


def _decoded(stored: tuple[Stored, ...]) -> Pictures:
    pixels = decoding.decode([(one.width, one.height, one.data) for one in stored])
    pictures: dict[tuple[Way, int], Gray] = {}
    for one, picture in zip(stored, pixels, strict=True):
        pictures.setdefault((one.way, one.position), _fit(one, picture))
    return pictures


def _fit(stored: Stored, picture: Gray) -> Gray:
    """At 500 ppi; as it is when it is so already. Raises SubjectError when the platen is too small for it."""
    if stored.ppi != 500:
        scale = 500 / max(stored.ppi, 50)
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    rows, columns = picture.shape
    width, height = ROLL_AREA if stored.way is Way.ROLLED else FLAT_AREA
    if columns > width or rows > height:
        raise SubjectError(f"finger position {stored.position} is {columns} x {rows} pixels; the platen has {width} x {height}")
    return picture
