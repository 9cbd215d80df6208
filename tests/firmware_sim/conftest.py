"""Scanners on the bench for these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.subject.file import FilePerson
from firmware_sim.subject.person import Gray, Person, Way
from tests.firmware_sim.fap60_host import Host
from tests.firmware_sim.usbip_client import Client


def picture(number: int, width: int, height: int) -> Gray:
    """Stripes that differ from number to number."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.where((rows * (number + 1) + columns * 3) % 40 < 20, 40, 240).astype(np.uint8)


SMALL = {(Way.ROLLED, finger): picture(finger, 150 + finger, 160) for finger in range(1, 11)} | {
    (Way.PLAIN, position): picture(position, 100 + 50 * (position % 3), 130) for position in (11, 12, 13, 14)
}


@pytest.fixture
def small_person() -> Person:
    """Little pictures, so that a capture takes no time. The left ring finger is missing."""
    return FilePerson("small", SMALL, frozenset({9}))


@pytest.fixture
def make_bench(tmp_path: Path, small_person: Person) -> Iterator[Callable[..., Bench]]:
    with ExitStack() as stack:

        def make(person: Person = small_person, *, listen: str = "", speed: float = 20.0, truth: Path | None = None) -> Bench:
            settings = BenchSettings(listen or f"unix:{tmp_path}/sim.sock", speed=speed, truth=truth)
            return stack.enter_context(Bench(settings, person))

        yield make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@pytest.fixture
def client(bench: Bench) -> Iterator[Client]:
    with Client(bench.address) as client:
        yield client


@pytest.fixture
def host(client: Client) -> Host:
    return Host(client)
