"""Whatever a scanner sends, a roll is composed or is bare; nothing breaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.imaging.roll import RollComposer

AREA = (160, 150)


def _frame(kind: str, rows: int, columns: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    if kind == "noise":
        return random.integers(0, 256, (rows, columns), np.uint8)
    if kind == "block":
        frame = np.full((rows, columns), 250, np.uint8)
        left, right = sorted(random.integers(0, columns + 1, 2))
        frame[:, left:right] = random.integers(0, 200, (rows, right - left), np.uint8)
        return frame
    return np.full((rows, columns), int(random.integers(0, 256)), np.uint8)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 260),
    st.integers(1, 300),
    st.lists(st.tuples(st.sampled_from(["noise", "block", "flat"]), st.integers(0, 99)), min_size=1, max_size=6),
)
def test_any_frames_give_a_print_of_the_size_asked_for(rows: int, columns: int, frames: list[tuple[str, int]]) -> None:
    composer = RollComposer(AREA)
    for index, (kind, seed) in enumerate(frames):
        sight = composer.add(_frame(kind, rows, columns, seed), index, index * 66_000)
        assert 0 <= sight.progress < 1000
    found = composer.finish()
    assert found.pixels.shape == (AREA[1], AREA[0]) and found.pixels.dtype == np.uint8
    assert np.isfinite(found.width_mm) and all(np.isfinite((fault.x, fault.y)).all() for fault in found.faults)


@pytest.mark.parametrize("at_us", [[0, 0, 0], [100, 50, 0]], ids=["a clock that stands", "a clock that goes back"])
def test_clock_of_the_scanner_is_not_trusted(at_us: list[int]) -> None:
    composer = RollComposer(AREA)
    for index, moment in enumerate(at_us):
        composer.add(_frame("block", 200, 240, index), index, moment)
    assert composer.finish().frames == 3


def test_nothing_at_all_gives_a_bare_print() -> None:
    assert RollComposer(AREA).finish().pixels.min() == 255
