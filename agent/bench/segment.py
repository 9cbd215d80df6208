"""Slap segmentation against boxes drawn by a person or known from a generator: where, how many, which, and how long.

A true finger is found when an outline shares at least half of their union with it; its IoU is the best such share. What is named wrongly is
counted apart from what is not named: a wrong name is worse than none. Of slaps in which something else lies than was asked, the count and
the other hand are what must be recognised.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from agent.bench.slap_truth import SlapTruth, iou
from agent.errors import LivescanError
from agent.imaging.segment import Segmentation, expected_fingers, segment
from agent.model.impression import GrayImage

FOUND = 0.5  # IoU
REPEATS = 3  # of which the median time counts


@dataclass(frozen=True)
class Measured:
    """One slap."""

    image: str
    kind: str  # "asked", "few", "many", "other-hand"
    fingers: int  # that truly lie there
    ious: tuple[float, ...]  # of the fingers found
    named: int  # of them named, and rightly
    mislabelled: int
    extra: int  # outlines that are no finger of the truth
    recognised: bool  # as what it is
    other_hand: float  # 0..1
    ms: float  # by the clock
    cpu_ms: float  # of work

    @property
    def missed(self) -> int:
        return self.fingers - len(self.ious)


def measure(folder: Path, truths: Sequence[SlapTruth]) -> Iterator[Measured]:
    """Each slap in turn. Raises LivescanError when an image is not there."""
    for truth in truths:
        yield measured(read_image(folder / truth.image), truth)


def read_image(path: Path) -> GrayImage:
    """Raises LivescanError when there is no image that can be read."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"), np.uint8)
    except (OSError, ValueError) as error:
        raise LivescanError(
            f"'{path}' cannot be read as an image: {error}.", means="Nothing was measured.", do="Look at the file."
        ) from error


def measured(image: GrayImage, truth: SlapTruth) -> Measured:
    times = [_timed(image, truth) for _ in range(REPEATS)]
    found = times[0][0]
    return against(found, truth, *(sorted(values)[REPEATS // 2] for values in list(zip(*times, strict=True))[1:]))


def _timed(image: GrayImage, truth: SlapTruth) -> tuple[Segmentation, float, float]:
    """With milliseconds by the clock, and of this thread's own work, which other programs on the same cores do not lengthen as much."""
    began, worked = time.perf_counter(), time.thread_time()
    found = segment(image, truth.position, truth.missing, truth.ppi)
    return found, (time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000


def against(found: Segmentation, truth: SlapTruth, ms: float, cpu_ms: float) -> Measured:
    pairs = dict(_pairs(found, truth))
    names = {index: int(tip.finger) for index, tip in enumerate(found.fingertips)}
    right = sum(names.get(outline) == truth.boxes[box].finger for box, (outline, _) in pairs.items())
    kind = kind_of(truth)
    return Measured(
        truth.image,
        kind,
        len(truth.boxes),
        tuple(share for _, share in pairs.values()),
        right,
        len(names) - right,
        found.found - len(pairs),
        _recognised(found, kind),
        found.other_hand,
        ms,
        cpu_ms,
    )


def kind_of(truth: SlapTruth) -> str:
    wanted = expected_fingers(truth.position, truth.missing)
    there = {box.finger for box in truth.boxes}
    if there and not there & {int(finger) for finger in wanted}:
        return "other-hand"
    return "few" if len(truth.boxes) < len(wanted) else "many" if len(truth.boxes) > len(wanted) else "asked"


def _recognised(found: Segmentation, kind: str) -> bool:
    return {
        "asked": found.found == found.expected and not found.is_other_hand,
        "few": found.found < found.expected,
        "many": found.found > found.expected,
        "other-hand": found.is_other_hand,
    }[kind]


def _pairs(found: Segmentation, truth: SlapTruth) -> Iterator[tuple[int, tuple[int, float]]]:
    """Number of the true box to number of the outline and their IoU, best pairs first, each used once."""
    shares = sorted(
        ((iou(outline, box.polygon), b, o) for o, outline in enumerate(found.outlines) for b, box in enumerate(truth.boxes)), reverse=True
    )
    boxes, outlines = set(), set()
    for share, box, outline in shares:
        if share >= FOUND and box not in boxes and outline not in outlines:
            boxes.add(box)
            outlines.add(outline)
            yield box, (outline, share)


def summary(results: Sequence[Measured]) -> dict[str, Any]:
    """For `--json`: each kind of slap by itself; milliseconds over all."""
    kinds = {kind: _of_kind([one for one in results if one.kind == kind]) for kind in dict.fromkeys(one.kind for one in results)}
    return {"segment_ms": _spread([one.ms for one in results]), "segment_cpu_ms": _spread([one.cpu_ms for one in results]), "kinds": kinds}


def _spread(times: Sequence[float]) -> dict[str, float]:
    return {"median": _at(times, 50), "p95": _at(times, 95), "max": _at(times, 100)}


def _of_kind(some: Sequence[Measured]) -> dict[str, Any]:
    shares = [share for one in some for share in one.ious]
    fingers = sum(one.fingers for one in some)
    return {
        "slaps": len(some),
        "fingers": fingers,
        "found": len(shares),
        "found_and_named": sum(one.named for one in some),
        "missed": sum(one.missed for one in some),
        "extra": sum(one.extra for one in some),
        "mislabelled": sum(one.mislabelled for one in some),
        "recognised": sum(one.recognised for one in some),
        "iou": {"min": _at(shares, 0), "p5": _at(shares, 5), "median": _at(shares, 50)},
    }


def _at(values: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 3) if values else 0.0
