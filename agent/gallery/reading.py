"""What the background's worker process does for the gallery: cut plain impressions into tips, make templates, compare a few people in full.

A process of its own, not one of those that judge the finger on the glass: a verdict never waits for it, and it runs at low priority. LEADER
takes a third to half a second of CPU for a tip, so every tip is a job of its own.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from agent.capture.reading import FEWEST_PIXELS
from agent.errors import LivescanError
from agent.match.compare import compare
from agent.match.extract import best, extract
from agent.match.fused import Fused, Templates, finalists, ready
from agent.match.shortlist import Compact, compact
from agent.match.template import Template
from agent.model.fingers import Position
from agent.model.impression import GrayImage, ImpressionKind
from agent.quality.assess import Asked, cut_up
from agent.quality.engine import trimmed

NICE = 10  # below whatever a person waits for


@lru_cache(maxsize=1)
def calm() -> None:
    """Once in a worker process. The shipped unit lets none change its priority (SystemCallFilter=~@resources): then it keeps its own."""
    if multiprocessing.parent_process() is not None:
        with suppress(PermissionError):
            os.nice(NICE)


def cut_tips(image: GrayImage, asked: Asked) -> dict[Position, GrayImage]:
    """The fingertips of a stored impression; none where they cannot be told apart."""
    calm()
    if asked.kind is ImpressionKind.ROLLED:
        return {asked.position: trimmed(image)}
    return {tip.finger: tip.pixels for tip in cut_up(image, asked).tips}


def template_of(tip: GrayImage, ppi: int) -> Template | None:
    """By the best extractor there is; None for what cannot be a fingertip at all."""
    calm()
    if min(tip.shape, default=0) < FEWEST_PIXELS:
        return None
    try:
        return extract(tip, best()[0], ppi)
    except LivescanError:
        return None


def template_of_picture(picture: GrayImage, ppi: int) -> Template | None:
    """Of a picture of one fingertip, with whatever stands around it; None where it shows none."""
    calm()
    return template_of(trimmed(picture), ppi)


def small_of(templates: Templates) -> Compact | None:
    calm()
    return compact(templates)


def compare_near(probe: Templates, small: Compact, others: Mapping[int, Templates]) -> dict[int, Fused]:
    """The likeliest of the shortlist. About 0.4 s."""
    calm()
    return finalists(ready(probe), small.fingers.keys(), others)


def compare_officers(probe: Templates, officers: Mapping[str, Templates]) -> dict[str, dict[Position, float]]:
    """Each finger against every finger of each officer, whatever it is called: the most alike, in decades."""
    calm()
    mine = ready(probe)
    theirs = {officer: list(ready(one).values()) for officer, one in officers.items()}
    return {
        officer: {
            finger: max((compare(one, other).score for other in fingers if other.template.same_make == one.template.same_make), default=0.0)
            for finger, one in mine.items()
        }
        for officer, fingers in theirs.items()
    }
