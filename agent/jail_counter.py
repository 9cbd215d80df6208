"""The jail system's counter and the station's health, built from the core's parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agent.booking.intake import Intake
from agent.casework.case_desk import CaseDesk
from agent.jail.desk import JailDesk, Releases
from agent.jail.drop import DropFolder
from agent.station_views import StationViews, ViewedParts
from agent.store.database import Database
from agent.web.live import Live
from agent.web.metrics import Counts, Health
from agent.web.v1 import V1


@dataclass(frozen=True)
class CounterParts:
    views: StationViews
    intake: Intake
    database: Database
    live: Live
    cases: CaseDesk
    releases: Releases


def counter_of(of: ViewedParts, beside: CounterParts) -> V1:
    live = beside.live
    desk = JailDesk(beside.intake, of.ledger, of.casework, beside.database, of.clock, say=live.say, releases=beside.releases)
    health = Health(partial(_status, of, beside.views), lambda: _counts(of), lambda: datetime.now(UTC), version("livescan-agent"))
    return V1(desk, beside.cases, live, health)


async def _status(of: ViewedParts, views: StationViews) -> Mapping[str, Any]:
    """A scanner that no booking has opened yet is looked for: that nobody has used it is no reason to say that it does not answer."""
    status = await views.status()
    if status["scanner"]["found"]:
        return status
    there = (await of.capture.present()).there
    return {**status, "scanner": {"found": there, "state": "ready" if there else "not plugged in"}}


def drop_of(of: ViewedParts, v1: V1) -> DropFolder | None:
    return DropFolder(Path(of.settings.jail.drop), v1.desk) if of.settings.jail.drop else None


def _counts(of: ViewedParts) -> Counts:
    rows = of.ledger.bookings()
    waiting = set(of.ledger.unreceipted())
    made = [one.made_at for row in rows for one in of.ledger.submissions(row.id) if one.envelope_sha256 in waiting] if waiting else []
    return Counts(Counter(row.state.value for row in rows), min(made, default=None), of.room.bookings)
