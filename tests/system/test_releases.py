"""From one release to another and back, in the machine of test_package: whatever is exchanged, no booking is lost, none is sent twice.

The later releases are this package with another version and added steps of its records (tests/system/releases.py).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.data import testdata
from tests.system.booth import PYTHON, Booth
from tests.system.machine import Machine
from tests.system.releases import later

pytestmark = [pytest.mark.long, pytest.mark.timeout(600), pytest.mark.xdist_group("machine")]

CORE, UPLINK = "livescan-core.service", "livescan-uplink.service"
FIRST = "CREATE TABLE trial (booking TEXT PRIMARY KEY) STRICT; INSERT INTO trial SELECT id FROM booking"
SECOND = "ALTER TABLE trial ADD COLUMN more TEXT"
BREAKS = "CREATE TABLE trial (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)"
STEPS: dict[str, dict[str, tuple[str, ...]]] = {
    "0.1.1": {"core.sqlite": (FIRST,)},
    "0.1.2": {"core.sqlite": (FIRST, SECOND), "audit.sqlite": (BREAKS,)},
}
DATABASE = "/var/lib/livescan-core/core/core.sqlite"


@pytest.fixture(scope="module")
def releases(deb: Path, station: Booth, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Laid into the machine: 0.1.1 adds a step; 0.1.2 adds another, and one that fails half way in the second database."""
    out = tmp_path_factory.mktemp("releases")
    for version, steps in STEPS.items():
        shutil.move(later(deb, out, version, steps), station.machine.root / f"livescan-agent-{version}.deb")
    shutil.copy(testdata("prints/nist/type-4-tpcard.an2"), station.machine.root / "card.an2")


def installed(machine: Machine, file: str) -> subprocess.CompletedProcess[str]:
    return machine.run(f"apt-get install -y --allow-downgrades {file} 2>&1", check=False, timeout=200)


def version(machine: Machine) -> str:
    return machine.says("dpkg-query -W -f '${Version}' livescan-agent")


def schema(machine: Machine) -> int:
    script = f"import sqlite3; print(sqlite3.connect('{DATABASE}').execute('PRAGMA user_version').fetchone()[0])"
    return int(machine.says(f'python3 -I -c "{script}"'))


def submissions(station: Booth) -> dict[str, str]:
    """By control number, the digest of what was sealed."""
    return {one["tcn"]: one["content_sha256"] for account in station.accounts() for one in account["submissions"]}


def waiting(station: Booth) -> Mapping[str, Mapping[str, Any]]:
    items = json.loads(station.machine.says("livescan queue --json"))["items"]
    return {one["tcn"]: one for one in items}


def tcn_of(station: Booth, booking: str) -> str:
    """Once it is sealed."""
    station.machine.until(f"{PYTHON} -I - <<'END'\nimport sys\n{SEALED.format(booking=booking)}\nEND", 60)
    (account,) = [one for one in station.accounts() if one["booking"] == booking]
    return str(account["submissions"][-1]["tcn"])


SEALED = """from pathlib import Path
from agent.web.client import CoreClient
found = CoreClient(Path("/run/livescan/core.sock")).get("/api/bookings/{booking}")["submissions"]
sys.exit(not any(one["envelope_sha256"] for one in found))"""


STATE = """python3 -I -c "import json, sys
sys.exit(not any((one['tcn'], one['state']) == ('{tcn}', '{state}') for one in json.load(sys.stdin)['items']))" """


def in_service(station: Booth) -> None:
    station.machine.until(f"systemctl is-active {CORE} && systemctl is-active {UPLINK}", 60)
    station.machine.until(f"systemctl show -P StatusText {UPLINK} | grep -q 'core connected'", 60)


def sent_into_silence(station: Booth) -> str:
    """The bureau is online by its own word and silent, for 90 s at most: then the broker takes its word back, and it is tried anew."""
    machine = station.machine
    for _ in range(4):
        machine.run("systemctl kill -s STOP test-bureau")
        tcn = tcn_of(station, station.take_card())
        for _ in range(60):
            if machine.holds(f"livescan queue --json | {STATE.format(tcn=tcn, state='sent')}"):
                return tcn
        machine.run("systemctl kill -s CONT test-bureau")
        station.answered(180)
    raise AssertionError("no card was sealed and sent while the bureau was thought to be online")


@pytest.mark.usefixtures("releases")
def test_the_next_release_keeps_settings_and_what_waits_what_was_sent_and_what_was_answered(station: Booth) -> None:
    machine = station.machine
    answered = tcn_of(station, station.take_card())
    station.answered(180)
    sent = sent_into_silence(station)
    machine.run("systemctl stop test-broker")
    unsent = tcn_of(station, station.take_card())
    before = submissions(station)
    assert {answered, sent, unsent} <= set(before)
    machine.run("sed -i '1i # changed by the administrator' /etc/livescan/agent.toml")
    old = schema(machine)
    machine.until("livescan idle", 180)
    done = installed(machine, "/livescan-agent-0.1.1.deb")
    assert done.returncode == 0, done.stdout
    in_service(station)
    assert (version(machine), schema(machine)) == ("0.1.1", old + 1)
    assert submissions(station) == before
    assert set(waiting(station)) == {sent, unsent}
    assert "# changed by the administrator" in machine.says("head -1 /etc/livescan/agent.toml")
    station.broker()
    machine.run("systemctl kill -s CONT test-bureau")
    station.answered(180)
    assert station.lost_and_doubled() == ([], [])


@pytest.mark.usefixtures("releases")
def test_an_older_release_does_not_take_the_place_of_one_that_has_written_since(station: Booth) -> None:
    machine, before = station.machine, submissions(station)
    refused = installed(machine, "/livescan-agent.deb")
    assert refused.returncode != 0
    assert "cannot read what a newer one has written: core.sqlite" in refused.stdout
    assert "keep the newer version" in refused.stdout
    in_service(station)
    assert version(machine) == "0.1.1"
    assert machine.says("systemctl is-active livescan-renew.timer livescan-core.socket") == "active\nactive"
    assert submissions(station) == before


@pytest.mark.usefixtures("releases")
def test_a_release_whose_step_fails_half_way_stays_down_says_so_and_the_older_one_is_put_back(station: Booth) -> None:
    machine, before, old = station.machine, submissions(station), schema(station.machine)
    told = installed(machine, "/livescan-agent-0.1.2.deb")
    assert "livescan-core.service does not run" in told.stdout
    assert "audit.sqlite could not be brought from version 1 to 2" in told.stdout
    assert (machine.shown(CORE, "ExecMainStatus"), machine.shown(CORE, "NRestarts")) == ("78", "0")
    assert schema(machine) == old + 1, "its own step went through"
    back = installed(machine, "/livescan-agent-0.1.1.deb")
    assert back.returncode == 0, back.stdout
    in_service(station)
    assert (version(machine), schema(machine)) == ("0.1.1", old)
    assert submissions(station) == before
    station.take_card()
    station.answered(120)
    assert len(submissions(station)) == len(before) + 1
    assert station.lost_and_doubled() == ([], [])


def test_purge_leaves_nothing(station: Booth) -> None:
    machine = station.machine
    machine.run("systemctl stop test-bureau test-scanner 2>/dev/null; true")
    machine.run("apt-get purge -y livescan-agent", timeout=200)
    left = machine.says("ls -d /etc/livescan* /var/lib/livescan* /usr/lib/livescan* /run/livescan /usr/bin/livescan 2>/dev/null; true")
    assert left == ""
    assert machine.says("systemctl list-unit-files --no-pager 'livescan*' | grep -c livescan; true") == "0"
    assert machine.says("systemctl list-units --all --plain --no-legend --no-pager 'livescan*'") == ""
    assert machine.says("ls /var/lib/systemd/timers/*livescan* 2>/dev/null; true") == ""
    assert machine.says("getent passwd | grep -c livescan; true") == "0"
