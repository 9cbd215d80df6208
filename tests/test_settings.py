"""Settings: read once, frozen, an unknown key is an error said in words."""

from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.settings import config_dir, load_settings

GOOD = """
[station]
id = "LS-0001"
environment = "{environment}"
ori = "ZZ0010000"

[bureau]
name = "SIB"
ori = "ZZSIB0000"
host = "sib.invalid"
port = 8883
"""


def write(folder: Path, text: str, environment: str = "training") -> Path:
    path = folder / "station.toml"
    path.write_text(text.format(environment=environment))
    return path


def test_defaults_fill_what_the_station_leaves_out(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD))
    assert settings.delivery.in_flight == 4
    assert settings.paths.core_socket == Path("/run/livescan-agent/core.sock")


def test_an_unknown_key_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"delivery\.keepalife") as caught:
        load_settings(write(tmp_path, GOOD + "\n[delivery]\nkeepalife = 3\n"))
    assert caught.value.exit_code == 78


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (GOOD.replace("LS-0001", "LS/0001"), "station.id"),
        (GOOD.replace("8883", "88830"), "bureau.port"),
        (GOOD.replace('"ZZ0010000"', '"zz001"'), "station.ori"),
        ("[station", "not valid TOML"),
    ],
    ids=["a topic separator in the station id", "a port that cannot be", "an ORI in lower case", "no TOML at all"],
)
def test_a_wrong_value_is_named(tmp_path: Path, wrong: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load_settings(write(tmp_path, wrong))


@pytest.mark.parametrize("key", ['[scanner]\nusbip = "unix:/run/x"', "[capture]\nunattended = true"], ids=["usbip", "unattended"])
def test_production_refuses_what_is_for_training(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="for training"):
        load_settings(write(tmp_path, f"{GOOD}\n{key}\n", "production"))
    assert load_settings(write(tmp_path, f"{GOOD}\n{key}\n", "training")).training


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Cannot read"):
        load_settings(tmp_path / "absent.toml")


def test_every_default_has_its_reason_beside_it() -> None:
    lines = (config_dir() / "station-defaults.toml").read_text().splitlines()
    bare = [line for line in lines if "=" in line and "#" not in line]
    assert bare == []


def test_the_example_of_the_readme_is_a_station() -> None:
    assert load_settings(config_dir() / "station-example.toml").station.id == "LS-0001"
