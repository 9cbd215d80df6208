"""Fixtures of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.handover.cores import SmallCore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "handover.sock"


@pytest.fixture
def core(tmp_path: Path) -> SmallCore:
    return SmallCore(tmp_path)
