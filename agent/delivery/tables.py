"""The uplink's SQLite file. No person's data: digests, states, times. Payloads lie beside it as files (spool.py)."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE outbound (                    -- station to bureau
        txid TEXT PRIMARY KEY,                 -- SHA-256 of the sealed bytes, lower-case hex; also the file's name
        station TEXT NOT NULL,
        priority INTEGER NOT NULL,             -- 0 .. 9, 0 first
        size INTEGER NOT NULL,                 -- bytes
        state TEXT NOT NULL CHECK (state IN ('QUEUED', 'SENT', 'RECEIVED', 'HELD')),
        reason TEXT NOT NULL DEFAULT '',       -- why it is HELD
        queued_at TEXT NOT NULL,               -- UTC
        changed_at TEXT NOT NULL,              -- UTC, of the present state
        told TEXT NOT NULL DEFAULT 'QUEUED'    -- the last state the core has confirmed to know
    ) STRICT;
    CREATE INDEX outbound_state ON outbound (state, priority, queued_at);

    CREATE TABLE inbound (                     -- bureau to station
        rid TEXT PRIMARY KEY,                  -- SHA-256 of the sealed bytes, lower-case hex; also the file's name
        size INTEGER NOT NULL,                 -- bytes
        received_at TEXT NOT NULL,             -- UTC
        handed_at TEXT                         -- UTC; the core has it on its disk, the file is gone
    ) STRICT;
    CREATE INDEX inbound_waiting ON inbound (received_at) WHERE handed_at IS NULL;

    CREATE TABLE partial (                     -- chunks of what has not arrived completely
        rid TEXT NOT NULL,
        total INTEGER NOT NULL,
        length INTEGER NOT NULL,               -- bytes of the whole
        idx INTEGER NOT NULL,
        began_at TEXT NOT NULL,                -- UTC, of the transfer's first chunk
        data BLOB NOT NULL,
        PRIMARY KEY (rid, total, length, idx)
    ) STRICT;
    """,
    """
    CREATE INDEX outbound_order ON outbound (priority, queued_at) WHERE state <> 'RECEIVED';
    CREATE INDEX outbound_news ON outbound (changed_at) WHERE state <> 'RECEIVED' AND state <> told;
    """,
    """
    ALTER TABLE inbound ADD COLUMN data BLOB;  -- of a small one, which then has no file: one commit instead of two fsyncs more
    """,
)
