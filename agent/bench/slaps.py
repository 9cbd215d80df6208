"""Synthetic slaps with the truth about them: grown fingers laid down turned, spread, held together, with fingers missing, joints below.

A few dozen people (`firmware_sim.subject.synthetic.crowd`, about 0.3 s a finger) are pressed once each and then laid down many times. One
in two hands lies within 10 degrees of upright, the others anywhere up to 45. The distance of the fingers goes from touching to spread; one
or more fingers are missing, and said to be, in four of ten. Odd slaps are not what was asked: a finger left out, one too many, the other
hand. What is drawn here is no measure of real hands: it holds shapes and places, not every smear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from agent.bench.slap_truth import Box, SlapTruth, write
from agent.model.fingers import Position, fingers_of
from agent.model.impression import GrayImage
from firmware_sim.subject.condition import Condition
from firmware_sim.subject.synthetic import anatomy, impression
from firmware_sim.subject.synthetic.crowd import grow_fingers
from firmware_sim.subject.synthetic.fingers import build_of, traits_of

PLATEN = (1500, 1600)  # rows, columns at 500 ppi
PPI = 500
SEEN = 0.97  # of a contact's half axes within which ridges show
FOURS = (Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR)


class Kind(StrEnum):
    ASKED = "asked"
    FEW = "few"  # one finger is not laid down, and nobody said so
    MANY = "many"  # one finger that is said to be missing lies there
    OTHER_HAND = "other-hand"


@dataclass(frozen=True, eq=False)
class Stamp:
    """One finger, upright: the tip, and the joint below its crease."""

    tip: GrayImage = field(repr=False)  # ink, 255 = ridge
    half: tuple[float, float]  # pixels, half width and half height of what shows of the tip
    joint: GrayImage = field(repr=False)
    gap: float  # pixels of crease between tip and joint


@dataclass(frozen=True, eq=False)
class Person:
    seed: str
    stamps: Mapping[int, Stamp] = field(repr=False)  # by finger 2..5 and 7..10


@dataclass(frozen=True, eq=False)
class Slap:
    kind: Kind
    pixels: GrayImage = field(repr=False)
    truth: SlapTruth


def make_person(seed: str, fingers: Sequence[int] = (2, 3, 4, 5, 7, 8, 9, 10)) -> Person:
    """About 0.5 s a finger."""
    return Person(seed, {finger: _stamp(seed, finger) for finger in fingers})


def slaps(people: Sequence[Person], count: int, seed: int, kinds: Sequence[Kind] = (Kind.ASKED,)) -> Iterator[Slap]:
    """`count` slaps, kinds and hands in turn; the same people and seed give the same slaps."""
    for number in range(count):
        random = np.random.default_rng([seed, number])
        kind, position = kinds[number // 2 % len(kinds)], FOURS[number % 2]
        yield slap(people[number % len(people)], position, kind, random, f"slap-{number:04d}.png")


def write_folder(folder: Path, found: Iterable[Slap]) -> None:
    """Images and `truth.csv` in a folder that is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = []
    for one in found:
        Image.fromarray(one.pixels).save(folder / one.truth.image, "PNG", compress_level=1, dpi=(PPI, PPI))
        truths.append(one.truth)
    write(folder / "truth.csv", truths)


def slap(person: Person, position: Position, kind: Kind, random: Generator, name: str) -> Slap:
    missing = _missing(position, kind, random)
    boxes = _laid(person, _lies(position, kind), random)
    boxes = [box for box in boxes if kind is Kind.MANY or Position(box.finger) not in missing]
    if kind is Kind.FEW and len(boxes) > 1:
        boxes.pop(int(random.integers(len(boxes))))
    boxes = _on_platen(boxes, random)
    ink = np.zeros(PLATEN, np.uint8)
    joints = random.uniform(0, 1) < 0.6
    for box in boxes:
        _press(ink, person.stamps[box.finger], box, joints)
    pixels = impression.sensed(ink, random, float(random.uniform(0, 0.15)))
    return Slap(kind, pixels, SlapTruth(name, position, missing, PPI, tuple(boxes)))


def _lies(position: Position, kind: Kind) -> Position:
    return next(four for four in FOURS if (four is position) is not (kind is Kind.OTHER_HAND))


def _stamp(seed: str, finger: int) -> Stamp:
    random = np.random.default_rng([int.from_bytes(seed.encode()), finger])
    ridges = next(iter(grow_fingers(seed, (finger,))))[1].ridges.astype(np.float32) / np.float32(127.5) - 1
    how = Condition(moisture=float(random.uniform(-0.4, 0.4)), pressure=float(random.uniform(-0.35, 0.4)))
    traits = traits_of(seed, finger)
    skin = anatomy.draw_skin(traits.roughness, random)
    contact = replace(traits.plain, turn=0.0)
    pressed = impression.under(contact, how)
    joint = replace(contact, half_width=0.92 * contact.half_width, half_height=random.uniform(120, 190), exponent=3.0)
    return Stamp(
        impression.render(ridges, contact, skin, random, how),
        (SEEN * pressed.half_width, SEEN * pressed.half_height),
        impression.render(np.ascontiguousarray(ridges[::-1]), joint, skin, random, replace(how, pressure=how.pressure - 0.2)),
        float(random.uniform(18, 55)),
    )


def _missing(position: Position, kind: Kind, random: Generator) -> frozenset[Position]:
    """None in six of ten, one in two and a half, two in one, three in half a one; for too many, one that lies there after all."""
    count = {Kind.MANY: 1, Kind.OTHER_HAND: 0}.get(kind, int(random.choice(4, p=(0.6, 0.25, 0.1, 0.05))))
    return frozenset(Position(int(finger)) for finger in random.choice(fingers_of(position), count, replace=False))


def _laid(person: Person, position: Position, random: Generator) -> list[Box]:
    """Boxes of the whole hand about the platen's middle, turned and spread."""
    turn = float(random.uniform(-10, 10) if random.uniform() < 0.5 else random.uniform(-45, 45))
    together, spread = float(random.uniform(0.84, 1.04)), float(random.uniform(0.4, 1.8))
    across = np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
    along = np.array([-across[1], across[0]])
    boxes = []
    for place in anatomy.places(int(position), build_of(person.seed)):
        x, y = place.x * together * across + place.y * along
        lean = turn - spread * anatomy.fan(place.finger) + float(random.normal(0, 2))
        width, height = (2 * half for half in person.stamps[place.finger].half)
        boxes.append(Box(place.finger, x, y, width, height, lean))
    return boxes


def _on_platen(boxes: Sequence[Box], random: Generator) -> list[Box]:
    """Moved to where all tips are on the platen, anywhere there."""
    corners = np.concatenate([box.polygon for box in boxes])
    low, high = corners.min(axis=0), corners.max(axis=0)
    slack = np.array([PLATEN[1], PLATEN[0]]) - (high - low)
    shift = np.where(slack > 0, random.uniform(0, 1, 2) * slack, slack / 2) - low
    return [replace(box, x=box.x + float(shift[0]), y=box.y + float(shift[1])) for box in boxes]


def _press(ink: GrayImage, stamp: Stamp, box: Box, joints: bool) -> None:
    _stamp_on(ink, stamp.tip, (box.x, box.y), box.turn)
    if joints:
        down = stamp.half[1] + stamp.gap + stamp.joint.shape[0] / 2 - impression.MARGIN
        along = np.array([-np.sin(np.radians(box.turn)), np.cos(np.radians(box.turn))])
        x, y = np.array([box.x, box.y]) + down * along
        _stamp_on(ink, stamp.joint, (float(x), float(y)), box.turn)


def _stamp_on(ink: GrayImage, stamp: GrayImage, middle: tuple[float, float], turn: float, scale: float = 1.0) -> None:
    """Add a stamp, turned clockwise about its middle."""
    matrix: NDArray[np.float64] = cv2.getRotationMatrix2D(((stamp.shape[1] - 1) / 2, (stamp.shape[0] - 1) / 2), -turn, scale)
    matrix[:, 2] += middle[0] - (stamp.shape[1] - 1) / 2, middle[1] - (stamp.shape[0] - 1) / 2
    laid = cv2.warpAffine(stamp, matrix, (ink.shape[1], ink.shape[0]), flags=cv2.INTER_LINEAR)
    np.maximum(ink, laid, out=ink)
