"""`livescan bench roll`: rolls of synthetic fingers composed from raw frames, beside two peers, and what is said of injected faults."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from agent.bench.figures import machine
from agent.bench.roll_measures import Nearness, duplicates, nearness
from agent.bench.roll_peers import CentreSeam, DarkestPixel, Peer
from agent.bench.roll_pictures import plot, write_prints
from agent.bench.roll_trials import CAUSES, GOOD, PRINTS, Cause, Roll, dropped, roll
from agent.imaging.roll import RollComposer, RolledPrint
from agent.model.impression import GrayImage
from firmware_sim.subject.choose import choose
from firmware_sim.subject.condition import Condition
from firmware_sim.subject.person import Person

AREA = (800, 750)
OURS = "agent.imaging.roll"
PEERS: dict[str, Callable[[], Peer]] = {"darkest pixel": DarkestPixel, "centre seam": CentreSeam}
SEAM_TARGET, SPEED_TARGET = 1.0, 15.0  # ridges at the 95th percentile; ms a frame
MINUTIAE_OF = ("no fault, 1.5 s", "slip 10 px sideways at once", "slip 30 px down in 0.3 s")
DRAWN = 2  # the finger of the pictures

Tell = Callable[[str], None]
Finger = tuple[Person, int]


@dataclass
class Row:
    """One method in one situation, over all fingers."""

    method: str
    situation: str
    displaced: list[float] = field(default_factory=list)  # ridges, all windows of all prints
    p95: list[float] = field(default_factory=list)  # ridges, of each print
    psnr: list[float] = field(default_factory=list)  # dB
    lost: int = 0  # windows that could not be registered
    pairs: int = 0  # of minutiae nearer than a ridge
    minutiae: int = 0
    ms: list[float] = field(default_factory=list)  # of a core, a frame

    def take(self, near: Nearness) -> None:
        self.displaced += near.displaced
        self.p95.append(near.p95)
        self.psnr.append(near.psnr)
        self.lost += near.lost

    def as_json(self) -> dict[str, Any]:
        found = np.array(self.displaced)
        return {
            "method": self.method,
            "situation": self.situation,
            "prints": len(self.psnr),
            "windows": len(self.displaced),
            "displaced_ridges_p50": round(float(np.percentile(found, 50)), 3) if self.displaced else None,
            "displaced_ridges_p95": round(float(np.percentile(found, 95)), 3) if self.displaced else None,
            "displaced_ridges_p95_worst_print": round(max(self.p95), 3) if self.p95 else None,
            "windows_lost": self.lost,
            "psnr_db_median": round(statistics.median(self.psnr), 2) if self.psnr else None,
            "psnr_db_min": round(min(self.psnr), 2) if self.psnr else None,
            "near_pairs": self.pairs,
            "minutiae": self.minutiae,
            "ms_per_frame_median": round(statistics.median(self.ms), 2) if self.ms else None,
            "ms_per_frame_max": round(max(self.ms), 2) if self.ms else None,
        }


def measure(people: int, tell: Tell) -> dict[str, Any]:
    """The document that `--json` prints. `people`: synthetic persons, ten fingers each."""
    cv2.setNumThreads(1)
    fingers = [(choose(f"synthetic:{n}"), finger) for n in range(1, people + 1) for finger in range(1, 11)]
    rows = [row.as_json() for name, how in PRINTS.items() for row in _prints(fingers, name, how, tell)]
    causes = [_cause(fingers, cause, tell) for cause in CAUSES]
    alarms = [_alarms(fingers, name, how, tell) for name, how in GOOD.items()]
    return {
        "bench": "roll",
        "machine": machine(),
        "fingers": len(fingers),
        "prints": rows,
        "faults": causes,
        "good_rolls": alarms,
        "met": _met(rows, causes, alarms),
    }


def _met(rows: Sequence[dict[str, Any]], causes: Sequence[dict[str, Any]], alarms: Sequence[dict[str, Any]]) -> dict[str, bool]:
    ours = [row for row in rows if row["method"] == OURS]
    return {
        "seam_error_under_a_ridge": all(row["displaced_ridges_p95_worst_print"] < SEAM_TARGET for row in ours),
        "ms_per_frame": all(row["ms_per_frame_median"] < SPEED_TARGET for row in ours),
        "every_fault_named": all(one["named"] == one["trials"] for one in causes),
        "no_false_alarm": not any(one["rolls_with_alarm"] for one in alarms),
    }


# prints


def _prints(fingers: Sequence[Finger], name: str, how: Condition, tell: Tell) -> list[Row]:
    tell(f"{name} …")
    rows = {method: Row(method, name) for method in (OURS, *PEERS, "true print")}
    for person, finger in fingers:
        one = roll(person, finger, how)
        found = composed(one, rows[OURS].ms)
        pictures = {OURS: found.pixels, **{peer: cut(_by_peer(make(), one, rows[peer].ms), found) for peer, make in PEERS.items()}}
        true = cut(one.true, found)
        for method, picture in pictures.items():
            rows[method].take(nearness(picture, true))
        if name in MINUTIAE_OF:
            _count_minutiae(rows, {**pictures, "true print": true})
    return [row for row in rows.values() if row.psnr or row.minutiae]


def _count_minutiae(rows: dict[str, Row], pictures: dict[str, GrayImage]) -> None:
    for method, picture in pictures.items():
        pairs, count = duplicates(picture)
        rows[method].pairs += pairs
        rows[method].minutiae += count


def composed(one: Roll, ms: list[float]) -> RolledPrint:
    """By the product; processor time of each frame goes to `ms`."""
    composer = RollComposer(AREA)
    for frame in one.frames:
        begin = time.thread_time()
        composer.add(*frame)
        ms.append((time.thread_time() - begin) * 1000)
    return composer.finish()


def _by_peer(peer: Peer, one: Roll, ms: list[float]) -> GrayImage:
    for pixels, _, _ in one.frames:
        begin = time.thread_time()
        peer.add(pixels)
        ms.append((time.thread_time() - begin) * 1000)
    return peer.finish()


def cut(sheet: GrayImage, found: RolledPrint) -> GrayImage:
    """The part of a whole platen that a composed print shows."""
    around = 200
    wide = np.pad(sheet, around, constant_values=255)
    x, y = found.origin[0] + around, found.origin[1] + around
    return np.ascontiguousarray(wide[y : y + AREA[1], x : x + AREA[0]])


def draw_into(folder: Path, found: dict[str, Any]) -> None:
    """`roll-seams.png` of two rolls of one finger, and `roll.svg` of the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    person = choose("synthetic:1")
    shown = {name: composed(roll(person, DRAWN, PRINTS[name]), []) for name in MINUTIAE_OF[:2]}
    write_prints(shown, folder / "roll-seams.png")
    (folder / "roll.svg").write_text(plot(found["prints"]))


# faults


def _cause(fingers: Sequence[Finger], cause: Cause, tell: Tell) -> dict[str, Any]:
    tell(f"{cause.name} …")
    named, alone, said = 0, 0, Counter[str]()
    for number, (person, finger) in enumerate(fingers):
        draw = np.random.default_rng([number, len(cause.name)])
        one = roll(person, finger, cause.make(draw), attempt=number % 3)
        kinds = set(_kinds(dropped(one.frames, cause.drop, draw)))
        said.update(sorted(kinds))
        named += bool(kinds & cause.named)
        alone += bool(kinds & cause.named) and kinds <= cause.named | cause.also
    return {"cause": cause.name, "trials": len(fingers), "named": named, "nothing_else_said": alone, "said": dict(said)}


def _alarms(fingers: Sequence[Finger], name: str, how: Condition, tell: Tell) -> dict[str, Any]:
    tell(f"{name} …")
    said, alarmed = Counter[str](), 0
    for number, (person, finger) in enumerate(fingers):
        kinds = set(_kinds(iter(roll(person, finger, how, attempt=1 + number % 3).frames)))
        said.update(sorted(kinds))
        alarmed += bool(kinds)
    return {"roll": name, "trials": len(fingers), "rolls_with_alarm": alarmed, "said": dict(said)}


def _kinds(frames: Iterator[tuple[GrayImage, int, int]]) -> Iterator[str]:
    composer = RollComposer(AREA)
    for frame in frames:
        composer.add(*frame)
    return (fault.kind for fault in composer.finish().faults)
