"""Where the uplink may go by address: systemd's wall (IPAddressDeny=), which needs cgroup v2, so a machine of the other kind.

Debian packages: mmdebstrap, systemd-container; as root. Part of `make test-system`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.booth import PYTHON, install, probed
from tests.system.machine import Machine, booted

pytestmark = [pytest.mark.long, pytest.mark.timeout(600), pytest.mark.xdist_group("machine")]

UPLINK, DROP_IN = "livescan-uplink.service", "etc/systemd/system/livescan-probe.service.d"


@pytest.fixture(scope="module")
def machine(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    for one in booted(tmp_path_factory.mktemp("w"), "bpf"):
        shutil.copy(deb, one.root / "livescan-agent.deb")
        install(one)
        one.run(f"systemd-run -q --unit listener {PYTHON} -m http.server 8883 --bind 0.0.0.0")
        yield one


def test_the_uplink_reaches_this_machine_and_no_other_address(machine: Machine) -> None:
    found = probed(machine, UPLINK, "livescan-uplink", "livescan-core")
    assert "reach this machine" in found["could"]
    assert "reach another host" not in found["could"]


def test_with_its_drop_in_it_reaches_the_network_that_is_named_there(machine: Machine) -> None:
    folder = machine.root / DROP_IN
    folder.mkdir(parents=True)
    (folder / "50-addresses.conf").write_text("[Service]\nIPAddressAllow=10.99.0.0/24\n")
    assert "reach another host" in probed(machine, UPLINK, "livescan-uplink", "livescan-core")["could"]


def test_an_open_unit_reaches_both(machine: Machine) -> None:
    shutil.rmtree(machine.root / DROP_IN, ignore_errors=True)
    assert {"reach this machine", "reach another host"} <= set(probed(machine, None, "livescan-uplink", "livescan-core")["could"])
