"""`fips_required`: an honest no where there is no provider, and nothing said where it is not asked for."""

from __future__ import annotations

import pytest

from agent import fips
from agent.errors import ConfigError
from agent.signing.fips import missing_in_cryptography


def test_what_is_not_asked_for_is_not_refused() -> None:
    fips.require(False, "Python's library is not in FIPS mode")


def test_both_libraries_are_named_when_neither_is_in_fips_mode() -> None:
    with pytest.raises(ConfigError, match="one; two"):
        fips.require(True, "one", "two")


def test_one_library_in_fips_mode_is_not_enough() -> None:
    fips.require(True, None, None)
    with pytest.raises(ConfigError, match="does not have it: two"):
        fips.require(True, None, "two")


def test_a_wheel_of_cryptography_says_that_it_is_not() -> None:
    assert "not in FIPS mode" in str(missing_in_cryptography())
