"""A station that was off for three months: certificates have ended, a booking waits. It says so, is renewed by hand, and sends."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.clock import SystemClock
from agent.signing import training_ca
from agent.signing.requests import read_request
from agent.signing.slots import PURPOSE, Use
from agent.signing.training_keys import load_training_ca, tls_user
from agent.training.bureau_store import bureau_journal
from agent.training.demo import training_booking
from agent.training.site import STATION, TrainingSite
from tests.data import testdata

CARD = "prints/nist/type-4-tpcard.an2"
DONE_WITHIN = 60.0  # s

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo"), pytest.mark.timeout(240)]


def certify(site: TrainingSite, use: Use, key: Any, *, ago: timedelta) -> bytes:
    now = SystemClock().now() - ago
    names = (tls_user(STATION, training_ca.Role.STATION),) if use is Use.TLS else ()
    made = training_ca.certify(load_training_ca(site.keys), key, STATION, training_ca.Role.STATION, PURPOSE[use], now=now, names=names)
    return made.public_bytes(Encoding.PEM)


def livescan(site: TrainingSite, *arguments: str) -> Any:
    command = [sys.executable, "-m", "agent.cli", *arguments, "--config", str(site.config), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def renew(site: TrainingSite, use: Use) -> None:
    """As an administrator does: request, carry, install."""
    csr, crt = site.folder / f"{use}.csr", site.folder / f"{use}.crt"
    livescan(site, "keys", "request", use, "--out", str(csr))
    request = x509.load_pem_x509_csr(csr.read_bytes())
    read_request(request.public_bytes(Encoding.DER))
    crt.write_bytes(certify(site, use, request.public_key(), ago=timedelta()))
    assert livescan(site, "keys", "install", str(crt)) == {"installed": use}


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + DONE_WITHIN
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def submission(site: TrainingSite, booking: str) -> dict[str, Any] | None:
    found = site.client.get(f"/api/bookings/{booking}")["submissions"]
    return found[0] if found and found[0]["content_sha256"] else None


def end_signer(site: TrainingSite) -> None:
    """As if the booking had been signed with the certificate that has ended since."""
    with closing(sqlite3.connect(site.folder / "state" / "core" / "core.sqlite")) as db, db:
        db.execute("UPDATE submission SET signer_ends = ?", ((SystemClock().now() - timedelta(days=20)).isoformat(),))


def test_what_waited_goes_out_once_after_the_renewal() -> None:
    card = testdata(CARD)
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        site.write_settings()
        core = site.start_station_part("core")
        core.wait_ready(30.0)
        facts = site.folder / "facts.json"
        facts.write_text(json.dumps(training_booking({})))
        booking = livescan(site, "booking", "import", str(card), "--officer", "officer-01", "--facts", str(facts))["booking"]
        sealed = until(lambda: submission(site, booking))
        core.stop()
        end_signer(site)

        for use in (Use.SIGNING, Use.TLS):
            path = site.keys / "station" / f"{use}.crt"
            key = x509.load_pem_x509_certificate(path.read_bytes()).public_key()
            path.write_bytes(certify(site, use, key, ago=timedelta(days=365 + 20)))

        bureau = site.start_bureau()
        for part in (bureau, site.start_station_part("core"), site.start_station_part("uplink")):
            part.wait_ready(30.0)
        said = " ".join(site.client.get("/api/status")["keys"])
        assert "signing: This certificate ended on" in said
        assert "tls: This certificate ended on" in said
        assert "livescan keys request tls" in said
        time.sleep(3.0)
        assert bureau_journal(site.bureau) == ()

        renew(site, Use.SIGNING)
        until(lambda: (one := submission(site, booking)) and one["envelope_sha256"] != sealed["envelope_sha256"])  # its signer had ended
        renew(site, Use.TLS)

        after = until(lambda: (one := submission(site, booking)) and one["receipted"] and one)
        assert after["content_sha256"] == sealed["content_sha256"]
        assert [(one.tcn, one.content_sha256) for one in bureau_journal(site.bureau)] == [(sealed["tcn"], sealed["content_sha256"])]
        assert site.client.get("/api/status")["keys"] == []
