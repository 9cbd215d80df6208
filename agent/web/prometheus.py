"""A station's numbers as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from agent.web.metrics import Counts


def written(status: Mapping[str, Any], counts: Counts, now: datetime, version: str) -> str:
    registry = CollectorRegistry()
    registry.register(_Found(list(_families(status, counts, now, version))))
    return generate_latest(registry).decode()


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
