"""Tests that share something carry `xdist_group`; with `--dist loadgroup` they run on one worker, in order."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.xdist_group("groups")
SEEN: list[int] = []


@pytest.fixture(autouse=True)
def shared_out(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("loadgroup", False):
        pytest.skip("tests are not shared out by group here: pytest -n 2 --dist loadgroup")


@pytest.mark.parametrize("n", range(4))
def test_tests_of_one_group_run_in_order_in_one_process(n: int, request: pytest.FixtureRequest) -> None:
    SEEN.append(n)
    assert list(range(n + 1)) == SEEN
    assert request.node.nodeid.endswith("@groups")
