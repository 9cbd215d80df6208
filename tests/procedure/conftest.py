from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.casework.bench import Keys
from tests.casework.conftest import desk, digest, office, request_file, training_keys  # noqa: F401  # fixtures
from tests.casework.play import played  # noqa: F401
from tests.procedure.case import Case


@pytest.fixture
def case(tmp_path: Path, training_keys: Keys) -> Iterator[Case]:  # noqa: F811
    made = Case(tmp_path, training_keys)
    yield made
    made.close()
