"""What the worker processes do with a capture's image: cut it up, and read one fingertip. Knows no device and no loop.

A slap goes to one process to be cut and its fingertips to all of them: its verdict comes in half the time. NFIQ 2 finds minutiae on its
way; they are the ones that the sequence check compares, so that they cost nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.imaging.segment import Fingertip
from agent.match.compare import Print, prepare
from agent.match.extract import Minutiae, extract, fast, usable
from agent.match.extract_mindtct import as_minutiae
from agent.model.fingers import Position
from agent.model.impression import FingerQuality, GrayImage, ImpressionKind
from agent.quality.assess import Asked, Cut, cut_up
from agent.quality.engine import NbisEngine, Reading, trimmed
from agent.quality.measures import Measures, measure

FEWEST_PIXELS = 64  # a side, below which a fingertip is not compared


@dataclass(frozen=True, eq=False)
class TipRead:
    """One fingertip, read."""

    quality: FingerQuality
    measures: Measures
    print_: Print | None  # None where it shows too little to be compared


@dataclass(frozen=True, eq=False)
class RollRead:
    """A roll, read in one go: there is one fingertip, so there is nothing to share out."""

    cut: Cut
    tips: tuple[TipRead, ...]  # of its one fingertip, or none
    print_: Print | None


def read_tip(tip: Fingertip, ppi: int) -> TipRead:
    """About 0.13 s of CPU, 0.2 s of a roll's."""
    reading = NbisEngine().read(tip.pixels, ppi)
    return TipRead(reading.quality, measure(tip.pixels, ppi), _print_of(reading))


def read_roll(image: GrayImage, asked: Asked) -> RollRead:
    """About 0.25 s of CPU. Where no fingertip is made out, what can be compared is looked for in the whole picture."""
    cut = cut_up(image, asked)
    tips = tuple(read_tip(tip, asked.ppi) for tip in cut.tips)
    return RollRead(cut, tips, tips[0].print_ if tips else read_print(image, asked.ppi))


def read_prints(image: GrayImage, asked: Asked) -> dict[Position, Print]:
    """Of a stored impression what can be compared, and nothing else: by finger. About 0.25 s of CPU for a slap."""
    found = {tip.finger: read_print(tip.pixels, asked.ppi) for tip in cut_up(image, asked).tips}
    if asked.kind is ImpressionKind.ROLLED and not found:
        found = {asked.position: read_print(image, asked.ppi)}
    return {finger: one for finger, one in found.items() if one is not None}


def read_print(image: GrayImage, ppi: int) -> Print | None:
    """A whole impression of one finger, for comparing."""
    seen = trimmed(image)
    if min(seen.shape, default=0) < FEWEST_PIXELS:
        return None
    template = extract(seen, fast(), ppi)
    return None if usable(template) else prepare(template)


def _print_of(reading: Reading) -> Print | None:
    if reading.minutiae is None or min(reading.pixels.shape) < FEWEST_PIXELS:
        return None
    template = extract(reading.pixels, _Found(reading.minutiae))
    return None if usable(template) else prepare(template)


class _Found:
    """An extractor that has already found: the same minutiae as `extract.fast` finds in the same picture."""

    def __init__(self, minutiae: Any) -> None:
        self.name, self.version = fast().name, fast().version
        self._minutiae = minutiae

    def find(self, image: GrayImage, flow: NDArray[np.uint8]) -> Minutiae:
        del image, flow
        return as_minutiae(self._minutiae)
