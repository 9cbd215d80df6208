"""`livescan keys` as an administrator uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from agent.cli.keys import app
from agent.clock import SystemClock
from agent.errors import LivescanError
from agent.signing import training_ca
from agent.signing.keys import init_training
from agent.signing.requests import read_request
from agent.signing.slots import PURPOSE, Use
from agent.signing.training_keys import load_training_ca


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    init_training(tmp_path / "keys", station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock())
    return tmp_path / "keys"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_show_says_of_each_key_where_it_is(keys: Path) -> None:
    shown = json.loads(run("show", "--dir", keys, "--json"))
    assert shown["warnings"] == []
    assert [(row["use"], row["kept"], row["state"]) for row in shown["keys"][:3]] == [
        ("signing", "file", "in date"),
        ("opening", "file", "in date"),
        ("tls", "file", "in date"),
    ]
    assert "LS-0001" in run("show", "--dir", keys)


def test_request_carry_install(keys: Path, tmp_path: Path) -> None:
    csr, crt = tmp_path / "next.csr", tmp_path / "next.crt"
    asked = json.loads(run("request", "signing", "--out", csr, "--dir", keys, "--json"))
    assert asked["use"] == "signing"
    assert json.loads(run("show", "--dir", keys, "--json"))["keys"][0]["asked"] is True
    request = x509.load_pem_x509_csr(csr.read_bytes())
    read_request(request.public_bytes(Encoding.DER))
    now = SystemClock().now() + training_ca.timedelta(seconds=5)
    made = training_ca.certify(
        load_training_ca(keys),
        request.public_key(),
        "LS-0001",
        training_ca.Role.STATION,
        PURPOSE[Use.SIGNING],
        now=now,  # type: ignore[arg-type]
    )
    crt.write_bytes(made.public_bytes(Encoding.PEM))
    assert json.loads(run("install", crt, "--dir", keys, "--json")) == {"installed": "signing"}
    assert (keys / "station" / "signing.crt").read_bytes() == crt.read_bytes()


def test_renew_asks_only_for_what_is_due(keys: Path) -> None:
    assert json.loads(run("renew", "--dir", keys, "--json")) == {"requests": []}
    every = json.loads(run("renew", "--all", "--dir", keys, "--json"))
    assert [one["use"] for one in every["requests"]] == ["signing", "opening", "tls"]


def test_a_revocation_list_is_put_in_force_and_shown(keys: Path, tmp_path: Path) -> None:
    bureau = x509.load_pem_x509_certificate((keys / "bureau" / "opening.crt").read_bytes())
    (tmp_path / "ca.crl").write_bytes(training_ca.revoke(load_training_ca(keys), [bureau], now=SystemClock().now()))
    assert json.loads(run("crl", tmp_path / "ca.crl", "--dir", keys, "--json"))["revoked"] == 1
    shown = json.loads(run("show", "--dir", keys, "--json"))
    assert {row["use"]: row["state"] for row in shown["keys"]}["bureau opening"] == "revoked"
    assert shown["warnings"] == ["bureau opening: The certificate is revoked: ask the authority for the present one."]


def test_a_word_that_is_no_use_is_said(keys: Path) -> None:
    with pytest.raises(LivescanError, match="no use of a key"):
        run("request", "everything", "--dir", keys)
