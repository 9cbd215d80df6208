"""What a finger leaves on the platen: its ridges seen through contact, bent skin, pressure and grain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from firmware_sim.subject.person import Gray
from firmware_sim.subject.synthetic.field import COLUMNS, ROWS, Floats, smooth_noise

BARE = 250  # grey level of the platen
SENSOR_NOISE = 4.0  # grey levels, standard deviation
DARKNESS = 200.0  # grey levels from bare to ridge
MOISTURE = -0.15  # towards 0: wetter, thicker ridges
EDGE = 40.0  # steepness of the contact's edge
MARGIN = 12  # pixels around the contact


@dataclass(frozen=True)
class Contact:
    """The area that touches: a superellipse."""

    half_width: float  # pixels
    half_height: float  # pixels
    exponent: float  # 2: ellipse; 4: nearly a rectangle, as a roll leaves
    turn: float  # degrees, counter-clockwise


def render(ridges: Floats, contact: Contact, random: Generator) -> Gray:
    """Ink 0 (bare) to 255, (ROWS, COLUMNS), without sensor noise."""
    shape = (ROWS, COLUMNS)
    seen = cv2.remap(ridges, *_bent(contact.turn, random), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    distance = _distance(contact) + 0.015 * smooth_noise(random, shape, 40)
    touching = 1 / (1 + np.exp(np.clip(EDGE * (distance - 1), -50, 50)))
    grain = smooth_noise(random, shape, 1.2)
    level = seen + MOISTURE + 0.15 * smooth_noise(random, shape, 50) - 0.5 * np.clip(distance - 0.75, 0, 1) + 0.47 * grain
    ridge = 1 / (1 + np.exp(-6 * level))
    ink = touching * ridge * DARKNESS * (1 + 0.13 * smooth_noise(random, shape, 45))
    return np.asarray(np.clip(cv2.GaussianBlur(ink, (0, 0), 0.9), 0, 255), np.uint8)


def cut(ink: Gray, contact: Contact) -> Gray:
    """The part of a rendered finger that holds its contact."""
    reach = abs(np.sin(np.radians(contact.turn)))
    half_width = round(contact.half_width + MARGIN + reach * 20)
    half_height = round(contact.half_height + MARGIN + reach * 20)
    return ink[max(0, ROWS // 2 - half_height) : ROWS // 2 + half_height, COLUMNS // 2 - half_width : COLUMNS // 2 + half_width]


def sensed(ink: Gray, random: Generator) -> Gray:
    """Ink as the sensor gives it: 0 = ridge, with noise."""
    noise = SENSOR_NOISE * random.standard_normal(ink.shape, np.float32)
    return np.clip(np.rint(BARE - ink.astype(np.float32) + noise), 0, 255).astype(np.uint8)


def _bent(turn: float, random: Generator) -> tuple[Floats, Floats]:
    """Where each pixel of the picture lies on the finger: turned, moved, and the skin pulled a little."""
    shape = (ROWS, COLUMNS)
    matrix = cv2.getRotationMatrix2D((COLUMNS / 2, ROWS / 2), turn, 1)
    matrix[:, 2] += random.uniform(-15, 15, 2)
    (a, b, c), (d, e, f) = cv2.invertAffineTransform(matrix)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
    pull_x, pull_y = (3 * smooth_noise(random, shape, 90) + 0.5 * smooth_noise(random, shape, 9) for _ in range(2))
    return (a * x + b * y + c + pull_x).astype(np.float32), (d * x + e * y + f + pull_y).astype(np.float32)


def _distance(contact: Contact) -> Floats:
    """1 on the edge of the contact, less inside."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
    x, y = np.abs(x - COLUMNS / 2) / contact.half_width, np.abs(y - ROWS / 2) / contact.half_height
    return np.asarray((x**contact.exponent + y**contact.exponent) ** (1 / contact.exponent), np.float32)
