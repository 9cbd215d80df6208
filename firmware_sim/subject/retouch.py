"""A finished picture as it would have been in another condition, for prints whose skin is not at hand. Ink is 255 = ridge."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.random import Generator

from firmware_sim.subject.condition import GOOD, Condition, Part
from firmware_sim.subject.person import Box, Gray
from firmware_sim.subject.synthetic.noise import Floats, smooth_noise


def is_untouched(how: Condition) -> bool:
    """True when the condition changes nothing of the skin, of how the finger lies on it, or of the platen."""
    names = ("moisture", "pressure", "rotation", "offset", "smear", "dirt", "latent", "halo", "noise", "wear", "partial", "another")
    return all(getattr(how, name) == getattr(GOOD, name) for name in names)


def retouch(ink: Gray, boxes: tuple[Box, ...], how: Condition, random: Generator) -> Gray:
    """Skin and pressure."""
    seen = ink.astype(np.float32) / 255
    if how.wear:
        seen = seen + how.wear * (cv2.GaussianBlur(seen, (0, 0), 4) - seen) * _patches(random, seen.shape, 30, 0.7)
    if how.moisture < 0 or how.pressure < 0:
        dry, light = max(0.0, -how.moisture), max(0.0, -how.pressure)
        limit = 0.25 + 0.4 * dry * _patches(random, seen.shape, 12, 0.8) + 0.25 * light
        seen = seen / (1 + np.exp(-14 * (seen - limit))) * (1 - 0.3 * dry - 0.5 * light)
    if how.moisture > 0 or how.pressure > 0:
        swollen = cv2.GaussianBlur(cv2.dilate(seen, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))), (0, 0), 1.2)
        wet = np.clip(0.7 * max(0.0, how.pressure) + how.moisture * _patches(random, seen.shape, 16, 0.8), 0, 1)
        seen = np.clip((seen + wet * (swollen - seen)) * (1 + 0.15 * how.pressure), 0, 0.98)
    if how.partial:
        seen = seen * np.max([_part(seen.shape, box, how) for box in boxes], axis=0)
    return np.asarray(np.clip(seen * 255, 0, 255), np.uint8)


def bend(ink: Gray, turn: float, random: Generator) -> Gray:
    """The same skin laid down once more: turned, moved, pulled a little."""
    rows, columns = ink.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), turn + random.normal(0, 2), 1)
    matrix[:, 2] += random.normal(0, 6, 2)
    (a, b, c), (d, e, f) = cv2.invertAffineTransform(matrix)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    pull_x, pull_y = (2.5 * smooth_noise(random, ink.shape, 90) for _ in range(2))
    on_x, on_y = (a * x + b * y + c + pull_x).astype(np.float32), (d * x + e * y + f + pull_y).astype(np.float32)
    return np.asarray(cv2.remap(ink, on_x, on_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0), np.uint8)


def turned(ink: Gray, degrees: float) -> Gray:
    """Counter-clockwise, in a sheet large enough for it."""
    rows, columns = ink.shape
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    wide, high = math.ceil(columns * cosine + rows * sine), math.ceil(columns * sine + rows * cosine)
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    matrix[:, 2] += ((wide - columns) / 2, (high - rows) / 2)
    return np.asarray(cv2.warpAffine(ink, matrix, (wide, high), flags=cv2.INTER_LINEAR), np.uint8)


def _patches(random: Generator, shape: tuple[int, ...], sigma: float, mean: float) -> Floats:
    return np.asarray(np.clip(mean + 0.5 * smooth_noise(random, shape, sigma), 0, 1.8), np.float32)


def _part(shape: tuple[int, ...], box: Box, how: Condition) -> Floats:
    """1 where a finger still touches when only a part of it does."""
    along = {Part.TIP: (0, -1), Part.BASE: (0, 1), Part.LEFT: (-1, 0), Part.RIGHT: (1, 0)}[how.part]
    half_width = box.width / 2 * (1 - how.partial * abs(along[0]))
    half_height = box.height / 2 * (1 - how.partial * abs(along[1]))
    middle_x = box.left + box.width / 2 + along[0] * (box.width / 2 - half_width)
    middle_y = box.top + box.height / 2 + along[1] * (box.height / 2 - half_height)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    distance = np.hypot((x - middle_x) / half_width, (y - middle_y) / half_height)
    return np.asarray(np.clip((1.08 - distance) * 8, 0, 1), np.float32)
