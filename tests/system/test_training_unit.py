"""The training station beside the real one in a booted machine: it runs, says what it is, and reaches nothing of the real one.

`make test-system`. Debian packages: mmdebstrap, systemd-container; as root.
"""

from __future__ import annotations

import json
import shutil

import pytest

from tests.system.booth import BOOK, GROWN, PYTHON, probed
from tests.system.machine import Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), pytest.mark.xdist_group("machine")]

UNIT, CONFIG = "livescan-training.service", "/etc/livescan-training/agent.toml"
PAGE = """
import http.client, sys
asked = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
asked.request("GET", "/sign-in", headers={"Host": sys.argv[2]})
print(asked.getresponse().read().decode())
"""
REACH = """
import json, os, socket

def reaches(kind, address):
    try:
        with socket.socket(kind) as one:
            one.settimeout(3)
            one.connect(address)
        return True
    except OSError:
        return False

paths = [f"/run/{place}/{name}.sock" for place in ("livescan", "livescan-training") for name in ("core", "handover", "decode")]
ports = [("127.0.0.1", port) for port in (8440, 8441, 8883)]
there = [name for name in ("/var/lib/livescan-core", "/var/lib/livescan-uplink", "/etc/livescan") if os.access(name, os.R_OK)]
found = [path for path in paths if reaches(socket.AF_UNIX, path)]
found += [port for host, port in ports if reaches(socket.AF_INET, (host, port))]
print(json.dumps(found + there))
"""
BOOKINGS = """
import json, sys
from pathlib import Path
from agent.web.client import CoreClient
print(json.dumps([row["booking"] for row in CoreClient(Path(sys.argv[1])).get("/api/bookings")["bookings"]]))
"""


@pytest.fixture(scope="module")
def training(installed: Machine) -> Machine:
    """Started as an administrator does; the hands of its made-up person are there already where this machine has grown them before."""
    grown = installed.root / "var/cache/livescan-training/livescan-agent"
    grown.mkdir(parents=True, exist_ok=True)
    for path in GROWN.glob("person-*.npz"):
        shutil.copy(path, grown)
    installed.run("chown -R livescan-training /var/cache/livescan-training; systemctl start livescan-training.target")
    installed.until(f"systemctl is-active {UNIT}", 60)
    return installed


def bookings(machine: Machine, socket: str) -> set[str]:
    return set(json.loads(machine.run(f"{PYTHON} -I - {socket}", text=BOOKINGS).stdout))


def from_inside(machine: Machine) -> list[str | int]:
    """What can be reached with the file system and the network of its process, as its user."""
    (machine.root / "usr/share/reach.py").write_text(REACH)
    inside = f"nsenter -t {machine.shown(UNIT, 'MainPID')} -m -n setpriv --reuid livescan-training --regid livescan-training --clear-groups"
    return list(json.loads(machine.says(f"{inside} {PYTHON} -I /usr/share/reach.py")))


def test_it_says_on_every_page_that_it_is_for_training(training: Machine) -> None:
    page = training.run(f"{PYTHON} -I - 8441 training.localhost:8441", text=PAGE).stdout
    assert 'class="training"' in page
    assert 'class="band"' in page


def test_its_bookings_are_its_own(training: Machine) -> None:
    booking = training.run(f"{PYTHON} -I -", text=BOOK.replace("/run/livescan/", "/run/livescan-training/")).stdout.strip()
    assert booking in bookings(training, "/run/livescan-training/core.sock")
    assert booking not in bookings(training, "/run/livescan/core.sock")
    assert not training.holds(f"grep -rqs '{booking}' /var/lib/livescan-core /var/lib/livescan-uplink")


def test_it_reaches_no_socket_no_port_and_no_folder_of_the_real_station(training: Machine) -> None:
    assert from_inside(training) == ["/run/livescan-training/core.sock", "/run/livescan-training/handover.sock"]
    found = probed(training, UNIT, "livescan-training", "livescan-core")
    assert found["could"] == ["write its own folder"]
    assert set(found["interfaces"]) <= {"lo"}


def test_the_real_uplink_cannot_take_anything_from_it(training: Machine) -> None:
    script = "import socket; socket.socket(socket.AF_UNIX).connect('/run/livescan-training/handover.sock')"
    as_uplink = "setpriv --reuid livescan-uplink --regid livescan-uplink --clear-groups"
    assert not training.holds(f'{as_uplink} {PYTHON} -Ic "{script}"')
    assert training.shown("livescan-uplink.service", "StatusText").endswith("core connected")


def test_its_scanner_is_a_program(training: Machine) -> None:
    training.until("test -S /run/livescan-training/scanner.sock", 120)
    training.until(f"systemctl show -P StatusText {UNIT} | grep -qv 'not opened yet'", 60)
    (found,) = json.loads(training.says(f"livescan devices --json --config {CONFIG}"))["devices"]
    assert found["where"] == "unix:/run/livescan-training/scanner.sock"


def test_it_stops_as_a_whole_and_the_real_one_goes_on(training: Machine) -> None:
    training.run("systemctl stop livescan-training.target", timeout=60)
    units = ("livescan-training.socket", UNIT, "livescan-training-scanner.service")
    training.until(f'test "$(systemctl is-active {" ".join(units)} | sort -u)" = inactive', 40)
    assert training.says("systemctl is-active livescan-core livescan-uplink").split() == ["active"] * 2
