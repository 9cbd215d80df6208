"""A person from an ANSI/NIST file: lays down exactly what the file holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from firmware_sim.subject import an2, decoding
from firmware_sim.subject.an2 import Stored
from firmware_sim.subject.person import (
    FLAT_AREA,
    LEFT_THUMB_PLAIN,
    MEMBERS,
    PLAIN_THUMBS,
    RIGHT_THUMB_PLAIN,
    ROLL_AREA,
    TWO_THUMBS,
    Asked,
    Gray,
    Person,
    SubjectError,
    Touch,
    Way,
)

MAX_FILE = 64 << 20  # bytes
Pictures = Mapping[tuple[Way, int], Gray]


class FilePerson:
    """Pictures by way and position. A finger in `absent` is never laid down."""

    def __init__(self, name: str, pictures: Pictures, absent: Mapping[int, str]) -> None:
        self.name = name
        self.absent = absent
        self._pictures = pictures

    def touch(self, asked: Asked) -> Touch | None:
        fingers = asked.fingers - set(self.absent)
        pixels = self._find(asked.way, asked.position, fingers) if fingers else None
        return None if pixels is None else Touch(asked.position, asked.way, len(fingers), pixels)

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
