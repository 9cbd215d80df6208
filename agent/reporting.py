"""The station tells how it is: signed by the core, carried by the uplink, retained by the broker. docs/fleet.md.

At least every `watch.report` seconds, and within seconds when what it says in words changes. Numbers alone make no report.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent.clock import Clock
from agent.errors import LivescanError
from agent.fleet import book
from agent.fleet.report import MOST, Lack, Report, encode
from agent.handover.instants import read_instant
from agent.signing.inventory import inventory
from agent.signing.ring import KeyRing
from agent.signing.statements import Kind, sign
from agent.station_views import ViewedParts
from agent.store.database import Database
from agent.web.metrics import Health

log = logging.getLogger(__name__)

LOOK_EVERY = 15.0  # s
_RETIRED = "opening (retired)"


@dataclass(frozen=True)
class Reported:
    """Where what is told comes from."""

    health: Health
    database: Database
    keys: KeyRing
    clock: Clock
    environment: str
    every: int  # s; 0 never
    send: Callable[[bytes], None]


def reporter_of(of: ViewedParts, health: Health, database: Database) -> Reporter:
    station = of.settings.station
    parts = Reported(health, database, of.keys, of.clock, str(station.environment), of.settings.watch.report, of.handover.report)
    return Reporter(parts)


class Reporter:
    def __init__(self, parts: Reported) -> None:
        self._of = parts
        self._started = parts.clock.now()
        self._told: tuple[Report, float] | None = None  # the last one, and when: monotonic s

    async def run(self) -> None:
        """For ever; cancel it to stop."""
        while self._of.every:
            try:
                await self.look()
            except (LivescanError, OSError, ValueError) as error:
                log.error("report: how this station is could not be told: %s", error)
            await asyncio.sleep(min(LOOK_EVERY, self._of.every))

    async def look(self) -> None:
        """Tell what is to be told now."""
        report = await self.report()
        if self._is_due(report):
            signed = await asyncio.to_thread(sign, encode(report), Kind.REPORT, self._of.keys.signer, report.at)
            self._told = (report, self._of.clock.monotonic())
            self._of.send(signed)

    async def report(self) -> Report:
        of, now = self._of, self._of.clock.now()
        seen = await of.health.look()
        words = tuple(dict.fromkeys(seen["cannot"]))[:MOST]
        since = await of.database.write(lambda db: book.lacks_since(db, words, now))
        last, until = await of.database.read(lambda db: (_last_receipt(db), book.draining_until(db)))
        return Report(
            **_counts(seen),
            station=of.keys.station,
            environment=of.environment,
            at=now,
            every=of.every,
            started_at=self._started,
            last_receipt=last,
            draining_until=until if until is not None and until > now else None,
            cannot=tuple(Lack(one, since[one]) for one in words),
            certificates=await asyncio.to_thread(self._ends, now),
        )

    def _is_due(self, report: Report) -> bool:
        if self._told is None:
            return True
        before, at = self._told
        return _said(report) != _said(before) or self._of.clock.monotonic() - at > self._of.every - LOOK_EVERY

    def _ends(self, now: datetime) -> Mapping[str, datetime]:
        rows = inventory(self._of.keys.directory, now)
        return {row.use: row.until for row in rows if row.until is not None and row.use != _RETIRED}


def _counts(seen: Mapping[str, Any]) -> dict[str, Any]:
    since = seen["waiting_since"]
    return {
        "version": seen["version"],
        "scanner": str(seen["scanner"]),
        "open": seen["open"],
        "waiting": seen["waiting"],
        "waiting_since": None if since is None else datetime.fromisoformat(since),
        "for_a_person": seen["for_a_person"],
        "room": seen["room"],
    }


def _said(report: Report) -> Report:
    """What of it makes a report of its own when it changes."""
    still = report.started_at
    return replace(
        report, at=still, open=0, waiting=min(report.waiting, 1), waiting_since=None, last_receipt=None, for_a_person=0, room=0, scanner=""
    )


def _last_receipt(db: sqlite3.Connection) -> datetime | None:
    row = db.execute("SELECT max(at) FROM case_events WHERE kind = 'received'").fetchone()
    return None if row[0] is None else read_instant(row[0])
