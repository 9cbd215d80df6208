"""Who is online: a retained JSON message, also left as last will. Pure. docs/bureau-contract.md, "Status"."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.handover.instants import read_instant, write_instant

STATUS_LIMIT = 1_024  # bytes


@dataclass(frozen=True)
class Status:
    online: bool
    at: datetime  # UTC; in a last will, when the connection was made
    tls_until: datetime | None = None  # UTC; when the certificate ends with which it is connected; None: not told


def encode_status(status: Status) -> bytes:
    told: dict[str, Any] = {"online": status.online, "at": write_instant(status.at)}
    if status.tls_until is not None:
        told["tls_until"] = write_instant(status.tls_until)
    return json.dumps(told).encode()


def parse_status(data: bytes) -> Status | None:
    """None for anything that is not a status: who sends nonsense has said nothing."""
    if len(data) > STATUS_LIMIT:
        return None
    try:
        value = json.loads(data)
        online, at = value["online"], read_instant(value["at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Status(online, at, _until(value.get("tls_until"))) if isinstance(online, bool) else None


def _until(text: object) -> datetime | None:
    """A further key: what is wrong with it takes nothing from the status."""
    try:
        return read_instant(text)
    except ValueError:
        return None
