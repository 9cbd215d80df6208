"""The package on a bare Debian 12 with a real systemd: installed in one step, watched, killed, exchanged, removed.

`make test-system`. Debian packages: mmdebstrap, systemd-container; as root. LIVESCAN_DEB names a package that is built already.
The tests of this file share one machine and follow each other; test_releases goes on with it.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from tests.system.booth import Booth, install, probed
from tests.system.machine import Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(600), pytest.mark.xdist_group("machine")]

ROOT = Path(__file__).resolve().parent.parent.parent
CORE, UPLINK = "livescan-core.service", "livescan-uplink.service"
MOST_MB = 160


@pytest.fixture
def machine(shared_machine: Machine) -> Machine:
    return shared_machine


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


def test_the_gallery_reads_the_booking_in_the_cores_sandbox(station: Booth) -> None:
    """LEADER by onnxruntime, in a worker process, without writable code, without a say in its priority."""
    station.machine.until(f"journalctl -u {CORE} --no-pager | grep -qE 'gallery: booking [0-9A-Z-]+: 10 fingers'", 120)
    assert not station.machine.holds(f"journalctl -u {CORE} --no-pager | grep -q 'ended unexpectedly'")


def test_the_status_says_in_words_how_the_services_are(station: Booth) -> None:
    station.machine.until(f"systemctl show -P StatusText {CORE} | grep -q 'uplink connected; 0 without receipt'", 15)
    assert station.machine.shown(UPLINK, "StatusText") == "broker connected; core connected"


def test_settings_are_taken_up_without_a_new_process_and_the_doors_stay_open(station: Booth) -> None:
    machine = station.machine
    before = {unit: main_pid(machine, unit) for unit in (CORE, UPLINK)}
    (machine.root / "etc/livescan/conf.d/60-site.toml").write_text("[delivery]\nkeepalive = 99\n")
    told = json.loads(machine.says("livescan reload --json"))
    assert told == {"changes": [{"key": "delivery.keepalive", "before": 60, "after": 99}], "refused": {}}
    assert {unit: main_pid(machine, unit) for unit in (CORE, UPLINK)} == before
    machine.until(f"systemctl show -P StatusText {UPLINK} | grep -q 'broker connected; core connected'", 40)
    assert station.accounts()


def test_the_doctor_finds_a_well_station_and_the_bundle_is_written(station: Booth) -> None:
    found = json.loads(station.machine.run("livescan doctor --json", check=False).stdout)["findings"]
    assert [one["words"] for one in found if one["health"] == "bad"] == []
    assert {one["check"] for one in found} >= {"settings", "keys", "scanner", "services", "core", "broker", "addresses"}
    held = json.loads(station.machine.says("livescan diagnostics --out /root/bundle.tar.gz --json"))["holds"]
    assert {"units.json", "journal.json", "status.json"} <= set(held)


def test_from_inside_the_core_there_is_no_network_no_foreign_device_and_no_home(station: Booth) -> None:
    found = probed(station.machine, CORE, "livescan-core", "livescan-uplink")
    assert found["could"] == ["write its own folder"]
    assert set(found["interfaces"]) <= {"lo"}


def test_from_inside_the_uplink_there_are_no_bookings_and_no_devices(station: Booth) -> None:
    found = probed(station.machine, UPLINK, "livescan-uplink", "livescan-core")
    allowed = {"write its own folder", "open an internet socket", "reach this machine"}
    assert set(found["could"]) - {"reach another host"} == allowed, "IPAddressDeny holds in the other kind of machine"


def test_the_probe_finds_what_an_open_unit_allows(station: Booth) -> None:
    found = probed(station.machine, None, "livescan-core", "livescan-uplink")
    assert {"read a home", "open a foreign device", "reach this machine", "write settings", "see another's process"} <= set(found["could"])


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
    acknowledged = {account["booking"] for account in station.accounts()}
    for n in range(6):
        if n % 2 == 0:
            acknowledged.add(station.book())
        time.sleep(chance.uniform(0.2, 5.0))
        for unit in chance.sample((CORE, UPLINK), chance.choice((1, 2))):
            machine.run(f"systemctl kill -s KILL {unit}")
        machine.until(f"systemctl is-active {CORE} && systemctl is-active {UPLINK}", 60)
        machine.run("systemctl reset-failed 'livescan-*'")  # only now: a unit that is going down would not be started again
    station.answered(240)
    assert acknowledged <= {account["booking"] for account in station.accounts()}
    assert station.lost_and_doubled() == ([], [])


@pytest.mark.parametrize("unit", [CORE, UPLINK])
def test_a_wrong_setting_keeps_a_service_down_is_named_and_is_not_tried_again(station: Booth, unit: str) -> None:
    machine, wrong = station.machine, station.machine.root / "etc/livescan/conf.d/95-wrong.toml"
    wrong.write_text("[delivery]\nkeepalife = 3\n")
    machine.run(f"systemctl reset-failed 'livescan-*'; systemctl restart {unit}", check=False)
    machine.until(f"test $(systemctl show -P ActiveState {unit}) = failed", 30)
    time.sleep(5.0)  # the uplink dials meanwhile
    assert machine.shown(unit, "ActiveState") == "failed"
    assert (machine.shown(unit, "ExecMainStatus"), machine.shown(unit, "NRestarts")) == ("78", "0")
    assert "95-wrong.toml line 2" in machine.says(f"journalctl -u {unit} --no-pager | tail -5")
    wrong.unlink()
    machine.run(f"systemctl start {unit}")
    machine.until(f"systemctl is-active {CORE} && systemctl is-active {UPLINK}", 40)


def test_a_core_that_was_stopped_stays_stopped_though_the_uplink_dials(station: Booth) -> None:
    station.machine.run(f"systemctl stop {CORE}", timeout=60)
    time.sleep(5.0)
    assert station.machine.shown(CORE, "ActiveState") == "inactive"
    station.machine.run(f"systemctl start {CORE}")
    station.machine.until(f"systemctl show -P StatusText {UPLINK} | grep -q 'core connected'", 30)


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
    station.scanner()
    station.answered(180)
    assert booking in {account["booking"] for account in station.accounts()}
