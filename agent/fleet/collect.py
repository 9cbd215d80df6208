"""Everything retained about all stations, from the broker, under a certificate that may read and nothing else. docs/brokers.md, "Watchers".

A broker sends what it retains right after the subscription; how much that is, it does not say. So it is listened until nothing came for a
moment, or until everyone who is expected was heard.
"""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from agent.delivery import topics
from agent.delivery.mqtt import Arrived, Died, Disconnected, LinkEvent, MqttLink, MqttSettings, Subscribed
from agent.errors import LivescanError
from agent.fleet.report import LIMIT

QUIET = 2.0  # s without anything new
MOST = 20_000  # stations; what is beyond is left out


class BrokerSilent(LivescanError):
    """The broker could not be asked."""


@dataclass
class Collected:
    """Bytes as they are retained, by station; nothing of it is believed yet."""

    statuses: dict[str, bytes] = field(default_factory=dict)
    reports: dict[str, bytes] = field(default_factory=dict)
    strange: int = 0  # messages that are none of ours, too long, or of too many stations


def watching(settings: MqttSettings) -> MqttSettings:
    """The link of somebody who looks: no session is kept for it, and no status told."""
    filters = (topics.ALL_STATIONS_STATUS, topics.ALL_REPORTS)
    name = f"{settings.client_id}-{secrets.token_hex(16)}"
    return replace(settings, client_id=name, subscriptions=filters, subscribe_qos=0, status_topic=None, clean=True)


def collect(settings: MqttSettings, *, expected: Collection[str] = (), within: float = 30.0) -> Collected:
    """settings: of `watching`. within: seconds, in all. Raises BrokerSilent, ConfigError."""
    events: queue.Queue[LinkEvent] = queue.Queue()
    link, found = MqttLink(settings, events.put), Collected()
    link.start()
    try:
        _listen(link, events, found, frozenset(expected), time.monotonic() + within)
    finally:
        link.stop()
    return found


def _listen(link: MqttLink, events: queue.Queue[LinkEvent], found: Collected, expected: frozenset[str], end: float) -> None:
    subscribed = False
    while (left := end - time.monotonic()) > 0:
        try:
            event = events.get(timeout=min(left, QUIET))
        except queue.Empty:
            if subscribed:
                return
            continue
        match event:
            case Subscribed(_, refused):
                _require_heard(refused)
                subscribed = True
            case Arrived():
                _take(found, event)
                link.acknowledge(event)
                if expected and events.empty() and expected <= found.reports.keys() and expected <= found.statuses.keys():
                    return
            case Disconnected(_, reason) | Died(reason):
                raise _silent(reason)
            case _:
                continue
    if not subscribed:
        raise _silent("it did not answer in time")


def _take(found: Collected, message: Arrived) -> None:
    """Retained or told just now: the newest counts, and a deleted one is empty."""
    station, kept = topics.parse_status(message.topic), found.statuses
    if station is None:
        station, kept = topics.parse_report(message.topic), found.reports
    if station is None or len(message.payload) > LIMIT or (station not in kept and len(kept) >= MOST):
        found.strange += 1
    elif message.payload:
        kept[station] = message.payload


def _require_heard(refused: tuple[str, ...]) -> None:
    if refused:
        raise BrokerSilent(
            f"The broker does not let this certificate read {', '.join(refused)}.",
            do="Write its configuration again with --watcher and this certificate: docs/brokers.md.",
        )


def _silent(reason: str) -> BrokerSilent:
    return BrokerSilent(f"The broker could not be asked: {reason}.", do="Check --broker, --ca, --cert and --key, and that it runs.")
