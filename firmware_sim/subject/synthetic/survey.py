"""Measures synthetic people: `python -m firmware_sim.subject.synthetic.survey --people 20 --out docs/reports`.

Writes `synthetic.json` and the histograms `synthetic-scores.svg`, `synthetic-nfiq2.svg`, `synthetic-minutiae.svg`, and prints a table.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from firmware_sim.subject.person import Asked, Gray, Way
from firmware_sim.subject.synthetic import scoring
from firmware_sim.subject.synthetic.fingers import make_finger, traits_of
from firmware_sim.subject.synthetic.histogram import Series, histogram
from firmware_sim.subject.synthetic.person import SyntheticPerson

KINDS = {"plain": (Way.PLAIN, 0), "retake": (Way.PLAIN, 1), "rolled": (Way.ROLLED, 0)}
Values = dict[str, list[int]]


@dataclass(frozen=True, eq=False)
class Sample:
    person: int
    finger: int
    pattern: str
    pictures: Mapping[str, Gray]  # by kind
    nfiq2: Mapping[str, int]
    seconds: float  # of a core, to make the finger


def sample(task: tuple[str, int, int]) -> Sample:
    prefix, person, finger = task
    seed, begin = f"{prefix}{person}", time.process_time()
    made = make_finger(seed, finger)
    seconds = time.process_time() - begin
    one = SyntheticPerson(seed, {finger: made})
    pictures = {kind: _picture(one, Asked(way, finger, frozenset({finger}), attempt)) for kind, (way, attempt) in KINDS.items()}
    scores = {kind: scoring.nfiq2(picture) for kind, picture in pictures.items()}
    return Sample(person, finger, traits_of(seed, finger).pattern.value, pictures, scores, seconds)


def _picture(person: SyntheticPerson, asked: Asked) -> Gray:
    touch = person.touch(asked)
    assert touch is not None, "the finger asked for was grown"
    return touch.pixels


def measure(samples: Sequence[Sample]) -> dict[str, Values]:
    """NFIQ 2, minutiae and BOZORTH3 scores by kind."""
    found = {(s.person, s.finger, kind): scoring.minutiae(s.pictures[kind]) for s in samples for kind in KINDS}
    nfiq2 = {kind: [s.nfiq2[kind] for s in samples] for kind in KINDS}
    minutiae = {kind: [len(one.get()) for key, one in found.items() if key[2] == kind] for kind in KINDS}
    return {"nfiq2": nfiq2, "minutiae": minutiae, "bozorth3": _scores(samples, found)}


def _scores(samples: Sequence[Sample], found: Mapping[tuple[int, int, str], Any]) -> Values:
    """Impostors: every pair of people on the same finger, and every pair of fingers of one person."""
    people, fingers = sorted({s.person for s in samples}), sorted({s.finger for s in samples})
    both = [(s.person, s.finger) for s in samples]
    others = [((a, f), (b, f)) for f in fingers for a, b in itertools.combinations(people, 2)]
    own = [((p, f), (p, g)) for p in people for f, g in itertools.permutations(fingers, 2)]
    return {
        "genuine plain-retake": [found[*k, "plain"].compare(found[*k, "retake"]) for k in both],
        "genuine plain-rolled": [found[*k, "plain"].compare(found[*k, "rolled"]) for k in both],
        "impostor other person": [found[*a, "plain"].compare(found[*b, "rolled"]) for a, b in others],
        "impostor own other finger": [found[*a, "plain"].compare(found[*b, "rolled"]) for a, b in own],
    }


def summary(values: Sequence[int]) -> dict[str, float]:
    low, p1, middle, p99, high = (float(v) for v in np.percentile(values, (0, 1, 50, 99, 100)))
    return {"n": len(values), "min": low, "p1": p1, "median": middle, "mean": round(float(np.mean(values)), 1), "p99": p99, "max": high}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="survey")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--prefix", default="survey-")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    tasks = [(options.prefix, person, finger) for person in range(options.people) for finger in range(1, 11)]
    with multiprocessing.get_context("forkserver").Pool(len(os.sched_getaffinity(0)), initializer=_calm) as pool:
        samples = pool.map(sample, tasks, chunksize=1)
    measured = measure(samples)
    _write(options.out, samples, measured)
    return 0


def _calm() -> None:
    cv2.setNumThreads(1)


def _write(out: Path, samples: Sequence[Sample], measured: Mapping[str, Values]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    tables = {what: {kind: summary(values) for kind, values in kinds.items()} for what, kinds in measured.items()}
    patterns = {pattern: sum(s.pattern == pattern for s in samples) for pattern in sorted({s.pattern for s in samples})}
    sixty = {kind: sum(s.nfiq2[kind] >= 60 for s in samples) for kind in KINDS}
    below = [(s.person, s.finger, s.pattern, s.nfiq2["plain"]) for s in samples if s.nfiq2["plain"] < 60]
    seconds = round(float(np.mean([s.seconds for s in samples])), 2)
    told = {
        "fingers": len(samples),
        "patterns": patterns,
        "sixty or more": sixty,
        "plain below sixty": below,
        "core seconds a finger": seconds,
    }
    (out / "synthetic.json").write_text(json.dumps(told | tables, indent=1) + "\n")
    sys.stdout.write(json.dumps(told | tables) + "\n")
    for what, name, unit in (
        ("bozorth3", "scores", "BOZORTH3 score"),
        ("nfiq2", "nfiq2", "NFIQ 2"),
        ("minutiae", "minutiae", "MINDTCT minutiae"),
    ):
        series = [Series(kind, values) for kind, values in measured[what].items()]
        (out / f"synthetic-{name}.svg").write_text(histogram(series, unit))


if __name__ == "__main__":
    sys.exit(main())
