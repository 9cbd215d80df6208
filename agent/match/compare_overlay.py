"""Laying one print on the other by the pairs that were chosen, and looking again: what else fits, what should be there and is not.

    chosen pairs ─▶ bending map ─▶ minutiae laid over ─▶ pairs found anew · what both prints show

The map is a moving rigid one (Schaefer, McPhail, Warren, "Image deformation using moving least squares", SIGGRAPH 2006): each place is
turned and moved as the pairs around it were, nearer ones counting more, so bent skin is followed and nothing is stretched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.match.compare_pairs import Floats, Index, Pairs, Print
from agent.match.template import FLOW_STEP, NO_FLOW, Template

FEW = 9.0  # square of as many minutiae as prove little
AROUND = 40.0  # pixels at which a pair counts half as much as one close by
NEAR = 11.0  # pixels that a minutia may lie beside its partner after laying over
TURNED = 0.87  # cosine of how far it may be turned: 30 degrees
Places = NDArray[np.complex64]


@dataclass(frozen=True, eq=False)
class Overlay:
    """What is seen with print a laid on print b."""

    pairs: Index  # (m, 2) minutiae of a and b that lie on each other
    near: Floats  # (m,) 0..1, how exactly they lie on each other
    shown_a: float  # minutiae of a where b shows ridges, by their quality
    shown_b: float

    @property
    def cover(self) -> float:
        """About 0..1: of the minutiae that both prints should show, how many are paired; of very few, less.

        A pair counts in full however faint its minutiae; one that is missing counts as much as it is sure.
        """
        return float(self.near.sum() / np.sqrt(max(self.shown_a * self.shown_b, 1.0) + FEW))


def lay_over(a: Print, b: Print, chosen: Pairs) -> Overlay:
    """About 0.1 ms. Needs at least two pairs."""
    from_a, from_b = a.places[chosen.a], b.places[chosen.b]
    on_b, turn = bend(a.places, from_a, from_b, chosen.support)
    on_a, _ = bend(b.places, from_b, from_a, chosen.support)
    pairs, near = _lying_on(on_b, a.heading * turn, b)
    shown_a = _shown(on_b, a.template, b.template)
    shown_b = _shown(on_a, b.template, a.template)
    return Overlay(pairs, near, shown_a, shown_b)


def shared_area(a: Print, b: Print, chosen: Pairs) -> int:
    """Places of the flow (each 16 x 16 pixels) that both show, when a is laid on b by the pairs."""
    rows, columns = np.nonzero(a.template.flow != NO_FLOW)
    places = ((columns + 0.5) * FLOW_STEP - 1j * (rows + 0.5) * FLOW_STEP).astype(np.complex64)
    laid, _ = bend(places, a.places[chosen.a], b.places[chosen.b], chosen.support)
    return int((_flow_at(laid, b.template) != NO_FLOW).sum())


def bend(places: Places, before: Places, after: Places, weight: Floats) -> tuple[Places, Places]:
    """Where places go, and by how much they are turned there (unit), when `before` go to `after`."""
    away = places[:, None] - before[None, :]
    share = weight / (away.real**2 + away.imag**2 + np.float32(AROUND**2))
    share = share / share.sum(1, keepdims=True)
    middle, goal = share @ before, share @ after
    turn = (share * (before[None, :] - middle[:, None]).conj() * (after[None, :] - goal[:, None])).sum(1)
    turn = turn / np.maximum(np.abs(turn), 1e-9)
    return goal + turn * (places - middle), turn


def _lying_on(places: Places, heading: Places, b: Print) -> tuple[Index, Floats]:
    """Pairs that are each other's nearest, near enough and turned alike."""
    away = places[:, None] - b.places[None, :]
    distance = away.real**2 + away.imag**2
    distance[(heading[:, None] * b.heading.conj()[None, :]).real < TURNED] = np.inf
    to_b, to_a = distance.argmin(1), distance.argmin(0)
    rows = np.arange(len(places))
    least = distance[rows, to_b]
    mutual = (to_a[to_b] == rows) & (least < NEAR**2)
    return np.stack([rows[mutual], to_b[mutual]], 1), np.exp(-least[mutual] / np.float32(NEAR**2)).astype(np.float32)


def _shown(places: Places, own: Template, other: Template) -> float:
    """Sum of the quality of the minutiae that lie where the other print shows ridges."""
    inside = _flow_at(places, other) != NO_FLOW
    return float((own.quality[: len(places)] * inside).sum()) / 100.0


def _flow_at(places: Places, template: Template) -> NDArray[np.uint8]:
    """The flow under places; NO_FLOW outside of the print."""
    rows, columns = np.floor(-places.imag / FLOW_STEP).astype(np.intp), np.floor(places.real / FLOW_STEP).astype(np.intp)
    height, width = template.flow.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found = template.flow[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.where(inside, found, np.uint8(NO_FLOW))
