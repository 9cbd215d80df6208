from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jail.counter import Counter


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.close()
