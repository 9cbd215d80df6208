"""Accuracy and speed of the matcher on folders of labelled fingertips, pooled under one threshold, with NBIS beside it.

Genuine comparisons: all pairs of impressions of a finger. Impostor comparisons: all pairs of different fingers within a folder. Every print
takes part: one that shows nothing scores 0 and so counts as a false non-match. Speed is CPU time of one core.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cv2
import numpy as np

from agent.bench.match_files import Folder, Labelled, read_picture
from agent.bench.match_rates import Curve, Interval, Scores, curve, interval, rates
from agent.errors import LivescanError, UsageError
from agent.match.compare import Print, compare, prepare
from agent.match.extract import Extractor, choose, extract, usable
from agent.match.template import Template, parse

Tell = Callable[[str, int, int], None]  # what, done, of
Pair = tuple[int, int]  # numbers of two prints
_CHUNK = 400  # comparisons a job


@dataclass(frozen=True, eq=False)
class Result:
    """Of one matcher on all folders."""

    matcher: str
    scores: Scores
    curve: Curve
    interval: Interval
    template_ms: float  # CPU, mean
    comparisons_s: float  # a second and core
    pairs: tuple[tuple[Labelled, Labelled, float], ...] = field(repr=False)  # every comparison
    unusable: tuple[tuple[Labelled, str], ...] = ()  # prints that show too little, and why
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Rates from 0 to 1, intervals of 95 %."""
        found, spread = rates(self.curve), self.interval
        names = ("fnmr_1e2", "fnmr_1e3", "fnmr_1e4")
        return {
            "genuine": len(self.scores.genuine),
            "impostor": len(self.scores.impostor),
            "eer": round(found.eer, 6),
            **{name: round(value, 6) for name, value in zip(names, found.fnmr, strict=True)},
            "template_ms": round(self.template_ms, 2),
            "comparisons_s": round(self.comparisons_s, 1),
            "extractor": self.matcher,
            "intervals_95": {"eer": spread.eer, **dict(zip(names, spread.fnmr, strict=True))},
            "fingers": self.scores.fingers,
            "unusable": len(self.unusable),
            "note": self.note,
        }


def measure(folders: Sequence[Folder], extractor: str, tell: Tell) -> Result:
    """Our matcher on all folders; `extractor` is 'best', 'fast' or 'accurate'."""
    prints = [one for folder in folders for one in folder.prints]
    with start_pool() as pool:
        made = list(_told(pool.map(partial(_template, extractor), prints, chunksize=4), "templates", len(prints), tell))
    templates = [data for data, _ms, _why in made]
    genuine, impostor = pairs_of(folders)
    with start_pool(_receive, (templates,)) as pool:
        values, spent = compare_all(pool, _scores, genuine + impostor, tell)
    name = parse(templates[0]).extractor
    unusable = tuple((one, why) for one, (_data, _ms, why) in zip(prints, made, strict=True) if why)
    mean_ms = sum(ms for _data, ms, _why in made) / len(made)
    return summarise(name, folders, values, (mean_ms, len(values) / max(spent, 1e-9)), unusable)


def summarise(
    matcher: str,
    folders: Sequence[Folder],
    values: list[float],
    speed: tuple[float, float],
    unusable: tuple[tuple[Labelled, str], ...] = (),
) -> Result:
    """Rates of scores given in the order of `pairs_of`."""
    prints = [one for folder in folders for one in folder.prints]
    genuine, impostor = pairs_of(folders)
    finger = _numbers(folders)
    scores = Scores(
        np.array(values[: len(genuine)], float),
        finger[np.array(genuine, int).reshape(-1, 2)[:, 0]],
        np.array(values[len(genuine) :], float),
        finger[np.array(impostor, int).reshape(-1, 2)],
        int(finger.max()) + 1,
    )
    listed = tuple((prints[i], prints[j], value) for (i, j), value in zip(genuine + impostor, values, strict=True))
    return Result(matcher, scores, curve(scores.genuine, scores.impostor), interval(scores), *speed, listed, unusable)


def pairs_of(folders: Sequence[Folder]) -> tuple[list[Pair], list[Pair]]:
    """Genuine and impostor pairs, prints numbered over all folders. Raises UsageError where there are none of a kind."""
    genuine: list[Pair] = []
    impostor: list[Pair] = []
    first = 0
    for folder in folders:
        for (i, a), (j, b) in itertools.combinations(enumerate(folder.prints, first), 2):
            (genuine if a.finger == b.finger else impostor).append((i, j))
        first += len(folder.prints)
    if not genuine:
        raise UsageError("No finger has two impressions.", do="Name the files F_I.ext: finger F, impression I.")
    return genuine, impostor


def _numbers(folders: Sequence[Folder]) -> Any:
    """(prints,) the number of each print's finger, over all folders."""
    seen: dict[tuple[int, str], int] = {}
    return np.array([seen.setdefault((n, one.finger), len(seen)) for n, folder in enumerate(folders) for one in folder.prints])


def start_pool(start: Callable[..., None] | None = None, given: tuple[Any, ...] = ()) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(len(os.sched_getaffinity(0)), context, initializer=_calm, initargs=(start, given))


def _calm(start: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    """One thread a worker."""
    cv2.setNumThreads(1)
    if start:
        start(*given)


def _told(results: Iterator[Any], what: str, of: int, tell: Tell, each: int = 1) -> Iterator[Any]:
    for done, one in enumerate(results, 1):
        tell(what, min(done * each, of), of)
        yield one


def _template(extractor: str, one: Labelled) -> tuple[bytes, float, str]:
    """In a worker: the template, milliseconds of CPU for it, and why it is of no use."""
    picture, found = read_picture(one.path), choose(extractor)[0]
    started = time.process_time()
    try:
        made = extract(picture, found, one.ppi)
    except LivescanError as refused:
        return _nothing(found).serialise(), 0.0, refused.what
    return made.serialise(), (time.process_time() - started) * 1000, usable(made)


def _nothing(extractor: Extractor) -> Template:
    """In the place of a picture that could not be one fingertip."""
    return extract(np.full((64, 64), 255, np.uint8), extractor)


_held: list[Print] = []  # of a worker process


def _receive(templates: list[bytes]) -> None:
    _held[:] = [prepare(parse(data)) for data in templates]


def _scores(pairs: list[Pair]) -> tuple[list[float], float]:
    """In a worker: scores, and seconds of CPU for them."""
    started = time.process_time()
    return [compare(_held[i], _held[j]).raw for i, j in pairs], time.process_time() - started


def compare_all(
    pool: ProcessPoolExecutor, work: Callable[[list[Pair]], tuple[list[float], float]], pairs: list[Pair], tell: Tell
) -> tuple[list[float], float]:
    """Scores in the order of the pairs, and seconds of CPU."""
    jobs = [pairs[at : at + _CHUNK] for at in range(0, len(pairs), _CHUNK)]
    done = list(_told(pool.map(work, jobs), "comparisons", len(pairs), tell, _CHUNK))
    return [value for values, _ in done for value in values], sum(spent for _, spent in done)
