"""What stands around the station in a booted machine: mosquitto, the training bureau, a simulated scanner; and bookings by the API."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.training.bureau_store import bureau_journal
from tests.system.machine import Machine

_STARTING = ("ExecStart=", "ExecReload=", "Type=", "NotifyAccess=", "Watchdog", "Restart")
NOT_FOR_A_PROBE = (*_STARTING, "Requires=", "Wants=", "After=", "PartOf=", "PropagatesStopTo=")
PROBE = Path(__file__).resolve().parent / "probe.py"
PYTHON = "/usr/lib/livescan-agent/bin/python"
KEYS = "/var/lib/livescan-core/keys"
BUREAU = "/var/lib/test-bureau"
# the simulated hands are grown once on a machine and kept
GROWN = Path.home() / ".cache" / "livescan-agent"
SETTINGS = """
[scanner]
usbip = "unix:/run/livescan-sim/scanner.sock"
[capture]
unattended = true
[delivery]
retry_first = 1.0
retry_most = 2.0
undo = 3.0
"""
BOOK = """
from pathlib import Path
from agent.training.demo import training_booking
from agent.web.client import CoreClient
print(CoreClient(Path("/run/livescan/core.sock")).post("/api/bookings", training_booking({}))["booking"])
"""
IMPORT = """
import base64
from pathlib import Path
from agent.training.demo import training_booking
from agent.web.client import CoreClient
body = training_booking({}) | {"file": base64.b64encode(Path("/card.an2").read_bytes()).decode()}
print(CoreClient(Path("/run/livescan/core.sock")).post("/api/imports", body)["booking"])
"""
ACCOUNTS = """
import json
from pathlib import Path
from agent.web.client import CoreClient
core = CoreClient(Path("/run/livescan/core.sock"))
print(json.dumps([core.get("/api/bookings/" + row["booking"]) for row in core.get("/api/bookings")["bookings"]]))
"""
ANSWERED = """
import sys
sys.exit(not all({"received", "idr_no_match"} <= {event["kind"] for event in one["events"]} for one in accounts))
"""


class Booth:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def build(self) -> None:
        """Everything but the station, which is installed already and takes up its new settings."""
        run = self.machine.run
        (self.machine.root / "etc/livescan/conf.d/90-test.toml").write_text(SETTINGS)
        grown = self.machine.root / "var/cache/grown/livescan-agent"
        grown.mkdir(parents=True)
        for path in GROWN.glob("person-*.npz"):
            shutil.copy(path, grown)
        run("chown -R livescan-core /var/cache/grown; chmod 0755 /etc/livescan/conf.d/90-test.toml")
        run(f"livescan broker write mosquitto --out /etc/mosquitto/livescan --bureau {KEYS}/bureau/tls.crt --ca {KEYS}/ca/ca.crt "
            f"--cert {KEYS}/broker/server.crt --key {KEYS}/broker/server.key --host 127.0.0.1 --state /var/lib/test-broker")  # fmt: skip
        run("install -d -o mosquitto /var/lib/test-broker; cp -r /etc/mosquitto/livescan /var/lib/test-broker/conf")
        run("sed -i 's/^user .*/user root/' /etc/mosquitto/livescan/mosquitto.conf")
        self.surroundings()
        run("systemctl restart livescan-core livescan-uplink")

    def surroundings(self) -> None:
        """Started, or started again after the machine."""
        self.broker()
        self.bureau()
        self.scanner()

    def broker(self) -> None:
        self.machine.run("systemd-run -q --unit test-broker -p Restart=always mosquitto -c /etc/mosquitto/livescan/mosquitto.conf")

    def bureau(self) -> None:
        command = f"livescan bureau --dir {BUREAU} --keys {KEYS} --port 8883"
        self.machine.run(f"systemd-run -q --unit test-bureau -p Restart=always {command}")

    def scanner(self) -> None:
        """Started; its person's hands are grown first, where they are not in the cache."""
        unit = "--unit test-scanner -p Restart=always -p User=livescan-core -p RuntimeDirectory=livescan-sim"
        grown = "-p Environment=XDG_CACHE_HOME=/var/cache/grown"
        program = "livescan sim run fap60 --listen unix:/run/livescan-sim/scanner.sock --serial LS60-TEST --subject synthetic:1 --speed 8"
        self.machine.run("systemctl reset-failed test-scanner", check=False)
        self.machine.run(f"systemd-run -q {unit} {grown} {program}")

    def book(self) -> str:
        """Opened and on the disk; its number."""
        return self._acknowledged(BOOK)

    def take_card(self) -> str:
        """A whole card from a file, `/card.an2` of the machine; its booking's number."""
        return self._acknowledged(IMPORT)

    def _acknowledged(self, script: str) -> str:
        for _ in range(30):  # a core that is killed at this moment has acknowledged nothing; it is back after RestartSec and its start
            told = self.machine.run(f"{PYTHON} -I -", text=script, check=False)
            if told.returncode == 0:
                return told.stdout.strip()
            time.sleep(2.0)
        raise AssertionError(told.stderr)

    def accounts(self) -> list[Mapping[str, Any]]:
        return list(json.loads(self.machine.run(f"{PYTHON} -I -", text=ACCOUNTS).stdout))

    def answered(self, seconds: float) -> None:
        """Until every booking has the bureau's receipt and the answer to its search."""
        script = ACCOUNTS.replace("print(json.dumps(", "accounts = (").replace("]))", "])") + ANSWERED
        (self.machine.root / "answered.py").write_text(script)
        self.machine.until(f"{PYTHON} -I /answered.py", seconds)

    def lost_and_doubled(self) -> tuple[list[str], list[str]]:
        """TCNs that were sealed here and never arrived, and those that the bureau committed more often than once."""
        sealed = {(one["tcn"], one["content_sha256"]) for account in self.accounts() for one in account["submissions"]}
        arrived = [(one.tcn, one.content_sha256) for one in bureau_journal(self.machine.root / BUREAU.lstrip("/"))]
        return sorted(tcn for tcn, _ in sealed - set(arrived)), sorted(tcn for tcn, digest in arrived if arrived.count((tcn, digest)) > 1)


def install(machine: Machine) -> None:
    if not machine.holds("dpkg -s livescan-agent >/dev/null 2>&1"):
        machine.run("apt-get install -y --no-install-recommends /livescan-agent.deb", timeout=200)


def probed(machine: Machine, unit: str | None, own: str, other: str) -> dict[str, Any]:
    """What a process in the sandbox of this unit could do; None: in none."""
    machine.run("mkdir -p /home/somebody && echo secret > /home/somebody/letter && chmod -R 0777 /home/somebody; "
                "test -e /dev/foreign || mknod -m 0666 /dev/foreign c 1 5; ip addr replace 10.99.0.2/32 dev lo")  # fmt: skip
    shutil.copy(PROBE, machine.root / "usr/share/livescan-probe.py")
    command = f"ExecStart=/usr/lib/livescan-agent/bin/python -I /usr/share/livescan-probe.py {own} {other}"
    if unit is None:
        text = f"[Service]\nType=oneshot\n{command}\n"
    else:
        shipped = machine.says(f"cat /lib/systemd/system/{unit}").splitlines()
        text = "\n".join(line for line in shipped if not line.startswith(NOT_FOR_A_PROBE))
        text = text.replace("[Service]", f"[Service]\nType=oneshot\n{command}")
    (machine.root / "etc/systemd/system/livescan-probe.service").write_text(text)
    machine.run(
        "systemctl daemon-reload; systemctl start livescan-probe; rm /etc/systemd/system/livescan-probe.service; systemctl daemon-reload"
    )
    said = machine.says("journalctl -u livescan-probe --no-pager -o cat | grep '^{' | tail -1")
    return dict(json.loads(said))
