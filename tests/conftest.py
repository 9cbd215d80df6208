"""What holds for all tests: no property is judged by the clock, since speed belongs to `livescan bench`; a group stays on one worker."""

from __future__ import annotations

import pytest
from _pytest.nodeid import coerce_node_id
from hypothesis import HealthCheck, settings

settings.register_profile("no clock", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest-xdist 3.8 writes the group (`…@group`) into `_nodeid`, which pytest 9.2 reads no more: it is handed on to where it looks."""
    for item in items:
        named = getattr(item, "_nodeid", None)
        if named is not None:
            item._id = coerce_node_id(named)
