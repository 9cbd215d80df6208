"""Settings: read once, frozen, an unknown key is an error said in words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigError
from agent.settings import WrongSettings, config_dir, load_settings
from agent.settings_faults import USBIP
from drivers.usbip_address import parse_address

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
    assert settings.paths.core_socket == Path("/run/livescan/core.sock")


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


@given(st.from_regex(USBIP, fullmatch=True).filter(bool))
def test_an_address_of_a_usbip_server_that_the_settings_take_is_taken_when_the_scanner_is_opened(address: str) -> None:
    assert str(parse_address(address))


@pytest.mark.parametrize("address", ["unix:run/x", "tcp:10.0.0.1:3240", "tcp:localhost:0", "tcp:127.0.0.1:65536", "tcp:127.0.0.1", "usb"])
def test_another_address_is_refused_before_a_scanner_is_looked_for(tmp_path: Path, address: str) -> None:
    _, line, key, do = fault_of(tmp_path, f'{GOOD}\n[scanner]\nusbip = "{address}"\n')
    assert (key, line) == ("scanner.usbip", GOOD.count("\n") + 3)
    assert "unix:/path/of/socket or tcp:127.0.0.1:port" in do


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


def fault_of(folder: Path, text: str, environment: str = "training") -> tuple[str, int | None, str, str]:
    with pytest.raises(WrongSettings) as caught:
        load_settings(write(folder, text, environment))
    (fault,) = caught.value.faults
    return Path(fault.file).name, fault.line, fault.key, fault.do


@pytest.mark.parametrize(
    ("text", "line", "key", "remedy"),
    [
        (GOOD + "\n[delivery]\nkeepalife = 3\n", 14, "delivery.keepalife", "Did you mean 'keepalive'?"),
        (GOOD + "\n[xyz]\nkeepalive = 3\n", 13, "xyz", "No such key is known"),
        (GOOD + "\n[delivry]\nkeepalive = 3\n", 13, "delivry", "Did you mean 'delivery'?"),
        (GOOD.replace("LS-0001", "LS/0001"), 3, "station.id", "1 to 13 letters"),
        (GOOD.replace("port = 8883\n", ""), 7, "bureau.port", "Add port to [bureau]."),
        (GOOD.replace("8883", "88830"), 11, "bureau.port", "Change this value."),
        (GOOD + "\n[station", 13, "", "Mend that line."),
        (GOOD.replace('"{environment}"', '"practice"'), 4, "station.environment", "Use one of"),
    ],
    ids=[
        "a misspelt key",
        "a table of nobody",
        "a misspelt table",
        "a form",
        "a missing key",
        "a range",
        "no TOML",
        "one of several words",
    ],
)
def test_a_fault_has_file_line_key_and_remedy(tmp_path: Path, text: str, line: int, key: str, remedy: str) -> None:
    file, found, named, do = fault_of(tmp_path, text)
    assert (file, found, named) == ("station.toml", line, key)
    assert remedy in do


def test_files_of_conf_d_lie_over_the_stations_file_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "20-site.toml").write_text("[bureau]\nport = 2020\n")
    (tmp_path / "conf.d" / "10-site.toml").write_text("[bureau]\nport = 1010\n[delivery]\nkeepalive = 99\n")
    (tmp_path / "conf.d" / "README").write_text("not a settings file")
    settings = load_settings(write(tmp_path, GOOD))
    assert (settings.bureau.port, settings.delivery.keepalive) == (2020, 99)


def test_a_fault_names_the_file_of_conf_d_that_it_stands_in(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "20-site.toml").write_text("# the site\n[bureau]\nport = 0\n")
    assert fault_of(tmp_path, GOOD)[:3] == ("20-site.toml", 3, "bureau.port")


def test_where_the_uplink_is_a_user_of_its_own_it_has_its_own_folders(tmp_path: Path) -> None:
    inside = load_settings(write(tmp_path, GOOD)).paths
    assert (inside.uplink_state, inside.tls_keys) == (inside.state / "uplink", inside.keys)
    apart = load_settings(write(tmp_path, GOOD + '\n[paths]\nuplink = "/u"\nuplink_keys = "/u/keys"\n')).paths
    assert (apart.uplink_state, apart.tls_keys) == (Path("/u"), Path("/u/keys"))
