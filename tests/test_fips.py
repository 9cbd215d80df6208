"""`fips_required`: an honest no where there is no provider, and nothing said where it is not asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent import fips
from agent.clock import SystemClock
from agent.errors import ConfigError
from agent.signing.fips import missing_in_cryptography
from agent.signing.keys import init_training


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


@pytest.mark.parametrize("part", ["core", "uplink"])
def test_neither_part_starts_where_fips_is_required_and_is_not_there(part: str, tmp_path: Path) -> None:
    init_training(tmp_path / "keys", station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock())
    config = tmp_path / "station.toml"
    config.write_text(
        '[station]\nid = "LS-0001"\nenvironment = "training"\nori = "ZZ0010000"\n'
        '[bureau]\nname = "SIB-TRAINING"\nori = "ZZSIB0000"\nhost = "127.0.0.1"\nport = 1\n'
        f'[paths]\nstate = "{tmp_path}/state"\nruntime = "{tmp_path}/run"\nkeys = "{tmp_path}/keys"\n[trust]\nfips_required = true\n'
    )
    command = [sys.executable, "-m", "agent.cli", part, "--config", str(config)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 78
    assert "FIPS mode is required by the settings, and this machine does not have it" in ended.stderr
