"""The background's process steps back where it may, and works where it may not."""

from __future__ import annotations

import multiprocessing
import os

import pytest

from agent.gallery import reading


def test_where_no_process_may_change_its_priority_the_gallery_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: int) -> int:
        raise PermissionError(1, "Operation not permitted")  # seccomp, as SystemCallErrorNumber=EPERM has it

    monkeypatch.setattr(os, "nice", refused)
    monkeypatch.setattr(multiprocessing, "parent_process", object)
    reading.calm.cache_clear()
    reading.calm()
    reading.calm.cache_clear()
