"""A record with a station's own keys, and a clock that is moved."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from agent.audit.book import AuditBook
from agent.audit.entries import Entry, Event
from agent.clock import SetClock, SystemClock
from agent.model.messages import Environment
from agent.signing.keys import StationKeys, init_training

STATION = "LS-0001"
NOON = datetime(2026, 11, 24, 12, 0, 0, 259_000, tzinfo=UTC)


def station_keys(folder: Path) -> StationKeys:
    init_training(folder, station=STATION, bureau="SIB-TRAINING", clock=SystemClock())
    return StationKeys.load(folder, environment=Environment.TRAINING)


class Record:
    """`folder` is written anew by each; `keys` may be shared."""

    def __init__(self, folder: Path, keys: StationKeys) -> None:
        self.folder = folder
        self.keys = keys
        self.clock = SetClock(NOON)
        self.book = AuditBook(folder, STATION, keys.signer, self.clock)

    def fill(self, count: int) -> None:
        self.book.append(*(Entry(Event.CAPTURE_ACCEPTED, booking="20261124-7K3M9Q2X", facts={"fgp": 1 + n % 14}) for n in range(count)))

    def tamper(self, *statements: str) -> None:
        """As whoever owns the file: the triggers are no obstacle to that."""
        self.book.close()
        db = sqlite3.connect(self.folder / "audit.sqlite")
        db.create_function("digest", 1, _digest)
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.close()


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
