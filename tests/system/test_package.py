"""The package on a bare Debian 12 with a real systemd: installed in one step, watched, killed, exchanged, removed.

`make test-system`. Debian packages: mmdebstrap, systemd-container; as root. LIVESCAN_DEB names a package that is built already.
The tests of this file share one machine and follow each other.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.booth import Booth
from tests.system.machine import Machine, booted, need_machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(600), pytest.mark.xdist_group("machine")]

ROOT = Path(__file__).resolve().parent.parent.parent
CORE, UPLINK = "livescan-core.service", "livescan-uplink.service"
MOST_MB = 160


@pytest.fixture(scope="session")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("LIVESCAN_DEB")
    if given:
        return Path(given)
    need_machine()
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, str(ROOT / "systemd" / "build_deb.py"), "--out", str(out)], check=True)
    return next(out.glob("*.deb"))


@pytest.fixture(scope="module")
def machine(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    for one in booted(tmp_path_factory.mktemp("m"), "controllers"):
        shutil.copy(deb, one.root / "livescan-agent.deb")
        yield one


@pytest.fixture(scope="module")
def station(machine: Machine) -> Booth:
    """Installed, with a scanner, a broker and a bureau around it."""
    install(machine)
    booth = Booth(machine)
    booth.build()
    machine.until("systemctl is-active livescan-core livescan-uplink", 30)
    machine.until(f"systemctl show -P StatusText {UPLINK} | grep -q 'broker connected'", 60)
    machine.until("test -S /run/livescan-sim/scanner.sock", 120)
    return booth


def install(machine: Machine) -> None:
    if not machine.holds("dpkg -s livescan-agent >/dev/null 2>&1"):
        machine.run("apt-get install -y --no-install-recommends /livescan-agent.deb", timeout=200)


def main_pid(machine: Machine, unit: str) -> int:
    return int(machine.shown(unit, "MainPID"))


def test_the_package_is_small_enough(deb: Path) -> None:
    assert deb.stat().st_size < MOST_MB * 1_000_000


def test_one_step_installs_a_running_training_station(machine: Machine) -> None:
    install(machine)
    assert machine.says(f"systemctl is-active livescan-agent.target {CORE} {UPLINK}").split() == ["active"] * 3
    assert machine.says("systemctl is-enabled livescan-agent.target") == "enabled"
    assert "The settings are right" in machine.says("livescan check")
    assert "LS-TRAINING" in machine.says("cat /etc/livescan/conf.d/50-station.toml")


def test_the_services_are_users_of_their_own_and_neither_reads_the_others_keys(machine: Machine) -> None:
    owners = {unit: machine.says(f"ps -o user= -p {main_pid(machine, unit)}").strip() for unit in (CORE, UPLINK)}
    assert owners == {CORE: "livescan-core", UPLINK: "livescan-uplink"} or owners[CORE].startswith("livescan")
    for user, other in (("livescan-core", "livescan-uplink"), ("livescan-uplink", "livescan-core")):
        assert not machine.holds(f"setpriv --reuid {user} --regid {user} --clear-groups ls /var/lib/{other}/keys")


def test_nothing_of_the_package_is_written_when_it_runs(machine: Machine) -> None:
    assert machine.says("find /usr/lib/livescan-agent -newer /var/lib/dpkg/info/livescan-agent.list -type f | head -3") == ""


def test_a_booking_goes_through_mosquitto_to_the_bureau_and_back(station: Booth) -> None:
    booking = station.book()
    station.answered(150)
    (account,) = station.accounts()
    assert account["booking"] == booking
    assert station.lost_and_doubled() == ([], [])


def test_the_status_says_in_words_how_the_services_are(station: Booth) -> None:
    station.machine.until(f"systemctl show -P StatusText {CORE} | grep -q 'uplink connected; 0 without receipt'", 15)
    assert station.machine.shown(UPLINK, "StatusText") == "broker connected; core connected"


def test_the_core_reaches_no_network_no_foreign_device_and_no_home(station: Booth) -> None:
    inside = f"nsenter -t {main_pid(station.machine, CORE)} -m -n -U --preserve-credentials"
    run = station.machine.holds
    assert station.machine.says(f"{inside} cat /proc/net/dev | tail -n +3 | cut -d: -f1").split() == ["lo"]
    assert not run(f"{inside} ls /home/*"), "ProtectHome"
    assert not run(f"{inside} ls /var/lib/livescan-uplink/keys"), "InaccessiblePaths"
    assert not run(f"{inside} touch /usr/x /etc/x"), "ProtectSystem"
    assert not run(f"{inside} ls /dev/vda /dev/mem /dev/kmsg"), "PrivateDevices"


def test_the_uplink_sees_neither_bookings_nor_devices(station: Booth) -> None:
    inside = f"nsenter -t {main_pid(station.machine, UPLINK)} -m"
    assert not station.machine.holds(f"{inside} ls /var/lib/livescan-core/core")
    assert not station.machine.holds(f"{inside} ls /dev/bus/usb /dev/ttyACM0")


@pytest.mark.parametrize("unit", [CORE, UPLINK])
def test_a_process_that_hangs_is_ended_by_the_watchdog_and_started_again(station: Booth, unit: str) -> None:
    machine = station.machine
    before, restarts = main_pid(machine, unit), int(machine.shown(unit, "NRestarts"))
    machine.run(f"kill -STOP {before}")
    machine.until(f"test $(systemctl show -P NRestarts {unit}) -gt {restarts}", 60)
    machine.until(f"systemctl is-active {unit}", 30)
    assert main_pid(machine, unit) != before
    assert "watchdog" in machine.says(f"journalctl -u {unit} --no-pager | grep -i watchdog | tail -1").lower()


def test_kills_at_random_moments_lose_and_double_nothing(station: Booth) -> None:
    chance = random.Random(20261124)
    machine = station.machine
    booked = len(station.accounts())
    for n in range(6):
        if n % 2 == 0:
            station.book()
            booked += 1
        time.sleep(chance.uniform(0.2, 5.0))
        for unit in chance.sample((CORE, UPLINK), chance.choice((1, 2))):
            machine.run(f"systemctl kill -s KILL {unit}")
        machine.run("systemctl reset-failed 'livescan-*'")
        machine.until(f"systemctl is-active {CORE} {UPLINK}", 40)
    station.answered(240)
    assert len(station.accounts()) == booked
    assert station.lost_and_doubled() == ([], [])


def test_a_wrong_setting_stops_the_station_once_and_is_named(station: Booth) -> None:
    machine, wrong = station.machine, station.machine.root / "etc/livescan/conf.d/95-wrong.toml"
    wrong.write_text("[delivery]\nkeepalife = 3\n")
    machine.run(f"systemctl stop {UPLINK} && systemctl start {UPLINK}", check=False)
    machine.until(f"test $(systemctl show -P ActiveState {UPLINK}) = failed", 30)
    assert machine.shown(UPLINK, "ExecMainStatus") == "78"
    assert machine.shown(UPLINK, "NRestarts") == "0"
    assert "95-wrong.toml line 2" in machine.says(f"journalctl -u {UPLINK} --no-pager | tail -5")
    wrong.unlink()
    machine.run(f"systemctl reset-failed {UPLINK}; systemctl start {UPLINK}")


def test_the_package_is_not_exchanged_while_a_booking_is_taken(station: Booth) -> None:
    machine = station.machine
    machine.run("systemctl stop test-scanner")
    booking = station.book()
    machine.until("! livescan idle", 20)
    refused = machine.run("apt-get install -y --reinstall /livescan-agent.deb", check=False, timeout=200)
    assert refused.returncode != 0
    assert "a booking is being taken" in refused.stdout + refused.stderr
    assert machine.says(f"systemctl is-active {CORE}") == "active"
    assert machine.says("dpkg-query -W -f '${Status}' livescan-agent") == "install ok installed"
    station.machine.run("systemctl reset-failed test-scanner 2>/dev/null; true")
    machine.run("systemd-run -q --unit test-scanner-2 -p Restart=always -p User=livescan-core -p RuntimeDirectory=livescan-sim "
                "-p Environment=XDG_CACHE_HOME=/var/cache/grown livescan sim run fap60 --listen unix:/run/livescan-sim/scanner.sock "
                "--serial LS60-TEST --subject synthetic:1 --speed 8")  # fmt: skip
    station.answered(180)
    assert booking in {account["booking"] for account in station.accounts()}


def test_an_upgrade_keeps_settings_bookings_and_the_queue(station: Booth) -> None:
    machine = station.machine
    before = {account["booking"] for account in station.accounts()}
    machine.run("systemctl stop test-broker")
    machine.run("sed -i '1i # changed by the administrator' /etc/livescan/agent.toml")
    machine.run("apt-get install -y --reinstall /livescan-agent.deb", timeout=200)
    machine.until(f"systemctl is-active {CORE} {UPLINK}", 40)
    assert {account["booking"] for account in station.accounts()} == before
    assert "# changed by the administrator" in machine.says("head -1 /etc/livescan/agent.toml")


def test_purge_leaves_nothing(station: Booth) -> None:
    machine = station.machine
    machine.run("systemctl stop test-bureau test-scanner-2 2>/dev/null; true")
    machine.run("apt-get purge -y livescan-agent", timeout=200)
    left = machine.says("ls -d /etc/livescan* /var/lib/livescan* /usr/lib/livescan* /run/livescan /usr/bin/livescan 2>/dev/null; true")
    assert left == ""
    assert machine.says("systemctl list-unit-files --no-pager 'livescan*' | grep -c livescan; true") == "0"
    assert machine.says("getent passwd | grep -c livescan; true") == "0"
