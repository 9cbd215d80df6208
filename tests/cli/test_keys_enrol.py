"""`livescan keys enrol` against a real EST server: the first certificates of a new station."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.main import app
from agent.clock import SystemClock
from agent.delivery.authority import AuthorityError
from agent.errors import UsageError
from agent.model.messages import Environment
from agent.setting_up import production_keys, trust
from agent.settings import load_settings
from agent.signing.keys import StationKeys, init_training
from tests.delivery.est_server import Authority, authority


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["keys", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def new_station(tmp_path: Path) -> Iterator[tuple[Path, Authority]]:
    """A station whose keys wait for their first certificates, and its authority's EST server."""
    init_training(tmp_path / "authority", station="LS-0009", bureau="SIB-TRAINING", clock=SystemClock())
    config = tmp_path / "agent.toml"
    names = {"state": "core", "keys": "core/keys", "uplink": "uplink", "uplink_keys": "uplink/keys", "runtime": "run"}
    paths = "[paths]\n" + "".join(f'{key} = "{tmp_path / name}"\n' for key, name in names.items())
    station = '[station]\nid = "LS-0042"\nenvironment = "training"\nori = "XX0420000"\nagency = "EXAMPLE COUNTY"\n'
    config.write_text(paths + station + '[bureau]\nname = "SIB-TRAINING"\nori = "XXSIB0000"\nhost = "127.0.0.1"\nport = 8883\n')
    of = load_settings(config)
    production_keys(of.paths, "LS-0042", "LIVESCAN TRAINING", tmp_path / "requests")
    trust(of.paths, (tmp_path / "authority/ca/ca.crt").read_bytes(), (tmp_path / "authority/bureau/opening.crt").read_bytes())
    with authority(tmp_path / "authority") as server:
        server.words["LS-0042"] = "once-only-7Q"
        yield config, server


def test_a_new_station_enrols_with_a_word_for_once(new_station: tuple[Path, Authority], tmp_path: Path) -> None:
    config, server = new_station
    (tmp_path / "word").write_text("once-only-7Q\n")
    said = json.loads(run("enrol", "--word-file", tmp_path / "word", "--est", server.est, "--config", config, "--json"))
    assert sorted(said["installed"]) == ["opening", "signing", "tls"]
    of = load_settings(config)
    assert StationKeys.load(of.paths.keys, environment=Environment.TRAINING).station == "LS-0042"
    assert (of.paths.tls_keys / "station" / "tls.crt").exists()
    with pytest.raises(UsageError, match="No key waits"):
        run("enrol", "--word-file", tmp_path / "word", "--est", server.est, "--config", config)


def test_another_word_gives_no_certificate_and_the_keys_go_on_waiting(new_station: tuple[Path, Authority], tmp_path: Path) -> None:
    config, server = new_station
    (tmp_path / "word").write_text("guessed")
    with pytest.raises(AuthorityError, match="403"):
        run("enrol", "--word-file", tmp_path / "word", "--est", server.est, "--config", config)
    assert (server.issued, server.refused) == ([], ["LS-0042"])
    server.words["LS-0042"] = "guessed"
    run("enrol", "--word-file", tmp_path / "word", "--est", server.est, "--config", config)


def test_a_server_of_another_authority_is_not_told_the_word(new_station: tuple[Path, Authority], tmp_path: Path) -> None:
    config, _ = new_station
    init_training(tmp_path / "stranger", station="LS-0042", bureau="SIB-TRAINING", clock=SystemClock())
    (tmp_path / "word").write_text("once-only-7Q")
    with authority(tmp_path / "stranger") as stranger:
        stranger.words["LS-0042"] = "once-only-7Q"
        with pytest.raises(AuthorityError, match="cannot be reached"):
            run("enrol", "--word-file", tmp_path / "word", "--est", stranger.est, "--config", config)
        assert (stranger.issued, stranger.refused) == ([], [])
