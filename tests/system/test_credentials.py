"""The core's keys as systemd credentials, sealed to the machine with the very lines of the administrator's guide: it starts, signs, reads.

`make test-system`. Debian packages: mmdebstrap, systemd-container; as root.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.system.booth import BOOK, PYTHON
from tests.system.machine import Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), pytest.mark.xdist_group("machine")]

GUIDE = (Path(__file__).resolve().parent.parent.parent / "docs" / "admin-guide.md").read_text("utf-8")
KEYS, STORE, CORE = "/var/lib/livescan-core/keys/station", "/etc/credstore.encrypted", "livescan-core.service"
CREDENTIAL = "systemd credential"
ASK = """
import json, sys
from pathlib import Path
from agent.web.client import CoreClient
core = CoreClient(Path("/run/livescan/core.sock"))
print(json.dumps({"kept": core.get("/api/status")["kept_in"], "booking": core.get("/api/bookings/" + sys.argv[1])["booking"]}))
"""


def told_by_the_guide() -> str:
    return next(block for block in re.findall(r"```\n(.*?)```", GUIDE, re.DOTALL) if "systemd-creds" in block)


@pytest.fixture(scope="module")
def sealed(installed: Machine) -> tuple[Machine, str]:
    """Its keys sealed to it, and a booking that was opened before."""
    booking = installed.run(f"{PYTHON} -I -", text=BOOK).stdout.strip()
    installed.run(told_by_the_guide().replace("\\\n", " "))
    return installed, booking


def asked(machine: Machine, booking: str) -> dict[str, Any]:
    return dict(json.loads(machine.run(f"{PYTHON} -I - {booking}", text=ASK).stdout))


def checkpoints(machine: Machine) -> int:
    """Signatures of the signing key on the audit record, each verified."""
    found = re.search(r"are whole, signed up to \d+ by (\d+) checkpoints", machine.says("livescan audit verify"))
    assert found is not None
    return int(found[1])


def test_no_key_lies_in_a_file_any_more(sealed: tuple[Machine, str]) -> None:
    machine, _ = sealed
    for key in ("signing", "opening", "storage"):
        assert machine.says(f"cat {KEYS}/{key}.key") == f"credential:livescan.{key}"
    assert not machine.holds(f"grep -rl 'PRIVATE KEY' {KEYS} {STORE}")
    assert machine.says(f"stat -c '%U %a' {KEYS}/signing.key") == "livescan-core 600"


def test_the_core_starts_signs_and_reads_its_bookings_with_them(sealed: tuple[Machine, str]) -> None:
    machine, booking = sealed
    assert asked(machine, booking) == {"kept": {"signing": CREDENTIAL, "opening": CREDENTIAL}, "booking": booking}
    before = checkpoints(machine)
    machine.run(f"systemctl restart {CORE}")  # the record is signed as the core ends
    assert checkpoints(machine) == before + 1


def test_another_user_and_the_uplink_do_not_see_them(sealed: tuple[Machine, str]) -> None:
    machine, _ = sealed
    credential = f"/run/credentials/{CORE}/livescan.signing"
    assert machine.says(f"stat -c '%U %a' {credential}") == "livescan-core 400"
    assert not machine.holds(f"setpriv --reuid livescan-uplink --regid livescan-uplink --clear-groups cat {credential}")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (f"cp {STORE}/livescan.opening {STORE}/livescan.signing", "credential"),
        (f"rm {STORE}/livescan.signing", "names the systemd credential 'livescan.signing', but systemd gave none"),
    ],
    ids=["another's under its name", "none"],
)
def test_the_core_does_not_start_with_a_credential_that_is_not_its_own(sealed: tuple[Machine, str], spoil: str, said: str) -> None:
    machine, booking = sealed
    machine.run(f"cp {STORE}/livescan.signing /var/cache/kept; {spoil}; systemctl restart {CORE}", check=False)
    assert machine.shown(CORE, "ActiveState") != "active"
    assert said in machine.says(f"journalctl -u {CORE} -n 40 --no-pager -o cat")
    machine.run(f"cp /var/cache/kept {STORE}/livescan.signing; systemctl reset-failed {CORE}; systemctl start {CORE}")
    assert asked(machine, booking)["booking"] == booking
