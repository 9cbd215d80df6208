"""`livescan init`, `check` and `idle` as an administrator uses them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from agent.cli.main import app
from agent.clock import SystemClock
from agent.errors import ConfigError, LivescanError, UsageError
from agent.settings import load_settings
from agent.signing import training_ca
from agent.signing.certificates import Role
from agent.signing.keys import StationKeys
from agent.signing.requests import read_request
from agent.signing.slots import PURPOSE, Use

PRODUCTION = (
    *("--station", "LS-0042", "--ori", "XX0420000", "--agency", "EXAMPLE COUNTY", "--time-zone", "America/Chicago"),
    *("--bureau", "SIB", "--bureau-ori", "XXSIB0000", "--host", "mqtt.sib.example"),
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """As the package leaves it: paths, no station."""
    path = tmp_path / "etc" / "agent.toml"
    path.parent.mkdir()
    names = {"state": "core", "keys": "core/keys", "uplink": "uplink", "uplink_keys": "uplink/keys", "runtime": "run"}
    path.write_text("[paths]\n" + "".join(f'{key} = "{tmp_path / name}"\n' for key, name in names.items()))
    return path


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_training_station_starts_with_the_keys_that_init_makes(config: Path) -> None:
    run("init", "--training", "--config", config)
    settings = load_settings(config)
    keys = StationKeys.load(settings.paths.keys, environment=settings.station.environment)
    assert keys.station == settings.station.id == "LS-TRAINING"


def test_the_uplink_gets_its_tls_key_and_the_core_keeps_none(config: Path) -> None:
    run("init", "--training", "--config", config)
    paths = load_settings(config).paths
    assert sorted(str(one.relative_to(paths.tls_keys)) for one in paths.tls_keys.rglob("*.*")) == [
        "ca/ca.crt",
        "station/tls.crt",
        "station/tls.key",
    ]
    assert not list((paths.keys / "station").glob("tls.*"))
    shown = json.loads(run("keys", "show", "--config", config, "--json"))
    assert shown["warnings"] == []
    assert [row["use"] for row in shown["keys"]] == ["signing", "opening", "bureau opening", "authority", "tls"]


def test_init_if_new_touches_nothing_where_a_station_is(config: Path) -> None:
    run("init", "--training", "--if-new", "--config", config)
    before = {path: path.read_bytes() for path in config.parent.parent.rglob("*.*") if path.is_file()}
    run("init", "--training", "--if-new", "--station", "LS-OTHER", "--config", config)
    assert {path: path.read_bytes() for path in config.parent.parent.rglob("*.*") if path.is_file()} == before


def test_a_production_station_is_walked_from_nothing_to_keys_that_the_core_takes(config: Path, tmp_path: Path) -> None:
    now = SystemClock().now()
    ca = training_ca.make_ca(now)
    plain = _as_production(ca)
    bureau = _certified(plain, "SIB", Role.BUREAU, Use.OPENING)
    (tmp_path / "ca.crt").write_bytes(plain.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "bureau.crt").write_bytes(bureau.public_bytes(Encoding.PEM))
    given = ("--ca", tmp_path / "ca.crt", "--bureau-certificate", tmp_path / "bureau.crt")
    told = json.loads(run("init", *PRODUCTION, *given, "--config", config, "--json"))
    assert [Path(one).name for one in told["requests"]] == ["LS-0042-signing.csr", "LS-0042-opening.csr", "LS-0042-tls.csr"]
    for use, path in zip((Use.SIGNING, Use.OPENING, Use.TLS), told["requests"], strict=True):
        request = read_request(x509.load_pem_x509_csr(Path(path).read_bytes()).public_bytes(Encoding.DER))
        certificate = _answer(plain, request, use)
        (tmp_path / "answer.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
        assert json.loads(run("keys", "install", tmp_path / "answer.crt", "--config", config, "--json")) == {"installed": str(use)}
    settings = load_settings(config)
    assert StationKeys.load(settings.paths.keys, environment=settings.station.environment).station == "LS-0042"
    assert (settings.paths.tls_keys / "station" / "tls.crt").exists()


def test_an_answer_with_another_name_is_not_installed(config: Path, tmp_path: Path) -> None:
    plain = _as_production(training_ca.make_ca(SystemClock().now()))
    (tmp_path / "ca.crt").write_bytes(plain.certificate.public_bytes(Encoding.PEM))
    told = json.loads(run("init", *PRODUCTION, "--ca", tmp_path / "ca.crt", "--config", config, "--json"))
    request = x509.load_pem_x509_csr(Path(told["requests"][0]).read_bytes())
    other = training_ca.certify(plain, request.public_key(), "LS-0043", Role.STATION, PURPOSE[Use.SIGNING], now=SystemClock().now())  # type: ignore[arg-type]
    (tmp_path / "answer.crt").write_bytes(other.public_bytes(Encoding.PEM))
    with pytest.raises(LivescanError, match="another name than was asked for"):
        run("keys", "install", tmp_path / "answer.crt", "--config", config)


def test_init_again_keeps_keys_and_requests(config: Path) -> None:
    first = json.loads(run("init", *PRODUCTION, "--config", config, "--json"))["requests"]
    before = [Path(one).read_bytes() for one in first]
    again = json.loads(run("init", *PRODUCTION, "--config", config, "--json"))["requests"]
    assert [Path(one).read_bytes() for one in again] == before


def test_wrong_answers_leave_the_settings_as_they_were(config: Path) -> None:
    run("init", "--training", "--config", config)
    before = load_settings(config)
    with pytest.raises(ConfigError, match=r"station\.ori"):
        run("init", "--training", "--ori", "rubbish", "--config", config)
    assert load_settings(config) == before


def test_a_training_station_without_bookings_becomes_a_production_station(config: Path) -> None:
    run("init", "--training", "--config", config)
    run("init", *PRODUCTION, "--config", config)
    settings = load_settings(config)
    assert not settings.training
    assert not (settings.paths.keys / "ca").exists()


def test_a_training_station_with_bookings_keeps_its_keys(config: Path) -> None:
    run("init", "--training", "--config", config)
    (load_settings(config).paths.state / "core" / "bookings" / "20261124-ABCDEFGH").mkdir(parents=True)
    with pytest.raises(ConfigError, match="training bookings"):
        run("init", *PRODUCTION, "--config", config)
    assert (load_settings(config).paths.keys / "ca" / "ca.crt").exists()


def test_what_is_missing_is_named_where_nobody_can_be_asked(config: Path) -> None:
    with pytest.raises(UsageError, match="ORI of this agency"):
        run("init", "--station", "LS-0042", "--config", config)


def test_check_names_file_line_key_and_remedy(config: Path) -> None:
    run("init", "--training", "--config", config)
    assert "The settings are right" in run("check", "--config", config)
    (config.parent / "conf.d" / "60-site.toml").write_text("[delivery]\nkeepalife = 3\n")
    (fault,) = json.loads(run("check", "--config", config, "--json", code=78))["faults"]
    assert (Path(fault["file"]).name, fault["line"], fault["key"]) == ("60-site.toml", 2, "delivery.keepalife")
    assert "keepalive" in fault["do"]


def test_a_station_that_does_not_run_may_be_stopped(config: Path) -> None:
    run("init", "--training", "--config", config)
    assert json.loads(run("idle", "--config", config, "--json")) == {"idle": True, "open": 0}


def _as_production(ca: training_ca.Issued) -> training_ca.Issued:
    """The same authority under another organisation: a production one."""
    old = ca.certificate
    return training_ca.Issued(_signed(ca, _name("Example CA"), ca.key.public_key(), old.extensions, issuer=_name("Example CA")), ca.key)


def _answer(ca: training_ca.Issued, request: x509.CertificateSigningRequest, use: Use) -> x509.Certificate:
    """As an authority does: subject and usages of the request."""
    return _signed(ca, request.subject, request.public_key(), request.extensions)


def _certified(ca: training_ca.Issued, name: str, role: Role, use: Use) -> x509.Certificate:
    key = training_ca.issue(ca, name, role, PURPOSE[use], now=SystemClock().now()).key.public_key()
    like = training_ca.certify(ca, key, name, role, PURPOSE[use], now=SystemClock().now())
    return _signed(ca, _name(name, role), key, like.extensions)


def _signed(
    ca: training_ca.Issued, subject: x509.Name, key: Any, extensions: x509.Extensions, issuer: x509.Name | None = None
) -> x509.Certificate:
    now = SystemClock().now() - timedelta(minutes=5)
    serial, until = x509.random_serial_number(), now + timedelta(days=365)
    builder = x509.CertificateBuilder(issuer or ca.certificate.subject, subject, key, serial, now, until)
    for extension in extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(ca.key, training_ca.scheme_digest(ca))


def _name(common: str, role: Role | None = None) -> x509.Name:
    parts = [(x509.NameOID.ORGANIZATION_NAME, "EXAMPLE STATE"), *([(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, role.value)] if role else [])]
    return x509.Name([x509.NameAttribute(*part) for part in (*parts, (x509.NameOID.COMMON_NAME, common))])
