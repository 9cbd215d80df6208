"""Drawn prints: waves in ovals with the finger's name beside them, so that who receives a test book sees at once what was mixed up.

No person's prints. Drawing and encoding run in worker processes (`encoded`, `encoded_palm`, `photo_jpeg`).
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from agent.model.fingers import Position, fingers_of
from agent.model.impression import Corner, GrayImage
from agent.submission.images import EncodedImage, encode_print

SOFTWARE = "livescan-agent conformance"
PALM_SIZE = (2000, 2500)  # pixels at 500 ppi: 4 x 5 inches
PHOTO_SIZE = (480, 600)  # pixels
_ROLL, _THUMB, _FOUR = (800, 750), (500, 1000), (1600, 1500)  # pixels at 500 ppi, EBTS 11.0 §3.8.4
_PERIOD = 9.0  # pixels at 500 ppi from ridge to ridge
_WHITE = 255


def size(position: Position) -> tuple[int, int]:
    """Width and height in pixels at 500 ppi."""
    if position <= Position.LEFT_LITTLE:
        return _ROLL
    return _THUMB if len(fingers_of(position)) == 1 else _FOUR


def boxes(position: Position) -> dict[Position, tuple[int, int, int, int]]:
    """Where each finger is drawn: left, top, right, bottom in pixels at 500 ppi."""
    width, height = size(position)
    fingers = fingers_of(position)
    step = width // len(fingers)
    return {f: (i * step + step // 8, height // 8, (i + 1) * step - step // 8, height * 4 // 5) for i, f in enumerate(fingers)}


def polygon(box: tuple[int, int, int, int]) -> tuple[Corner, ...]:
    """The corners of a box, clockwise from the upper left."""
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)


def draw(position: Position, ppi: int = 500, gone: frozenset[Position] = frozenset()) -> GrayImage:
    """The image of a position (rows, columns), without the fingers that are gone."""
    scale = ppi / 500
    width, height = (round(side * scale) for side in size(position))
    image = np.full((height, width), _WHITE, np.uint8)
    for finger, box in boxes(position).items():
        if finger not in gone:
            left, top, right, bottom = (round(edge * scale) for edge in box)
            image[top:bottom, left:right] = _oval(right - left, bottom - top, int(finger), scale)
    return _labelled(image, f"SPECIMEN FGP {position:02d} {position.words}", scale)


def encoded(position: Position, ppi: int, gone: frozenset[Position]) -> EncodedImage:
    """The same, coded for a record of that resolution. For a worker process."""
    return encode_print(draw(position, ppi, gone), ppi, ppi, SOFTWARE)


def encoded_palm(position: int) -> EncodedImage:
    """A palm at 500 ppi. For a worker process."""
    width, height = PALM_SIZE
    image = np.full((height, width), _WHITE, np.uint8)
    image[200 : height - 300, 200 : width - 200] = _oval(width - 400, height - 500, position, 1.0)
    return encode_print(_labelled(image, f"SPECIMEN PALM {position}", 1.0), 500, 500, SOFTWARE)


def photo_jpeg(words: str) -> bytes:
    """A color JPEG that says what it stands for. For a worker process."""
    width, height = PHOTO_SIZE
    across, down = np.meshgrid(np.linspace(60, 200, width), np.linspace(90, 220, height))
    pixels = np.dstack((across, down, np.full_like(across, 150))).astype(np.uint8)
    cv2.putText(pixels, f"SPECIMEN {words}", (20, height // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 20, 20), 2)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=85)
    return out.getvalue()


def _oval(width: int, height: int, seed: int, scale: float) -> GrayImage:
    """Ridges that bend around the middle, fading to white at the edge."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x - width / 2) / (width / 2), (y - height / 2) / (height / 2)
    bend = np.hypot(x - width * (0.4 + 0.02 * seed), (y - height * 0.55) * 0.8)
    ridges = 128 + 105 * np.sin(2 * np.pi * bend / (_PERIOD * scale) + seed)
    inside = np.clip((1 - np.hypot(u, v)) * 12, 0, 1)
    drawn: GrayImage = np.clip(ridges * inside + _WHITE * (1 - inside), 0, 255).astype(np.uint8)
    return drawn


def _labelled(image: GrayImage, text: str, scale: float) -> GrayImage:
    place = (round(10 * scale), image.shape[0] - round(20 * scale))
    cv2.putText(image, text.upper(), place, cv2.FONT_HERSHEY_SIMPLEX, 0.7 * scale, 0, max(1, round(2 * scale)))
    return image
