"""From a fingertip's picture to its template, by one of two extractors behind one interface.

    fast      MINDTCT through nbis-py: while the finger is on the glass
    accurate  LEADER through onnxruntime (extra `accurate`): background work, for the decision and the gallery

Both want one upright fingertip, at any resolution, and are made for worker processes. What the picture shows is never an error: a blank one
gives a template without minutiae, and `usable` says in words why a template cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.errors import LivescanError, UsageError
from agent.match.flow import flow_of
from agent.match.template import FLOW_STEP, MAX_MINUTIAE, MAX_SIDE, NO_FLOW, PPI, TURN, Template
from agent.model.impression import GrayImage

FEWEST = 5  # minutiae below which two prints can agree by chance alone
LEAST_RIDGES = 12  # places of the flow: 8 mm2 of ridges
RESOLUTIONS = (100, 2000)  # ppi that a sensor of fingers can have


@dataclass(frozen=True, eq=False)
class Minutiae:
    """As an extractor finds them, in pixels of the picture it was given (500 ppi)."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    radians: NDArray[np.float32]  # counter-clockwise from the x axis
    bifurcation: NDArray[np.bool_]
    quality: NDArray[np.float32]  # 0..1


class Extractor(Protocol):
    name: str
    version: int

    def find(self, image: GrayImage, flow: NDArray[np.uint8]) -> Minutiae:
        """Minutiae of a picture at 500 ppi whose ridges run like `flow` (as `Template.flow`); never raises for what it shows."""
        ...


def extract(image: GrayImage, extractor: Extractor, ppi: int = PPI) -> Template:
    """The template of one fingertip. Raises LivescanError for a picture that cannot be one: wrong resolution, size or kind."""
    print_ = at_500(image, ppi)
    flow = flow_of(print_)
    found = _strongest(_on_ridges(extractor.find(print_, flow), flow), MAX_MINUTIAE)
    return _template(extractor, print_, found, flow)


def usable(template: Template) -> str:
    """Why a template cannot be compared, in one sentence; empty if it can."""
    if not (template.flow != NO_FLOW).any():
        return "The picture shows no ridges."
    if int((template.flow != NO_FLOW).sum()) < LEAST_RIDGES:
        return "The picture shows too little of a finger."
    if len(template) < FEWEST:
        return f"Only {len(template)} minutiae were found; {FEWEST} are needed."
    return ""


def at_500(image: GrayImage, ppi: int) -> GrayImage:
    """The picture at 500 ppi. Raises LivescanError."""
    if image.ndim != 2 or image.dtype != np.uint8 or min(image.shape) < 2 * FLOW_STEP:
        raise _no_print(f"It is no 8-bit grey picture of at least {2 * FLOW_STEP} pixels a side")
    if not RESOLUTIONS[0] <= ppi <= RESOLUTIONS[1]:
        raise _no_print(f"No sensor has {ppi} ppi")
    if max(image.shape) * PPI > MAX_SIDE * ppi:
        raise _no_print(f"It is {image.shape[1]} x {image.shape[0]} pixels at {ppi} ppi: not one fingertip")
    if ppi == PPI:
        return image
    size = (max(1, round(image.shape[1] * PPI / ppi)), max(1, round(image.shape[0] * PPI / ppi)))
    way = cv2.INTER_AREA if ppi > PPI else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)


@lru_cache(maxsize=1)
def fast() -> Extractor:
    """MINDTCT of this process."""
    from agent.match.extract_mindtct import Mindtct  # noqa: PLC0415  what a process does not use, it does not load

    return Mindtct()


def accurate() -> Extractor | None:
    """LEADER of this process; None where the extra `accurate` is not installed."""
    from agent.match import extract_leader  # noqa: PLC0415

    return extract_leader.leader()


def has_accurate() -> bool:
    """Whether LEADER is installed, without loading it."""
    from agent.match import extract_leader  # noqa: PLC0415

    return extract_leader.is_there()


def best() -> tuple[Extractor, str]:
    """The accurate extractor, else the fast one with a sentence that says so."""
    found = accurate()
    return (found, "") if found else (fast(), "The extra 'accurate' is not installed: minutiae come from the fast extractor (MINDTCT).")


def choose(name: str) -> tuple[Extractor, str]:
    """'best', 'fast' or 'accurate', and a sentence where the best is not there. Raises UsageError."""
    if name not in {"best", "fast", "accurate"}:
        raise UsageError(f"There is no extractor '{name}'.", do="There are best, fast and accurate.")
    found, note = best() if name != "fast" else (fast(), "")
    if note and name == "accurate":
        raise UsageError("The extra 'accurate' is not installed.", do="pip install 'livescan-agent[accurate]', or ask for the fast one.")
    return found, note


def _on_ridges(found: Minutiae, flow: NDArray[np.uint8]) -> Minutiae:
    """Without what lies off the ridges: form lines, the platen's edge."""
    near = cv2.dilate((flow != NO_FLOW).astype(np.uint8), np.ones((3, 3), np.uint8))
    rows = np.clip(found.y.astype(int) // FLOW_STEP, 0, flow.shape[0] - 1)
    columns = np.clip(found.x.astype(int) // FLOW_STEP, 0, flow.shape[1] - 1)
    return _chosen(found, np.flatnonzero(near[rows, columns]))


def _strongest(found: Minutiae, most: int) -> Minutiae:
    """In the order of their quality; equals in the order of their place, so that the same picture gives the same bytes."""
    return _chosen(found, np.lexsort((found.x, found.y, -np.rint(100 * found.quality)))[:most])


def _chosen(found: Minutiae, which: NDArray[np.intp]) -> Minutiae:
    return Minutiae(found.x[which], found.y[which], found.radians[which], found.bifurcation[which], found.quality[which])


def _template(extractor: Extractor, print_: GrayImage, found: Minutiae, flow: NDArray[np.uint8]) -> Template:
    height, width = print_.shape
    return Template(
        extractor=extractor.name,
        version=extractor.version,
        width=width,
        height=height,
        x=np.clip(np.rint(found.x), 0, width - 1).astype(np.int16),
        y=np.clip(np.rint(found.y), 0, height - 1).astype(np.int16),
        direction=(np.rint(found.radians / (2 * np.pi) * TURN).astype(np.int64) % TURN).astype(np.uint8),
        bifurcation=found.bifurcation,
        quality=np.clip(np.rint(100 * found.quality), 0, 100).astype(np.uint8),
        flow=flow,
    )


def _no_print(why: str) -> LivescanError:
    return LivescanError(
        f"The picture cannot be a fingertip. {why}.", means="It was not compared.", do="Give one finger, and its true --ppi."
    )
