from __future__ import annotations

import pytest

from tests.data import testdata


@pytest.fixture(scope="session")
def subject() -> str:
    """Whose fingers are laid down: a card that is read in a second; a synthetic person takes half a minute to grow."""
    return str(testdata("prints/nist/type-4-tpcard.an2"))
