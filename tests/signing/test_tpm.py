"""The signing key in a TPM, by PKCS#11: made there, used there, renewed there; `openssl` judges what it signs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.data import need_debian
from tests.signing.tpm_station import CONTENT, LIBRARY

pytestmark = [pytest.mark.long, pytest.mark.timeout(120), pytest.mark.xdist_group("tpm")]


@pytest.fixture(scope="module")
def station() -> Iterator[tuple[Path, dict[str, Any]]]:
    need_debian("swtpm", "swtpm")
    need_debian("tpm2-abrmd", "tpm2-abrmd")
    need_debian("libtpm2-pkcs11-tools", "tpm2_ptool")
    need_debian("tpm2-tools", "tpm2_getrandom")
    session = need_debian("dbus", "dbus-run-session")
    if not LIBRARY.exists():
        pytest.skip("needs the Debian package 'libtpm2-pkcs11-1': apt-get install libtpm2-pkcs11-1")
    with tempfile.TemporaryDirectory(prefix="ls-") as folder:
        command = [session, "--", sys.executable, "-m", "tests.signing.tpm_station", folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        yield Path(folder), json.loads(done.stdout.splitlines()[-1])


def test_what_the_tpm_signs_the_bureau_believes(station: tuple[Path, dict[str, Any]]) -> None:
    _, said = station
    assert (said["kept"], said["ok"]) == ("PKCS#11 token livescan", True)


def test_a_key_in_a_tpm_is_renewed_in_the_tpm(station: tuple[Path, dict[str, Any]]) -> None:
    _, said = station
    assert (said["renewed"], said["second_ok"]) == (True, True)


@pytest.mark.parametrize("name", ["first", "second"])
def test_openssl_opens_and_verifies_it(station: tuple[Path, dict[str, Any]], name: str) -> None:
    folder, _ = station
    keys, signed = folder / "keys", folder / f"{name}.signed"
    bureau = ["-recip", keys / "bureau" / "opening.crt", "-inkey", keys / "bureau" / "opening.key"]
    opened = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", folder / f"{name}.cms", *bureau, "-out", signed]
    assert subprocess.run(opened, capture_output=True, check=False).returncode == 0
    later = str(int(time.time()) + 3 * 3600)  # the renewed certificate is of two hours from now
    verify = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        signed,
        "-CAfile",
        keys / "ca" / "ca.crt",
        "-purpose",
        "any",
        "-attime",
        later,
    ]
    found = subprocess.run(verify, capture_output=True, check=False)
    assert (found.returncode, found.stdout) == (0, CONTENT), found.stderr
