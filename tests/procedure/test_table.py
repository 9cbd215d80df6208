"""docs/procedure.md says what is so, and no row can go missing."""

from __future__ import annotations

import pytest

from agent.training.scenario import scenarios
from tests.procedure.table import PAGE, ROOT, derived, named_tests, page, rows

ROWS = [f"R{number}" for number in range(1, 57)]


def test_every_row_of_the_procedure_is_there() -> None:
    assert list(rows()) == ROWS


@pytest.mark.parametrize("name", ROWS)
def test_row_has_a_test_of_its_name_and_code_that_exists(name: str) -> None:
    assert named_tests().get(name), f"no test is named test_{name}_..."
    for code in rows()[name]["code"]:  # type: ignore[attr-defined]
        assert (ROOT / "agent" / str(code)).resolve().is_file(), code


DERIVED = [*(f"X{number}" for number in range(1, 16)), *(f"K{number}" for number in range(1, 14))]


def test_every_derived_row_and_every_contradiction_is_there() -> None:
    assert list(derived()) == DERIVED


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_row_names_tests_that_exist(name: str) -> None:
    tests = derived()[name]["tests"]
    assert isinstance(tests, list)
    assert tests
    for one in tests:
        file, test = str(one).split("::")
        assert f"def {test}(" in (ROOT / "tests" / file).read_text("utf-8"), one


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.procedure.table"


def test_scenarios_name_rows_that_exist() -> None:
    assert {row for one in scenarios().values() for row in one.rows} <= set(ROWS)
