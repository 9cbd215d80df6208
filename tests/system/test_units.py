"""The shipped units: systemd takes them without a word, they expose no more than is said, and every line that opens something says why.

Debian package: systemd (systemd-analyze works without being PID 1).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drivers.uru4500_wire import IDS
from tests.data import need_debian

SYSTEMD = Path(__file__).resolve().parent.parent.parent / "systemd"
UNITS = sorted(path.name for pattern in ("*.service", "*.socket", "*.target", "*.timer") for path in SYSTEMD.glob(pattern))
CORE, UPLINK, RENEW, DECODE = "livescan-core.service", "livescan-uplink.service", "livescan-renew.service", "livescan-decode@.service"
TRAINING, SCANNER = "livescan-training.service", "livescan-training-scanner.service"
DROP_IN = SYSTEMD / "livescan-core.service.d" / "50-serial-or-camera.conf.example"
RULES = (SYSTEMD / "60-livescan-agent.rules").read_text("utf-8")
# what systemd.exec(5) would have, and the one value that a unit may give instead when it says why
STRICT = {
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateUsers": "yes",
    "NoNewPrivileges": "yes",
    "MemoryDenyWriteExecute": "yes",
    "CapabilityBoundingSet": "",
    "DevicePolicy": "closed",
    "IPAddressDeny": "any",
}


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with our units, the distribution's own, and a program at each path that they start."""
    root = tmp_path_factory.mktemp("root")
    there = root / "usr" / "lib" / "systemd" / "system"
    shutil.copytree("/usr/lib/systemd/system", there, symlinks=True, ignore_dangling_symlinks=True)
    for name in UNITS:
        shutil.copy(SYSTEMD / name, there / name)
    for program in (
        "usr/lib/livescan-agent/bin/livescan",
        "usr/lib/livescan-agent/bin/python",
        "usr/bin/cage",
        "bin/kill",
        "usr/bin/kill",
        "bin/sh",
    ):
        path = root / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return root


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_unit_without_a_word(unit: str, staged: Path) -> None:
    done = _analyze("verify", "--man=no", f"--root={staged}", f"/usr/lib/systemd/system/{unit}")
    assert (done.returncode, ours(done.stderr)) == (0, [])


def test_an_unknown_word_in_a_unit_is_seen(staged: Path) -> None:
    broken = staged / "usr" / "lib" / "systemd" / "system" / "livescan-broken.service"
    broken.write_text((SYSTEMD / UPLINK).read_text("utf-8").replace("TasksMax=", "TaskMax="))
    done = _analyze("verify", "--man=no", f"--root={staged}", f"/usr/lib/systemd/system/{broken.name}")
    assert any("TaskMax" in line for line in ours(done.stderr))


@pytest.mark.parametrize(("unit", "most"), [(CORE, 3), (UPLINK, 10), (RENEW, 3), (DECODE, 1), (TRAINING, 2), (SCANNER, 2)])
def test_a_unit_exposes_no_more_than_is_said(unit: str, most: int) -> None:
    """most: tenths, as systemd-analyze takes them."""
    done = _analyze("security", "--offline=true", f"--threshold={most}", str(SYSTEMD / unit))
    assert done.returncode == 0, done.stdout[-200:]


def test_the_core_with_the_drop_in_for_serial_devices_and_a_camera_stays_below_0_4(tmp_path: Path) -> None:
    unit = tmp_path / CORE
    unit.write_text((SYSTEMD / CORE).read_text("utf-8") + DROP_IN.read_text("utf-8"))
    done = _analyze("security", "--offline=true", "--threshold=4", str(unit))
    assert done.returncode == 0, done.stdout[-200:]


def test_the_judge_of_exposure_would_refuse_an_open_unit(tmp_path: Path) -> None:
    unit = tmp_path / CORE
    unit.write_text(
        (SYSTEMD / CORE).read_text("utf-8").replace("PrivateNetwork=yes\n", "").replace("AF_UNIX AF_NETLINK", "AF_UNIX AF_INET")
    )
    assert _analyze("security", "--offline=true", "--threshold=3", str(unit)).returncode == 1


@pytest.mark.parametrize("unit", [CORE, UPLINK, RENEW, DECODE, TRAINING, SCANNER])
def test_every_restriction_is_there(unit: str) -> None:
    said = settings_of(SYSTEMD / unit)
    assert {key: said.get(key, ["missing"])[-1] for key in STRICT} == STRICT


@pytest.mark.parametrize("unit", [CORE, UPLINK, DECODE, TRAINING, SCANNER])
@pytest.mark.parametrize(
    "key", ["MemoryMax", "TasksMax", "DeviceAllow", "IPAddressAllow", "RestrictAddressFamilies", "BindPaths", "ReadWritePaths"]
)
def test_a_line_that_opens_or_limits_has_its_reason_above_it(unit: str, key: str) -> None:
    lines = (SYSTEMD / unit).read_text("utf-8").splitlines()
    for n, line in enumerate(lines):
        if line.startswith(f"{key}="):
            block = lines[: n + 1][::-1]
            until = next(at for at, one in enumerate(block) if one.startswith("#") or not one)
            assert block[until].startswith("#"), f"{unit}: {line}"


@pytest.mark.parametrize("unit", [CORE, UPLINK])
def test_a_service_is_watched_restarted_within_limits_and_not_for_a_wrong_configuration(unit: str) -> None:
    said = settings_of(SYSTEMD / unit)
    assert said["Type"] == ["notify"]
    assert said["WatchdogSec"] == ["30s"]
    assert said["Restart"] == ["on-failure"]
    assert said["RestartPreventExitStatus"] == ["64 78"]
    assert said["StartLimitBurst"] == ["10"]


def test_the_core_has_no_network_and_its_page_is_on_this_machine_only() -> None:
    assert settings_of(SYSTEMD / CORE)["PrivateNetwork"] == ["yes"]
    ports = [one for one in settings_of(SYSTEMD / "livescan-core.socket")["ListenStream"] if not one.startswith("/")]
    assert ports == ["127.0.0.1:8440", "[::1]:8440"]


def test_each_of_the_two_cannot_see_the_others_keys() -> None:
    assert "-/var/lib/livescan-uplink" in settings_of(SYSTEMD / CORE)["InaccessiblePaths"][0].split()
    assert "-/var/lib/livescan-core" in settings_of(SYSTEMD / UPLINK)["InaccessiblePaths"][0].split()


def test_udev_knows_every_usb_reader_that_a_driver_knows_by_its_ids() -> None:
    makers = {match[1]: match[2].split("|") for match in re.finditer(r'ATTR\{idVendor\}=="(\w+)", ATTR\{idProduct\}=="([\w|]+)"', RULES)}
    assert {(int(maker, 16), int(product, 16)) for maker, products in makers.items() for product in products} == set(IDS)


def test_udev_knows_our_open_protocol_and_serial_devices_by_what_their_documents_say() -> None:
    from drivers.serial_ports import PRODUCTS

    assert '"*:ff4660:*"' in RULES
    assert all(product in RULES for product in PRODUCTS)


def settings_of(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "[")):
            found.setdefault(key, []).append(value)
    return found


def ours(said: str) -> list[str]:
    """Lines that speak of our units; the distribution's own are not ours to mend."""
    return [line for line in said.splitlines() if "livescan" in line]


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = need_debian("systemd", "systemd-analyze")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
