"""Hard synthetic prints for the matcher: fingers of `firmware_sim`, laid down badly on four kinds of sensor.

No two sensors share size, resolution, grey levels or background, and each impression is turned, moved, bent, dry or wet on its own, so that
a matcher cannot get used to one look. Files are named `F_I.png` (finger F, impression I, both from 1), one folder for each sensor.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from firmware_sim.subject.condition import Condition, Part
from firmware_sim.subject.person import Gray, Way
from firmware_sim.subject.synthetic.crowd import grow_fingers
from firmware_sim.subject.synthetic.fingers import Coming, Finger, draw, press
from firmware_sim.subject.synthetic.noise import smooth_noise

Tell = Callable[[int, int], None]  # done, of
_CONDITION, _SENSOR = 101, 102  # purposes of random numbers, beside those of `fingers`


@dataclass(frozen=True)
class Sensor:
    """How a sensor sees, and how badly people use it."""

    name: str
    size: tuple[int, int]  # rows and columns of its picture
    ppi: int
    paper: float  # grey level of the background
    shading: float  # grey levels that the background varies over the picture
    contrast: float  # share of the full ink that it shows
    noise: float  # grey levels, standard deviation
    blur: float  # sigma, pixels
    shift: float  # pixels at 500 ppi, standard deviation of where the finger lies
    turn: float  # degrees, standard deviation
    bend: float  # pixels at 500 ppi, standard deviation of the skin's stretch
    moisture: float  # standard deviation of Condition.moisture and .pressure
    partial: float  # share of impressions of which only a part touches
    texture: float = 0.0  # grey levels of a fixed pattern


SENSORS = (
    Sensor("optical", (388, 374), 500, 246, 6, 0.85, 5, 0.6, 28, 9, 5, 0.25, 0.15),
    Sensor("optical-569", (560, 296), 569, 215, 14, 0.65, 7, 1.0, 34, 7, 6, 0.3, 0.1, 3),
    Sensor("capacitive", (300, 300), 500, 228, 10, 0.8, 12, 0.5, 30, 8, 7, 0.4, 0.15, 6),
    Sensor("distorted", (480, 400), 500, 250, 4, 0.75, 6, 0.8, 26, 14, 11, 0.3, 0.15),
)


_TWO = (SENSORS[0], SENSORS[2])
# one thing at a time made worse than at a counter, on an optical and a small capacitive sensor
CONDITIONS: Mapping[str, tuple[Sensor, ...]] = MappingProxyType(
    {
        "counter": SENSORS,
        "turned": tuple(replace(one, turn=25) for one in _TWO),  # a third of the pairs by more than 35 degrees, up to 60 and beyond
        "overlap": tuple(replace(one, shift=55, partial=0.5) for one in _TWO),
        "faint": tuple(replace(one, contrast=0.28, noise=10, paper=205, shading=20) for one in _TWO),
        "moisture": tuple(replace(one, moisture=0.8) for one in _TWO),  # dry to wet, as far as `Condition` goes
        "bent": tuple(replace(one, bend=13) for one in _TWO),
    }
)


def write_prints(folder: Path, seed: str, fingers: int, impressions: int, tell: Tell, *, conditions: str = "counter") -> list[Path]:
    """Folders of labelled pictures, one for each sensor; the same seed gives the same bytes on one machine."""
    sensors = CONDITIONS[conditions]
    jobs = [(sensor, finger) for sensor in sensors for finger in range(1, fingers + 1)]
    for sensor in sensors:
        (folder / sensor.name).mkdir(parents=True, exist_ok=True)
    with multiprocessing.get_context("forkserver").Pool(len(os.sched_getaffinity(0)), initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        done = pool.imap_unordered(partial(_write_finger, folder, seed, impressions), jobs)
        for number, _ in enumerate(done, 1):
            tell(number, len(jobs))
    return [folder / sensor.name for sensor in sensors]


def _write_finger(folder: Path, seed: str, impressions: int, job: tuple[Sensor, int]) -> None:
    sensor, finger = job
    for number, picture in enumerate(pictures(f"{seed}/{sensor.name}/{finger}", sensor, finger, impressions), 1):
        cv2.imwrite(str(folder / sensor.name / f"{finger}_{number}.png"), picture)


def impressions_of(seed: str, sensor: Sensor, fingers: Sequence[int], impressions: int) -> Iterator[list[Gray]]:
    """Of several fingers (positions 1 to 10) of one person on one sensor."""
    for position, grown in grow_fingers(seed, fingers):
        yield [
            seen(_ink(grown, seed, position, number, sensor), sensor, draw(seed, _SENSOR, position, number))
            for number in range(impressions)
        ]


def pictures(seed: str, sensor: Sensor, finger: int, impressions: int) -> Iterator[Gray]:
    """Impressions of one finger on one sensor."""
    position = 1 + finger % 10
    ((_, grown),) = grow_fingers(seed, (position,))
    for number in range(impressions):
        random = draw(seed, _SENSOR, finger, number)
        yield seen(_ink(grown, seed, position, number, sensor), sensor, random)


def _ink(grown: Finger, seed: str, position: int, number: int, sensor: Sensor) -> Gray:
    random = draw(seed, _CONDITION, position, number)
    coming = Coming(number + 1, float(random.normal(0, sensor.turn)), _condition(sensor, random))
    return press(grown, seed, position, Way.PLAIN, coming)


def _condition(sensor: Sensor, random: Generator) -> Condition:
    moisture, pressure = np.clip(random.normal(0, sensor.moisture, 2), -0.8, 0.7)
    partial = float(random.uniform(0.2, 0.5)) if random.random() < sensor.partial else 0.0
    part = list(Part)[int(random.integers(len(Part)))]
    wear = float(np.clip(random.normal(0.1, 0.15), 0, 0.6))
    return Condition(float(moisture), float(pressure), partial=partial, part=part, wear=wear)


def seen(ink: Gray, sensor: Sensor, random: Generator) -> Gray:
    """What the sensor gives of ink (255 = ridge): bent, moved under its window, at its resolution and in its greys."""
    window = _window(_bent(ink, sensor.bend, random), sensor, random)
    blurred = cv2.GaussianBlur(window, (0, 0), sensor.blur)
    paper = sensor.paper + sensor.shading * smooth_noise(random, sensor.size, 80)
    fixed = sensor.texture * smooth_noise(np.random.default_rng(7), sensor.size, 1.5)
    grain = sensor.noise * random.standard_normal(sensor.size, np.float32)
    strength = sensor.contrast * random.uniform(0.75, 1.1)
    return np.asarray(np.clip(np.rint(paper + fixed + grain - strength * blurred), 0, 255), np.uint8)


def _bent(ink: Gray, amount: float, random: Generator) -> NDArray[np.float32]:
    """Skin that sticks here and slides there: smooth displacement of a few ridges over a finger."""
    shape = ink.shape
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    strength = amount * min(abs(random.normal(0, 1)), 1.6)
    dx, dy = (strength * smooth_noise(random, (shape[0], shape[1]), 70) for _ in range(2))
    return np.asarray(cv2.remap(ink.astype(np.float32), x + dx.astype(np.float32), y + dy.astype(np.float32), cv2.INTER_LINEAR), np.float32)


def _window(ink: NDArray[np.float32], sensor: Sensor, random: Generator) -> NDArray[np.float32]:
    scale = sensor.ppi / 500
    away = random.normal(0, sensor.shift, 2)
    middle = (np.array([sensor.size[1], sensor.size[0]]) - scale * np.array([ink.shape[1], ink.shape[0]])) / 2 + scale * away
    move = np.array([[scale, 0, middle[0]], [0, scale, middle[1]]], np.float32)
    return np.asarray(cv2.warpAffine(ink, move, (sensor.size[1], sensor.size[0]), flags=cv2.INTER_LINEAR, borderValue=0), np.float32)
