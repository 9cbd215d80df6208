"""The package, built once for all tests that install it, and one booted machine for the stories that follow each other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.booth import Booth, install
from tests.system.machine import Machine, booted, need_machine

ROOT = Path(__file__).resolve().parent.parent.parent
UPLINK = "livescan-uplink.service"


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
def shared_machine(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Of test_package, and after it of test_releases."""
    for one in booted(tmp_path_factory.mktemp("m"), "controllers"):
        shutil.copy(deb, one.root / "livescan-agent.deb")
        yield one


@pytest.fixture(scope="session")
def station(shared_machine: Machine) -> Booth:
    """Installed, with a scanner, a broker and a bureau around it."""
    machine = shared_machine
    install(machine)
    booth = Booth(machine)
    booth.build()
    machine.until("systemctl is-active livescan-core livescan-uplink", 30)
    machine.until(f"systemctl show -P StatusText {UPLINK} | grep -q 'broker connected'", 60)
    machine.until("test -S /run/livescan-sim/scanner.sock", 120)
    return booth


@pytest.fixture(scope="session")
def installed(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A freshly installed training station in a machine that several files share."""
    for one in booted(tmp_path_factory.mktemp("i"), "controllers"):
        shutil.copy(deb, one.root / "livescan-agent.deb")
        install(one)
        yield one
