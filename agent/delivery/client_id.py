"""The MQTT client id: the name, and a number that nobody can guess.

Whoever connects under our client id ends our connection and takes our session. mosquitto can bind the client id to the certificate, NATS
and RabbitMQ cannot: there only not knowing it protects. It stays the same for as long as the uplink's state does, as the session does.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

FILE = "mqtt-client-id"
_FORM = re.compile(r"[A-Za-z0-9-]{1,64}-[0-9a-f]{32}")


def client_id(directory: Path, name: str) -> str:
    """Read from `directory`, or made there. A file that is no client id of this name is replaced: a new session, which loses nothing."""
    path = directory / FILE
    try:
        known = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        known = ""
    if _FORM.fullmatch(known) and known.startswith(f"{name}-"):
        return known
    made = f"{name}-{secrets.token_hex(16)}"
    _write(path, made)
    return made


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = path.with_name(path.name + ".new")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    making.replace(path)
