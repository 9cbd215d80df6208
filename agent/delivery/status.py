"""Who is online: a retained JSON message, also left as last will. Pure. docs/bureau-contract.md, "Status"."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from agent.handover.instants import read_instant, write_instant

STATUS_LIMIT = 1_024  # bytes


@dataclass(frozen=True)
class Status:
    online: bool
    at: datetime  # UTC; in a last will, when the connection was made


def encode_status(status: Status) -> bytes:
    return json.dumps({"online": status.online, "at": write_instant(status.at)}).encode()


def parse_status(data: bytes) -> Status | None:
    """None for anything that is not a status: who sends nonsense has said nothing."""
    if len(data) > STATUS_LIMIT:
        return None
    try:
        value = json.loads(data)
        online, at = value["online"], read_instant(value["at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Status(online, at) if isinstance(online, bool) else None
