"""The package, built once for all tests that install it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.booth import install
from tests.system.machine import Machine, booted, need_machine

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("LIVESCAN_DEB")
    if given:
        return Path(given)
    need_machine()
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, str(ROOT / "systemd" / "build_deb.py"), "--out", str(out)], check=True)
    return next(out.glob("*.deb"))


@pytest.fixture(scope="session")
def installed(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A freshly installed training station in a machine that several files share."""
    for one in booted(tmp_path_factory.mktemp("i"), "controllers"):
        shutil.copy(deb, one.root / "livescan-agent.deb")
        install(one)
        yield one
