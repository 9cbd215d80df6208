from __future__ import annotations

from tests.casework.conftest import desk, digest, office, request_file, training_keys  # noqa: F401  # fixtures
from tests.casework.play import played  # noqa: F401
