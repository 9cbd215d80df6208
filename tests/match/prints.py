"""Prints for the matcher's tests: fingers that do not exist, laid down several times."""

from __future__ import annotations

from functools import cache

from agent.bench.match_prints import SENSORS, pictures
from agent.match.compare import Print, prepare
from agent.match.extract import extract, fast
from agent.model.impression import GrayImage

EASY = SENSORS[0]


@cache
def finger(number: int, impressions: int = 2) -> tuple[GrayImage, ...]:
    return tuple(pictures(f"test {number}", EASY, number, impressions))


@cache
def prepared(number: int, impression: int) -> Print:
    return prepare(extract(finger(number)[impression], fast()))
