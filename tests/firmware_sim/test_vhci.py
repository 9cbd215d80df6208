"""vhci attach by sysfs, against files that look like the kernel's. The kernel's own is in tests/system."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_sim.bench import Bench
from firmware_sim.hosts.vhci import VhciPort
from firmware_sim.hosts.vhci_sysfs import VhciError, free_port
from tests.firmware_sim.usbip_client import Client

STATUS = """hub port sta spd dev      sockfd local_busid
hs  0000 006 003 00010002 000003 1-1
hs  0001 004 000 00000000 000000 0-0
ss  0008 004 000 00000000 000000 0-0
"""


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    folder = tmp_path / "vhci_hcd.0"
    folder.mkdir()
    (folder / "status").write_text(STATUS)
    (folder / "attach").touch()
    (folder / "detach").touch()
    return folder


def test_first_free_port_of_the_high_speed_hub():
    assert free_port(STATUS) == 1
    with pytest.raises(VhciError, match="taken"):
        free_port(STATUS.replace("hs  0001 004", "hs  0001 006"))


def test_kernel_is_told_port_socket_device_and_speed_and_the_bench_is_taken(bench: Bench, sysfs: Path):
    port = VhciPort(bench.device, sysfs)
    number, _socket, devid, speed = (sysfs / "attach").read_text().split()
    assert (number, int(devid), speed) == ("1", 1 << 16 | 2, "3")
    port.close()
    assert (sysfs / "detach").read_text() == "1"
    Client(bench.address).sock.close()


def test_without_the_module_it_is_a_sentence(bench: Bench, tmp_path: Path):
    with pytest.raises(VhciError, match="modprobe"):
        VhciPort(bench.device, tmp_path / "none")
    Client(bench.address).sock.close()
