"""How the station is, for a monitor: what the officer cannot do now as JSON, and numbers as Prometheus reads them. No person is in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # Prometheus' text format


@dataclass(frozen=True)
class Counts:
    """What is counted at one look."""

    by_state: Mapping[str, int]  # bookings by the state of their ledger row
    waiting_since: datetime | None  # of the oldest envelope without a receipt, UTC
    room: int  # more bookings that the disk takes


class Health:
    """status: of `web.api.Station`. counts: blocking."""

    def __init__(
        self,
        status: Callable[[], Awaitable[Mapping[str, Any]]],
        counts: Callable[[], Counts],
        now: Callable[[], datetime],
        version: str,
    ) -> None:
        self._status = status
        self._counts = counts
        self._now = now
        self._version = version

    async def look(self) -> Mapping[str, Any]:
        """`ok` is false while an officer cannot do something that officers do; `cannot` says what, in words."""
        status, counts = await self._status(), await asyncio.to_thread(self._counts)
        cannot = cannot_now(status, counts)
        waits = status["unreceipted"]
        return {
            "ok": not cannot,
            "cannot": list(cannot),
            "station": status["station"],
            "scanner": status["scanner"]["state"],
            "open": counts.by_state.get("capturing", 0) + counts.by_state.get("captured", 0),
            "uplink": "connected" if status["uplink"] else "away",
            "waiting": waits,
            "waiting_since": None if counts.waiting_since is None or not waits else counts.waiting_since.isoformat(),
            "room": counts.room,
            "for_a_person": status["manual"],
            "keys": list(status["keys"]),
            "version": self._version,
        }

    async def metrics(self) -> str:
        status, counts = await self._status(), await asyncio.to_thread(self._counts)
        from agent.web.prometheus import written  # noqa: PLC0415  only a monitor needs it, and loading it takes 45 ms

        return written(status, counts, self._now(), self._version)


def cannot_now(status: Mapping[str, Any], counts: Counts) -> Sequence[str]:
    """What an officer at this station cannot do now. An uplink that is away is none of it: bookings are taken and wait."""
    found = []
    if status["scanner"]["state"] in ("lost", "fault") or not status["scanner"]["found"]:
        found.append("Prints cannot be taken: the scanner does not answer.")
    if counts.room == 0:
        found.append("No booking can be opened: the disk has reached its floor.")
    if status["audit"]:
        found.append("Nothing is sent: the audit record cannot be written, or is broken.")
    return found
