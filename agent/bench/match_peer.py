"""The peer: NIST's MINDTCT and BOZORTH3 through nbis-py, on the same pictures and pairs in the same run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import nbis

from agent.bench import match
from agent.bench.match_files import Folder, Labelled, read_picture
from agent.errors import LivescanError
from agent.match.extract import at_500
from agent.match.extract_mindtct import Mindtct

NAME = "nbis"


def measure(folders: Sequence[Folder], tell: match.Tell) -> match.Result:
    prints = [one for folder in folders for one in folder.prints]
    genuine, impostor = match.pairs_of(folders)
    with match.start_pool(_receive, (prints,)) as pool:
        values, spent = match.compare_all(pool, _scores, genuine + impostor, tell)
        mean_ms = pool.submit(partial(_spent, prints[:20])).result()
    return match.summarise(NAME, folders, values, (mean_ms, len(values) / max(spent, 1e-9)))


_held: list[Any] = []  # of a worker process: NBIS's own objects cannot cross


def _receive(prints: list[Labelled]) -> None:
    extractor = Mindtct()
    _held[:] = [_read(extractor, one) for one in prints]


def _read(extractor: Mindtct, one: Labelled) -> Any:
    try:
        return extractor.read(at_500(read_picture(one.path), one.ppi))
    except LivescanError:
        return None


def _scores(pairs: list[match.Pair]) -> tuple[list[float], float]:
    started = time.process_time()
    return [_bozorth(_held[i], _held[j]) for i, j in pairs], time.process_time() - started


def _bozorth(a: Any, b: Any) -> float:
    """0 where there is nothing to compare."""
    if a is None or b is None:
        return 0.0
    try:
        return float(a.compare(b))
    except nbis.NbisError:
        return 0.0


def _spent(prints: Sequence[Labelled]) -> float:
    """Mean milliseconds of CPU for a template."""
    extractor = Mindtct()
    pictures = [at_500(read_picture(one.path), one.ppi) for one in prints]
    started = time.process_time()
    for picture in pictures:
        extractor.read(picture)
    return (time.process_time() - started) * 1000 / max(1, len(pictures))
