"""The attempts at one position: which are kept, which is the best, and each finger's best.

A position is sent as ONE image. A slap whose fingers are best in different attempts is not put together from them: EBTS 11.0 appendix F and
section 3.8.4 want the fingers of a slap taken at one time. So two choices are made:

- *of the image*: the attempt whose worst finger is the best of all attempts' worst (`agent.quality.verdict.rank`). It alone is in the
  transaction, and its segments (14.021 SEG, 14.025 ASEG) and scores (14.024 FQM) are those of that image.
- *of each finger*: the attempt in which that finger came out best. It is what the officer sees beside the image: "the ring finger was
  better in attempt 2" says that one more try may give both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agent.model.fingers import Position
from agent.model.impression import FingerQuality, Impression
from agent.quality.verdict import rank

KEPT = 3  # attempts of one position that stay comparable


def best_first(attempts: Iterable[Impression]) -> list[Impression]:
    """By the image that would be sent; of two alike the earlier."""
    return sorted(attempts, key=lambda attempt: rank(attempt.quality), reverse=True)


def given_up(attempts: Sequence[Impression]) -> int | None:
    """The number of the attempt that makes room for another, the worst of them; None while there is room."""
    return best_first(attempts)[-1].attempt if len(attempts) >= KEPT else None


def best_fingers(attempts: Iterable[Impression]) -> Mapping[Position, tuple[int, FingerQuality]]:
    """Of each finger the attempt in which it scored best, and what it scored."""
    best: dict[Position, tuple[int, FingerQuality]] = {}
    for attempt in attempts:
        for finger, quality in (attempt.quality.fingers if attempt.quality else {}).items():
            if finger not in best or _score(quality) > _score(best[finger][1]):
                best[finger] = (attempt.attempt, quality)
    return best


def _score(quality: FingerQuality) -> int:
    return -1 if quality.nfiq2 is None else quality.nfiq2
