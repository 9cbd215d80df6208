from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.casework.bench import Desk, Keys, Office, car, keys
from tests.casework.desks import Desks
from tests.casework.play import played  # noqa: F401  # a fixture
from tests.procedure.case import Case


@pytest.fixture(scope="session")
def training_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def request_file() -> bytes:
    return car()


@pytest.fixture(scope="session")
def digest(request_file: bytes) -> str:
    return hashlib.sha256(request_file).hexdigest()


@pytest.fixture(scope="session")
def office(training_keys: Keys, request_file: bytes) -> Office:
    return Office(training_keys, request_file)


@pytest.fixture
def desk(tmp_path: Path, training_keys: Keys) -> Iterator[Desk]:
    made = Desk(tmp_path, training_keys)
    yield made
    made.database.close()


@pytest.fixture
def case(tmp_path: Path, training_keys: Keys) -> Iterator[Case]:
    made = Case(tmp_path, training_keys)
    yield made
    made.close()


@pytest.fixture
def desks(case: Case) -> Desks:
    return Desks(case)
