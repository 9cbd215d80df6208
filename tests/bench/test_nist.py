"""The bench runs through and says what it measured."""

from __future__ import annotations

import pytest

from agent.bench.nist import measure


@pytest.mark.long
def test_nist_bench_runs_through() -> None:
    figures = measure(1, lambda _: None)
    assert [figure.unit for figure in figures] == ["ms"] * 11
    assert {figure.what.split(":")[0] for figure in figures} >= {"parse of a CAR, 14 images", "peer", "check of the same"}
    assert all(value > 0 for figure in figures for value in figure.values)
