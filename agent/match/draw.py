"""Two prints side by side with the pairs that were found, as a person would check them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.match.compare import Comparison, Print
from agent.model.impression import GrayImage

GAP = 24  # pixels between the prints
TAIL = 12  # pixels of a minutia's direction
ALONE, PAIRED, CHOSEN = (190, 170, 120), (30, 140, 30), (20, 60, 200)  # BGR: no partner; found after laying over; chosen by agreement

Sheet = NDArray[np.uint8]


def draw(images: tuple[GrayImage, GrayImage], prints: tuple[Print, Print], found: Comparison) -> Sheet:
    """BGR. Pictures at 500 ppi. Red: pairs chosen because they agree; green: what fits besides, once one print lies on the other."""
    offsets = (0, images[0].shape[1] + GAP)
    sheet = _side_by_side(images, offsets[1])
    for one, offset in zip(prints, offsets, strict=True):
        for number in range(len(one)):
            _minutia(sheet, one, number, offset, ALONE)
    later = found.overlay.pairs if found.overlay else np.zeros((0, 2), np.intp)
    for pairs, colour in ((later, PAIRED), (np.stack([found.pairs.a, found.pairs.b], 1), CHOSEN)):
        for a, b in pairs:
            _pair(sheet, prints, (int(a), int(b)), offsets[1], colour)
    return sheet


def _side_by_side(images: tuple[GrayImage, GrayImage], second: int) -> Sheet:
    rows = max(image.shape[0] for image in images)
    sheet = np.full((rows, second + images[1].shape[1]), 255, np.uint8)
    for image, left in zip(images, (0, second), strict=True):
        sheet[: image.shape[0], left : left + image.shape[1]] = 110 + image // 2 - image // 16  # paler, so that lines can be seen
    return np.asarray(cv2.cvtColor(sheet, cv2.COLOR_GRAY2BGR), np.uint8)


def _minutia(sheet: Sheet, one: Print, number: int, offset: int, colour: tuple[int, int, int]) -> tuple[int, int]:
    place, heading = one.places[number], one.heading[number]
    at = (round(float(place.real)) + offset, round(float(-place.imag)))
    end = (at[0] + round(TAIL * float(heading.real)), at[1] - round(TAIL * float(heading.imag)))
    cv2.circle(sheet, at, 4, colour, 1, cv2.LINE_AA)
    cv2.line(sheet, at, end, colour, 1, cv2.LINE_AA)
    return at


def _pair(sheet: Sheet, prints: tuple[Print, Print], pair: tuple[int, int], offset: int, colour: tuple[int, int, int]) -> None:
    begin, end = _minutia(sheet, prints[0], pair[0], 0, colour), _minutia(sheet, prints[1], pair[1], offset, colour)
    cv2.line(sheet, begin, end, colour, 1, cv2.LINE_AA)
