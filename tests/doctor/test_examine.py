"""`livescan doctor`: each ill is named in words with its remedy, and a well station is called well."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli.main import app
from agent.clock import SystemClock
from agent.doctor import examine as examining
from agent.doctor.examine import CHECKS, examine
from agent.doctor.findings import Finding, Health
from agent.doctor.log_lines import sentences, told
from agent.doctor.of_network import _within
from agent.setting_up import Station, training_keys, write_station
from agent.settings import load_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(f'[paths]\nstate = "{tmp_path}/core"\nkeys = "{tmp_path}/core/keys"\nruntime = "{tmp_path}/run"\n')
    station = {"id": "LS-0001", "environment": "training", "ori": "ZZ0010000", "agency": "COUNTY"}
    write_station(path, Station({"station": station, "bureau": {"name": "SIB", "ori": "ZZSIB0000", "host": "127.0.0.1", "port": 1}}))
    training_keys(load_settings(path).paths, station="LS-0001", bureau="SIB", clock=SystemClock())
    return path


def found(config: Path, check: str) -> list[Finding]:
    return [one for one in examine(config, SystemClock()) if one.check == check]


def test_wrong_settings_are_all_that_is_said_of_a_station_that_has_them(config: Path) -> None:
    (config.parent / "conf.d" / "60.toml").write_text("[delivery]\nkeepalife = 1\n")
    (one,) = examine(config, SystemClock())
    assert one.health is Health.BAD
    assert "60.toml line 2: delivery.keepalife" in one.words
    assert "keepalive" in one.do


def test_keys_in_order_are_said_with_the_first_end(config: Path) -> None:
    (one,) = found(config, "keys")
    assert one.health is Health.GOOD
    assert "the first ends on" in one.words


def test_a_missing_key_is_bad_with_a_remedy(config: Path) -> None:
    (load_settings(config).paths.keys / "station" / "signing.crt").unlink()
    (load_settings(config).paths.keys / "station" / "signing.key").write_bytes(b"")
    assert [one.health for one in found(config, "keys")] == [Health.BAD]


def test_a_folder_that_others_can_read_is_bad_and_the_command_is_given(config: Path) -> None:
    folder = load_settings(config).paths.keys
    folder.chmod(0o755)
    assert any(one.health is Health.BAD and one.do == f"chmod 700 {folder}" for one in found(config, "folders"))


def test_a_core_that_does_not_answer_is_bad(config: Path) -> None:
    (one,) = found(config, "core")
    assert (one.health, one.do) == (Health.BAD, "systemctl start livescan-core, or `livescan run`.")


def test_a_broker_that_is_not_there_is_said_at_the_step_that_fails(config: Path) -> None:
    (one,) = found(config, "broker")
    assert one.health is Health.BAD
    assert "does not run at 127.0.0.1:1" in one.words and "(ConnectionRefusedError: Connection refused)" in one.words


@contextmanager
def broker_of(context: ssl.SSLContext) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listening.accept()
                with suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


@pytest.fixture
def broker(config: Path) -> Iterator[int]:
    """Something that shows the training broker's certificate."""
    keys = load_settings(config).paths.keys
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "broker" / "server.crt", keys / "broker" / "server.key")
    with broker_of(context) as port:
        yield port


def with_port(config: Path, port: int) -> None:
    (config.parent / "conf.d" / "60.toml").write_text(f"[bureau]\nport = {port}\n")


def test_a_broker_that_proves_who_it_is_is_good(config: Path, broker: int) -> None:
    with_port(config, broker)
    assert [one.health for one in found(config, "broker")] == [Health.GOOD]


def test_a_broker_of_another_authority_is_not_believed(config: Path, broker: int, tmp_path: Path) -> None:
    with_port(config, broker)
    (tmp_path / "other").mkdir()
    from agent.signing.keys import init_training

    init_training(tmp_path / "other" / "keys", station="LS-0001", bureau="SIB", clock=SystemClock())
    (load_settings(config).paths.keys / "ca" / "ca.crt").write_bytes((tmp_path / "other" / "keys" / "ca" / "ca.crt").read_bytes())
    (one,) = found(config, "broker")
    assert one.health is Health.BAD
    assert "cannot prove that it is the bureau's broker" in one.words


def test_a_broker_that_does_not_accept_our_certificate_is_said_though_the_handshake_went_well(config: Path) -> None:
    keys = load_settings(config).paths.keys
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "broker" / "server.crt", keys / "broker" / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED  # and no authority is known to it
    with broker_of(context) as port:
        with_port(config, port)
        (one,) = found(config, "broker")
    assert one.health is Health.BAD
    assert "does not accept this station's certificate" in one.words


def test_a_check_that_fails_says_so_and_the_others_go_on(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def faints(*_: Any) -> Iterator[Finding]:
        raise RuntimeError("DOE,JOHN")

    monkeypatch.setitem(CHECKS, "disk", faints)
    said = examining.examine(config, SystemClock())
    (disk,) = [one for one in said if one.check == "disk"]
    assert disk.health is Health.UNKNOWN
    assert "DOE" not in disk.words
    assert said[-1].check == "fips"


def test_every_finding_that_is_bad_has_a_remedy(config: Path) -> None:
    assert all(one.do for one in examine(config, SystemClock()) if one.health is Health.BAD)


def test_the_command_ends_with_1_when_something_cannot_be_done(config: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--config", str(config), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["well"] is False


@pytest.mark.parametrize(
    ("address", "networks", "within"),
    [
        ("127.0.0.1", ["localhost"], True),
        ("10.1.2.3", ["localhost"], False),
        ("10.1.2.3", ["127.0.0.0/8", "10.0.0.0/8"], True),
        ("192.0.2.1", ["10.0.0.0/8"], False),
    ],
)
def test_an_address_is_within_what_systemd_allows_or_not(address: str, networks: list[str], within: bool) -> None:
    assert _within(address, networks) is within


def test_of_the_journal_only_our_own_sentences_are_told_without_what_was_filled_in() -> None:
    entries = [
        {
            "MESSAGE": "agent.booking.desk: booking 20261124-DOEJOHN1 is held: DOE,JOHN has moved",
            "__REALTIME_TIMESTAMP": "1764000000000000",
        },
        {"MESSAGE": "<3>agent.booking.desk: booking 20261124-ABCDEFGH is held: x", "__REALTIME_TIMESTAMP": "1764000001000000"},
        {"MESSAGE": "DOE,JOHN 123-45-6789", "__REALTIME_TIMESTAMP": "1764000001000000"},
        {"MESSAGE": "agent.booking.desk: DOE,JOHN", "__REALTIME_TIMESTAMP": "x"},
        {"MESSAGE": [68, 79, 69]},
    ]
    said = told(entries)
    assert said["other_lines"] == 3
    assert [(one["sentence"], one["count"]) for one in said["sentences"]] == [("booking %s is held: %s", 2)]
    assert "DOE" not in json.dumps(said)


def test_the_sentences_are_those_of_the_program() -> None:
    assert "mqtt: connected to the broker" in sentences()
    assert len(sentences()) > 60
