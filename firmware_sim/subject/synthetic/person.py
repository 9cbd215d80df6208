"""A synthetic person: ten fingers, laid down alone or together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from firmware_sim.subject.person import Asked, Gray, Touch, Way
from firmware_sim.subject.synthetic import impression
from firmware_sim.subject.synthetic.anatomy import LAYOUTS, Layout
from firmware_sim.subject.synthetic.fingers import Finger, draw


class SyntheticPerson:
    """`fingers` by position 1..10; the same touch always gives the same picture."""

    def __init__(self, seed: str, fingers: Mapping[int, Finger]) -> None:
        self.name = f"synthetic:{seed}"
        self.absent: Mapping[int, str] = {}
        self._seed = seed
        self._fingers = fingers
        self._made: dict[Asked, Touch] = {}

    def touch(self, asked: Asked) -> Touch | None:
        if asked not in self._made:
            self._made[asked] = Touch(asked.position, asked.way, len(asked.fingers), self._picture(asked))
        return self._made[asked]

    def _picture(self, asked: Asked) -> Gray:
        if asked.way is Way.ROLLED:
            return self._fingers[asked.position].rolled
        return impression.sensed(self._laid(LAYOUTS[asked.position], asked.fingers), draw(self._seed, 100 + asked.position))

    def _laid(self, layout: Layout, wanted: frozenset[int]) -> Gray:
        """Ink of the wanted fingers at their places."""
        sheet = np.zeros((layout.height, layout.width), np.uint8)
        for place in layout.places:
            if place.finger in wanted:
                _press(sheet, self._fingers[place.finger].plain, place.x, place.y)
        return sheet


def _press(sheet: Gray, ink: Gray, x: int, y: int) -> None:
    """Add a finger's ink around (x, y), as far as the sheet reaches."""
    top, left = y - ink.shape[0] // 2, x - ink.shape[1] // 2
    rows = slice(max(0, top), min(sheet.shape[0], top + ink.shape[0]))
    columns = slice(max(0, left), min(sheet.shape[1], left + ink.shape[1]))
    part = ink[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    sheet[rows, columns] = np.maximum(sheet[rows, columns], part)
