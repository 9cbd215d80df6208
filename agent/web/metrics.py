"""How the station is, for a monitor: what the officer cannot do now as JSON, and numbers as Prometheus reads them. No person is in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SCANNER_READY = "ready"


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
        registry = CollectorRegistry()
        registry.register(_Found(list(_families(status, counts, self._now(), self._version))))
        return generate_latest(registry).decode()


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


class _Found(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _families(status: Mapping[str, Any], counts: Counts, now: datetime, version: str) -> Iterator[Metric]:
    said = {"station": str(status["station"]), "environment": str(status["environment"]), "version": version}
    yield InfoMetricFamily("livescan_station", "This station", value=said)
    yield _gauge("livescan_scanner_ready", "1 while the scanner answers", status["scanner"]["found"])
    yield _gauge("livescan_uplink_connected", "1 while the uplink is there", bool(status["uplink"]))
    yield _gauge("livescan_unreceipted", "Sealed transactions that the bureau has not acknowledged", status["unreceipted"])
    age = (now - counts.waiting_since).total_seconds() if counts.waiting_since is not None and status["unreceipted"] else 0.0
    yield _gauge("livescan_oldest_unreceipted_seconds", "Age of the oldest of these", max(0.0, age))
    yield _gauge("livescan_manual_queue", "Messages that wait for a person", status["manual"])
    yield _gauge("livescan_room_bookings", "Bookings that the disk still takes", counts.room)
    yield _gauge("livescan_certificate_warnings", "Certificates that somebody must see to", len(status["keys"]))
    yield _gauge("livescan_audit_ok", "1 while the audit record is written and whole", not status["audit"])
    yield _gauge("livescan_written_seconds", "When these numbers were taken, seconds since 1970", now.timestamp())
    by_state = GaugeMetricFamily("livescan_bookings", "Bookings on this station", labels=("state",))
    for state, count in sorted(counts.by_state.items()):
        by_state.add_metric((state,), count)
    yield by_state


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=float(value))
