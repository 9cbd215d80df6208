"""A core as the handover sees it: envelopes and what came in, in one SQLite file, so that it survives being killed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from agent.handover.core_end import CoreEnd, HandoverItem
from agent.handover.frames import Stage
from agent.store.database import Database

TABLES = (
    """
    CREATE TABLE envelope (txid TEXT PRIMARY KEY, data BLOB NOT NULL, handed_over INTEGER NOT NULL DEFAULT 0,
                           receipted INTEGER NOT NULL DEFAULT 0, release_acknowledged INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE TABLE inbound (rid TEXT PRIMARY KEY, data BLOB NOT NULL, times INTEGER NOT NULL) STRICT;
    CREATE TABLE progress (txid TEXT, stage TEXT, at TEXT, UNIQUE (txid, stage)) STRICT;
    """,
)


class SmallCore:
    """EnvelopeSource and InboundSink in one. Bytes `receipt for <txid>` from the bureau count as a verified receipt."""

    def __init__(self, directory: Path) -> None:
        self.database = Database(directory / "core.db", TABLES)
        self.end: CoreEnd | None = None
        self.loaded: list[str] = []
        self.priority = 5

    def seal(self, data: bytes) -> str:
        """A new envelope; its txid."""
        txid = hashlib.sha256(data).hexdigest()
        self.database.write_now(lambda db: db.execute("INSERT OR IGNORE INTO envelope (txid, data) VALUES (?, ?)", (txid, data)))
        if self.end is not None:
            self.end.offer()
        return txid

    def pending(self) -> Sequence[HandoverItem]:
        rows = self.database.read_now(lambda db: db.execute("SELECT txid FROM envelope WHERE NOT receipted ORDER BY rowid").fetchall())
        return [HandoverItem(row["txid"], "LS-0001", self.priority) for row in rows]

    def load(self, txid: str) -> bytes:
        self.loaded.append(txid)
        row = self.database.read_now(lambda db: db.execute("SELECT data FROM envelope WHERE txid = ?", (txid,)).fetchone())
        return bytes(row["data"])

    async def handed_over(self, txid: str, queued_at: datetime) -> None:
        assert queued_at.tzinfo is not None
        await self.database.write(lambda db: db.execute("UPDATE envelope SET handed_over = 1 WHERE txid = ?", (txid,)))

    def released(self) -> Sequence[str]:
        rows = self.database.read_now(
            lambda db: db.execute("SELECT txid FROM envelope WHERE receipted AND NOT release_acknowledged").fetchall()
        )
        return [row["txid"] for row in rows]

    async def release_acknowledged(self, txid: str) -> None:
        await self.database.write(lambda db: db.execute("UPDATE envelope SET release_acknowledged = 1 WHERE txid = ?", (txid,)))

    async def progress(self, txid: str, stage: Stage, at: datetime) -> None:
        await self.database.write(lambda db: db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", (txid, stage, at.isoformat())))

    async def inbound(self, rid: str, data: bytes) -> None:
        assert hashlib.sha256(data).hexdigest() == rid
        await self.database.write(
            lambda db: db.execute(
                "INSERT INTO inbound (rid, data, times) VALUES (?, ?, 1) ON CONFLICT (rid) DO UPDATE SET times = times + 1", (rid, data)
            )
        )
        if data.startswith(b"receipt for "):
            await self.receipted(data.removeprefix(b"receipt for ").decode())

    async def receipted(self, txid: str) -> None:
        await self.database.write(lambda db: db.execute("UPDATE envelope SET receipted = 1 WHERE txid = ?", (txid,)))
        if self.end is not None:
            await self.end.release(txid)

    def column(self, query: str) -> list[object]:
        return [row[0] for row in self.database.read_now(lambda db: db.execute(query).fetchall())]

    def stages(self, txid: str) -> set[object]:
        rows = self.database.read_now(lambda db: db.execute("SELECT stage FROM progress WHERE txid = ?", (txid,)).fetchall())
        return {row["stage"] for row in rows}
