"""One against many on people that do not exist: opening, memory, latency, rates, and how often the first answer is the right one.

    fill the store (processes) ─▶ open it in a process of its own: time, memory, latency, rates ─▶ searches (processes)

Most people are templates alone (`gallery_people`); `rendered` of them are pictures of grown fingers, badly laid down on four kinds of
sensor and read by the best extractor there is (`match_prints`), and are looked for among all. Every search is on ten fingers, with
another impression than was enrolled. Nothing is chosen on the outcome.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from agent.bench.gallery_people import person
from agent.bench.match_prints import SENSORS, impressions_of
from agent.bench.match_rates import share_at_least
from agent.bench.process_tree import peak_rss_mb
from agent.gallery.gallery import FILE, Gallery, Probe, probe_of
from agent.gallery.policy import GalleryPolicy, load_policy
from agent.gallery.store import GalleryStore, Stored
from agent.match.compare import compare
from agent.match.extract import best, extract
from agent.match.fused import Templates, parse_templates, ready, serialise
from agent.match.shortlist import compact
from agent.model.fingers import FINGERS

Tell = Callable[[str, int, int], None]  # what, done, of
KEY = bytes(32)  # of a gallery that holds nobody
AT = datetime(2026, 11, 24, tzinfo=UTC)
AT_ONCE = 200  # people of one commit
TIMED = 25  # searches whose time is taken
CHUNK = 10  # searches a job


@dataclass(frozen=True)
class Plan:
    subjects: int  # in the gallery, rendered ones among them
    probes: int  # mated searches by templates alone
    strangers: int  # searches of people who are not there, by templates alone
    rendered: int  # people of whom pictures are made and read
    seed: str = "crowd"


@dataclass(frozen=True)
class Found:
    """One search."""

    rank: int  # of the right one, 1 the first; 0: not among the candidates
    near: bool  # whether the shortlist had it
    score: float  # decades of the right one
    other: float  # decades of the best wrong one


def measure(plan: Plan, folder: Path, tell: Tell) -> dict[str, Any]:
    """`folder`: empty; the gallery is left in it."""
    pictured = _rendered_people(plan, tell)
    with GalleryStoreFor(folder) as store:
        _fill(store, plan, [(name, enrolled) for name, (enrolled, _) in pictured.items()], tell)
    opened = _alone(partial(_opened, folder, plan, [probe for _, probe in pictured.values()]))
    mated = _searched(folder, [partial(_template_probe, plan.seed, n) for n in range(plan.probes)], "mated searches", tell)
    strange = [partial(_template_probe, plan.seed, plan.subjects + n) for n in range(plan.strangers)]
    strangers = _searched(folder, strange, "searches of strangers", tell)
    real = _searched(folder, [partial(_kept_probe, name, probe) for name, (_, probe) in pictured.items()], "rendered searches", tell)
    return {
        "subjects": plan.subjects,
        "rendered_subjects": plan.rendered,
        **opened,
        "templates_alone": _summary(mated),
        "rendered": _summary(real),
        "strangers": _summary_of_strangers(strangers),
    }


class GalleryStoreFor:
    """The store of a folder, closed at the end."""

    def __init__(self, folder: Path) -> None:
        self._store = GalleryStore(folder / FILE, KEY)

    def __enter__(self) -> GalleryStore:
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.database.settle()
        self._store.close()


def booking(number: int) -> str:
    return f"20261124-{number:08d}"


def _fill(store: GalleryStore, plan: Plan, pictured: Sequence[tuple[str, bytes]], tell: Tell) -> None:
    store.put_all([_stored(name, parse_templates(data)) for name, data in pictured])
    numbers = range(plan.subjects - plan.rendered)
    with _pool() as pool:
        batch = []
        for done, one in enumerate(pool.map(partial(_template_person, plan.seed), numbers, chunksize=20), 1):
            batch.append(one)
            if len(batch) == AT_ONCE or done == len(numbers):
                store.put_all(batch)
                batch = []
                tell("people enrolled", done, len(numbers))


def _template_person(seed: str, number: int) -> Stored:
    return _stored(booking(number), person(f"{seed}/{number}", 0))


def _stored(name: str, templates: Templates) -> Stored:
    small = compact(templates)
    return Stored(name, AT, small.serialise() if small else b"", serialise(templates))


def _rendered_people(plan: Plan, tell: Tell) -> dict[str, tuple[bytes, bytes]]:
    """By booking: what is enrolled, and what is looked for."""
    with _pool() as pool:
        made = {}
        for done, (enrolled, probe) in enumerate(pool.map(partial(_rendered, plan.seed), range(plan.rendered)), 1):
            made[f"20261124-R{done:07d}"] = enrolled, probe
            tell("people rendered and read", done, plan.rendered)
    return made


def _rendered(seed: str, number: int) -> tuple[bytes, bytes]:
    """About 13 s of CPU."""
    sensor, extractor = SENSORS[number % len(SENSORS)], best()[0]
    pictures = impressions_of(f"{seed}/rendered/{number}", sensor, [int(finger) for finger in FINGERS], 2)
    read = [[extract(picture, extractor, sensor.ppi) for picture in of_finger] for of_finger in pictures]
    first, second = (serialise({finger: made[n] for finger, made in zip(FINGERS, read, strict=True)}) for n in (0, 1))
    return first, second


def _template_probe(seed: str, number: int) -> tuple[str, Probe]:
    return booking(number), probe_of(person(f"{seed}/{number}", 1))


def _kept_probe(name: str, data: bytes) -> tuple[str, Probe]:
    return name, probe_of(parse_templates(data))


# In a process of its own: what a station would have, and nothing else


def _opened(folder: Path, plan: Plan, pictured: Sequence[bytes]) -> dict[str, Any]:
    before = peak_rss_mb([os.getpid()])
    began, cpu = time.perf_counter(), time.process_time()
    gallery = Gallery(folder, KEY, policy())
    open_s, open_cpu_s = time.perf_counter() - began, time.process_time() - cpu
    probes = [serialise(person(f"{plan.seed}/{n}", 1)) for n in range(TIMED)] + list(pictured)[:TIMED]
    spent = [_search_s(gallery, data) for data in probes]
    found = {
        "open_s": round(open_s, 3),
        "open_cpu_s": round(open_cpu_s, 3),
        "peak_rss_mb": round(peak_rss_mb([os.getpid()]), 1),
        "rss_before_mb": round(before, 1),
        "file_mb": round(gallery.size() / 1e6, 1),
        "threads": cv2.getNumThreads(),
        "search_s_median": round(statistics.median(wall for wall, _ in spent), 3),
        "search_s_worst": round(max(wall for wall, _ in spent), 3),
        "search_cpu_s_median": round(statistics.median(cpu for _, cpu in spent), 3),
    }
    cv2.setNumThreads(1)
    return found | _rates(gallery, probes[0])


def _search_s(gallery: Gallery, data: bytes) -> tuple[float, float]:
    """From templates to candidates: seconds that passed, and of CPU on all threads."""
    began, cpu = time.perf_counter(), time.process_time()
    gallery.search(probe_of(parse_templates(data)))
    return time.perf_counter() - began, time.process_time() - cpu


def _rates(gallery: Gallery, data: bytes) -> dict[str, float]:
    """A second and core."""
    probe = probe_of(parse_templates(data))
    assert probe.small is not None
    began = time.process_time()
    rounds = 3
    for _ in range(rounds):
        compared = gallery.likeness_of_all(probe.small)
    prefilter = rounds * compared * len(probe.small.fingers) / (time.process_time() - began)
    others = [ready(one) for one in gallery.near(probe.small).values()]
    pairs = [(probe.prints[finger], one[finger]) for one in others for finger in probe.prints if finger in one]
    began = time.process_time()
    for a, b in pairs:
        compare(a, b)
    return {"prefilter_s": round(prefilter), "full_s": round(len(pairs) / (time.process_time() - began))}


# Searches in great number, on all cores

_held: list[Gallery] = []


def policy() -> GalleryPolicy:
    return load_policy()


def _hold(folder: Path) -> None:
    cv2.setNumThreads(1)
    _held[:] = [Gallery(folder, KEY, policy())]


def _searched(folder: Path, probes: Sequence[Callable[[], tuple[str, Probe]]], what: str, tell: Tell) -> list[Found]:
    jobs = [probes[at : at + CHUNK] for at in range(0, len(probes), CHUNK)]
    found: list[Found] = []
    with _pool(_hold, folder) as pool:
        for some in pool.map(_search, jobs):
            found += some
            tell(what, len(found), len(probes))
    return found


def _search(probes: Sequence[Callable[[], tuple[str, Probe]]]) -> list[Found]:
    return [_looked_for(_held[0], *make()) for make in probes]


def _looked_for(gallery: Gallery, name: str, probe: Probe) -> Found:
    if probe.small is None:
        return Found(0, near=False, score=0.0, other=0.0)
    near = gallery.bookings(gallery.near(probe.small))
    found = gallery.search(probe)
    ranks = {one.booking: rank for rank, one in enumerate(found, 1)}
    score = next((one.score for one in found if one.booking == name), 0.0)
    other = max((one.score for one in found if one.booking != name), default=0.0)
    return Found(ranks.get(name, 0), name in near, score, other)


def _summary(found: Sequence[Found]) -> dict[str, Any]:
    limit, count = policy().decades, len(found)
    first = sum(one.rank == 1 for one in found)
    told = sum(one.score >= limit for one in found)
    return {
        "searches": count,
        "rank_1": first,
        "rank_1_share": round(first / count, 6) if count else None,
        "rank_1_at_least_95": round(share_at_least(first, count), 6) if count else None,
        "in_shortlist": sum(one.near for one in found),
        "told": told,
        "told_share": round(told / count, 6) if count else None,
        "lowest_mate_decades": round(min((one.score for one in found), default=0.0), 3),
        "highest_other_decades": round(max((one.other for one in found), default=0.0), 3),
    }


def _summary_of_strangers(found: Sequence[Found]) -> dict[str, Any]:
    limit = policy().decades
    return {
        "searches": len(found),
        "false_hints": sum(one.other >= limit for one in found),
        "highest_decades": round(max((one.other for one in found), default=0.0), 3),
    }


def _alone(job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(job).result()


def _pool(start: Callable[..., None] = cv2.setNumThreads, *given: Any) -> ProcessPoolExecutor:
    """One thread a process."""
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(len(os.sched_getaffinity(0)), context, initializer=start, initargs=given or (1,))


def stages(found: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What was measured, in words, with what is wanted."""
    yield "opens, s (of CPU)", f"{found['open_s']:.2f} ({found['open_cpu_s']:.2f})", "2"
    yield "peak memory of the process, MB", f"{found['peak_rss_mb']:.0f}", "700"
    yield "file, MB", f"{found['file_mb']:.0f}", ""
    wall = f"{found['search_s_median']:.2f}, {found['search_s_worst']:.2f}"
    yield "one search, s: median, worst (median of CPU)", f"{wall} ({found['search_cpu_s_median']:.2f})", "1"
    yield "prefilter comparisons a second and core", f"{found['prefilter_s']:.0f}", "25000"
    yield "full comparisons a second and core", f"{found['full_s']:.0f}", "2000"
    for name, words in (("templates_alone", "templates alone"), ("rendered", "rendered and read")):
        one = found[name]
        if one["searches"]:
            bound = f"at least {one['rank_1_at_least_95']:.3%} (95 %)"
            yield f"rank 1, {words}", f"{one['rank_1']} of {one['searches']}, {bound}", "99.9 %"
            yield (
                f"decades, {words}: lowest mate, highest other",
                f"{one['lowest_mate_decades']:.1f}, {one['highest_other_decades']:.1f}",
                "",
            )
    one = found["strangers"]
    yield "strangers: false hints, highest decades", f"{one['false_hints']} of {one['searches']}, {one['highest_decades']:.1f}", ""
