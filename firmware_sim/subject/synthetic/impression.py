"""What a finger leaves on the platen: its ridges seen through bent skin, contact, pressure, moisture and grain.

Ink of a place = logistic(slope x (ridge + how thick + grain - edge)) x darkness. In a random search over 116 settings of the skin, grain
alone went with NFIQ 2 (correlation 0.94; thickness -0.21, slope and mottle near 0): prints that are too clean score low.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator

from firmware_sim.subject.condition import GOOD, Condition, Part
from firmware_sim.subject.person import Gray
from firmware_sim.subject.synthetic.field import COLUMNS, ROWS
from firmware_sim.subject.synthetic.noise import Floats, smooth_noise

BARE = 250  # grey level of the platen
SENSOR_NOISE = 4.0  # grey levels, standard deviation
DARKNESS = 200.0  # grey levels from bare to ridge
MARGIN = 24  # pixels around the contact
BLUNTER = 1.2  # how much more the lower half of a contact is like a rectangle


@dataclass(frozen=True)
class Skin:
    """What stays the same in all impressions of a finger. The defaults are the middle of what `anatomy.draw_skin` gives."""

    thickness: float = -0.29  # of ridges: higher is thicker
    grain: float = 0.56  # roughness
    slope: float = 5.2  # from valley to ridge
    mottle: float = 0.12  # how much darkness varies over the finger


@dataclass(frozen=True)
class Contact:
    """The area that touches: a superellipse, blunter at the bottom than at the top."""

    half_width: float  # pixels
    half_height: float  # pixels
    exponent: float  # 2: ellipse; 4: nearly a rectangle, as a roll leaves
    turn: float = 0.0  # degrees, counter-clockwise
    shift: tuple[float, float] = (0.0, 0.0)  # pixels, of the skin under the contact
    flat: float = 0.0  # 1: skin of a round finger pressed flat; 0: unrolled

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the picture that holds it: twice the reach of the turned superellipse, and a margin."""
        dual = (self.exponent + BLUNTER) / (self.exponent + BLUNTER - 1)
        cosine, sine = abs(math.cos(math.radians(self.turn))), abs(math.sin(math.radians(self.turn)))
        wide = ((self.half_width * cosine) ** dual + (self.half_height * sine) ** dual) ** (1 / dual)
        high = ((self.half_width * sine) ** dual + (self.half_height * cosine) ** dual) ** (1 / dual)
        return 2 * round(high + MARGIN), 2 * round(wide + MARGIN)

    def grid(self) -> tuple[Floats, Floats]:
        """x and y of each pixel from the middle, along the axes of the finger."""
        rows, columns = self.size
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
        x, y = x - (columns - 1) / 2, y - (rows - 1) / 2
        cosine, sine = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        return (cosine * x - sine * y).astype(np.float32), (sine * x + cosine * y).astype(np.float32)


def under(contact: Contact, how: Condition) -> Contact:
    """The contact in a condition: harder is larger."""
    grown = 1 + (0.07 if how.pressure > 0 else 0.22) * how.pressure
    return replace(contact, half_width=contact.half_width * grown, half_height=contact.half_height * grown)


def render(ridges: Floats, contact: Contact, skin: Skin, random: Generator, how: Condition = GOOD) -> Gray:
    """Ink 0 (bare) to 255 of `contact.size`, without sensor noise. `ridges`: (ROWS, COLUMNS), ridge 1, valley -1."""
    contact = under(contact, how)
    shape = contact.size
    seen = cv2.remap(ridges, *_bent(contact, random), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    seen = seen * (1 - how.wear * np.clip(0.85 + 0.4 * smooth_noise(random, shape, 30), 0.1, 1.1))
    level = seen + _thickness(skin, how, shape, random) + _grain(skin, how) * smooth_noise(random, shape, 1.2)
    level -= 1.7 * _away(contact, how, random)
    ridge = 1 / (1 + np.exp(-skin.slope * level))
    mottled = 1 + (skin.mottle + 0.25 * max(0.0, -how.moisture)) * smooth_noise(random, shape, 45)
    ink = ridge * _darkness(how) * np.clip(mottled, 0.3, 1.25)
    return np.asarray(np.clip(cv2.GaussianBlur(ink, (0, 0), 0.9 + 0.6 * max(0.0, how.moisture)), 0, BARE), np.uint8)


def sensed(ink: Gray, random: Generator, noise: float = 0.0) -> Gray:
    """Ink as the sensor gives it: 0 = ridge. `noise` 0..1 comes on top of the normal."""
    grain = (SENSOR_NOISE + 22 * noise) * random.standard_normal(ink.shape, np.float32)
    return np.clip(np.rint(BARE - ink.astype(np.float32) + grain), 0, 255).astype(np.uint8)


def _darkness(how: Condition) -> float:
    light = 0.62 * max(0.0, -how.pressure) + 0.3 * max(0.0, -how.moisture)
    return DARKNESS * (1 + 0.2 * max(0.0, how.pressure) + 0.15 * max(0.0, how.moisture)) * (1 - min(0.85, light))


def _thickness(skin: Skin, how: Condition, shape: tuple[int, int], random: Generator) -> Floats:
    """Dry skin touches in patches; wet or hard pressed skin fills its valleys in patches."""
    bias = skin.thickness + 0.75 * how.pressure * (how.pressure > 0) + 0.3 * min(0.0, how.pressure)
    even = bias + 0.15 * smooth_noise(random, shape, 50)
    patches = smooth_noise(random, shape, 16)
    if how.moisture < 0:
        return np.asarray(even + how.moisture * (0.45 + 0.6 * np.clip(patches, -0.5, 2)), np.float32)
    return np.asarray(even + how.moisture * (0.75 + 0.6 * np.clip(patches, -0.5, 2)), np.float32)


def _grain(skin: Skin, how: Condition) -> float:
    return skin.grain * (1 + 0.6 * max(0.0, -how.moisture) - 0.35 * max(0.0, how.moisture))


def _away(contact: Contact, how: Condition, random: Generator) -> Floats:
    """0 where the skin is pressed on, growing outwards from the edge of the contact, where ridges thin and break."""
    shape = contact.size
    ragged = 0.022 * smooth_noise(random, shape, 40) + 0.02 * smooth_noise(random, shape, 9)
    distance = _distance(contact, _touching_part(contact, how)) + ragged
    return np.asarray(np.clip((distance - 0.93) * 14, 0, 4), np.float32)


def _touching_part(contact: Contact, how: Condition) -> tuple[float, float, float, float]:
    """Middle and half size, x and y, of what touches when only a part does."""
    width, height, lost = contact.half_width, contact.half_height, how.partial
    along = {Part.TIP: (0, -1), Part.BASE: (0, 1), Part.LEFT: (-1, 0), Part.RIGHT: (1, 0)}[how.part]
    half_width = width * (1 - lost * (abs(along[0]) + 0.25 * abs(along[1])))
    half_height = height * (1 - lost * (abs(along[1]) + 0.25 * abs(along[0])))
    return along[0] * (width - half_width), along[1] * (height - half_height), half_width, half_height


def _distance(contact: Contact, part: tuple[float, float, float, float]) -> Floats:
    """1 on the edge of the contact, less inside. The lower half is blunter."""
    x, y = contact.grid()
    middle_x, middle_y, half_width, half_height = part
    x, y = np.abs(x - middle_x) / half_width, (y - middle_y) / half_height
    e = contact.exponent
    top = (x**e + np.abs(y) ** e) ** (1 / e)
    blunt = e + BLUNTER
    bottom = (x**blunt + np.abs(y) ** blunt) ** (1 / blunt)
    return np.asarray(np.where(y < 0, top, bottom), np.float32)


def _bent(contact: Contact, random: Generator) -> tuple[Floats, Floats]:
    """Where each pixel of the picture lies on the finger: turned, moved, stretched, twisted, and pulled a little."""
    shape = contact.size
    x, y = contact.grid()
    stretch_x, stretch_y, shear = 1 + random.normal(0, 0.008), 1 + random.normal(0, 0.008), random.normal(0, 0.008)
    flattened = 1 + contact.flat * 0.05 * np.clip(x / 200, -1.2, 1.2) ** 2
    twist = np.clip(random.normal(0, 0.012) * (x * x + y * y) / 200**2, -0.06, 0.06)
    u, v = x * stretch_x * flattened + shear * y, y * stretch_y
    u, v = u - twist * v, v + twist * u
    pull_x, pull_y = (2.5 * smooth_noise(random, shape, 90) + 0.45 * smooth_noise(random, shape, 9) for _ in range(2))
    on_x = u + contact.shift[0] + pull_x + COLUMNS / 2
    on_y = v + contact.shift[1] + pull_y + ROWS / 2
    return on_x.astype(np.float32), on_y.astype(np.float32)
