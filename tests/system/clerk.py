"""Runs in the guest (tests/system/power_station.py) beside the installed station: takes cards as an officer would, and tells the host.

`clerk.py PORT MODE`, PORT of the host's witness. MODE `book` takes one card after the other; `settle` tells how they stand; `watch` tells
what has become of a scanner, and stops the core when the witness says "stop".
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CARD, FACTS = Path("/usr/share/clerk/card.an2"), Path("/usr/share/clerk/facts.json")
PAUSE = 1.0  # s


def main(port: int, mode: str) -> None:
    from agent.web.client import CoreClient

    core = CoreClient(Path("/run/livescan/core.sock"), timeout=600.0)
    witness = socket.create_connection(("10.0.2.2", port))
    if mode == "watch":
        watch(witness)
    body = json.loads(FACTS.read_text("utf-8")) | {"file": base64.b64encode(CARD.read_bytes()).decode()}
    while True:
        said = {"booked": core.post("/api/imports", body)["booking"]} if mode == "book" else {"accounts": accounts(core)}
        witness.sendall(json.dumps(said).encode() + b"\n")
        time.sleep(PAUSE)


def watch(witness: socket.socket) -> None:
    witness.setblocking(False)
    while True:
        with contextlib.suppress(BlockingIOError):
            if witness.recv(64).startswith(b"stop"):
                subprocess.run(["systemctl", "stop", "livescan-core.service"], check=False)
        told = subprocess.run(["systemctl", "is-active", "livescan-core.service"], capture_output=True, text=True, check=False)
        active = told.stdout.strip()
        said = {"core": active, "nodes": nodes(), "health": health() if active == "active" else None}
        witness.sendall(json.dumps({"watch": said}).encode() + b"\n")
        time.sleep(PAUSE)


def health() -> Any:
    """As the core says it, well (200) or not (503)."""
    asking = http.client.HTTPConnection("localhost", timeout=60.0)
    asking.sock = socket.socket(socket.AF_UNIX)
    try:
        asking.sock.connect("/run/livescan/core.sock")
        asking.request("GET", "/api/v1/health")
        return json.loads(asking.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(error)
    finally:
        asking.close()


def nodes() -> list[str]:
    """Whose the nodes of our scanners are, in the words of stat(1)."""
    found = []
    for maker in Path("/sys/bus/usb/devices").glob("*/idVendor"):
        with contextlib.suppress(OSError):  # pulled at this moment
            if maker.read_text().strip() == "1209":
                bus, device = (int((maker.parent / name).read_text()) for name in ("busnum", "devnum"))
                node = Path(f"/dev/bus/usb/{bus:03}/{device:03}")
                found.append(f"{node.group()} {node.stat().st_mode & 0o777:o}")
    return found


def accounts(core: Any) -> list[dict[str, Any]]:
    """Of each booking what it sealed, and which events it knows."""
    found = [core.get("/api/bookings/" + row["booking"]) for row in core.get("/api/bookings")["bookings"]]
    return [
        {
            "booking": one["booking"],
            "state": one["state"],
            "sealed": [[row["tcn"], row["content_sha256"]] for row in one["submissions"]],
            "events": sorted({event["kind"] for event in one["events"]}),
        }
        for one in found
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
