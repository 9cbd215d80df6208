from __future__ import annotations

import pytest

from tests.casework.bench import Keys, Office, car, keys


@pytest.fixture(scope="session")
def training_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return keys(tmp_path_factory.mktemp("training-keys"))


@pytest.fixture(scope="session")
def office(training_keys: Keys) -> Office:
    return Office(training_keys, car())
