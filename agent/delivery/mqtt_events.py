"""What an MQTT link is told and what it tells: values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from agent.delivery.link_causes import LinkCause

WINDOW = 8  # QoS 1 messages in flight; more than a server's ReceiveMaximum is an endless reconnect


@dataclass(frozen=True)
class MqttSettings:
    host: str
    port: int
    client_id: str  # begins with the station id, or the bureau's name: agent.delivery.client_id
    ca: Path | None = None  # PEM; None: no TLS, for tests on the loopback only
    cert: Path | None = None  # PEM, the client's chain
    key: Path | None = None  # PEM
    crl: Path | None = None  # revocation list of the CA; the file may be absent
    subscriptions: tuple[str, ...] = ()  # topic filters, subscribed on every connection
    subscribe_qos: int = 1  # 0 for whoever only looks: a broker then writes nothing to its disk for each message
    status_topic: str | None = None  # retained: online on connect; offline on stop, and as last will
    version: int = 4  # 4 is MQTT 3.1.1, 5 is MQTT 5
    clean: bool = False  # True: the broker keeps no session, for whoever only looks or asks
    keepalive: int = 60  # s
    connect_timeout: float = 10.0  # s
    retry_first: float = 1.0  # s; doubles, with jitter
    retry_max: float = 60.0  # s; many stations reconnecting at once are bound by their TLS handshakes


@dataclass(frozen=True)
class Connected:
    epoch: int  # counts connections, from 1
    session_present: bool
    window: int  # messages the server takes in flight, at most WINDOW
    max_packet: int | None  # bytes; None when the server has not said


@dataclass(frozen=True)
class Disconnected:
    epoch: int
    reason: str  # in the system's or the broker's own words
    cause: LinkCause = LinkCause.OTHER


@dataclass(frozen=True)
class Published:
    """The broker answered a publish. Not delivery."""

    epoch: int
    mid: int
    code: int  # 0 taken; 0x10 taken, but nobody is subscribed: gone; 0x80 and above: refused (MQTT 5 section 3.4.2.1)


@dataclass(frozen=True)
class Subscribed:
    epoch: int
    refused: tuple[str, ...]  # the filters the broker refused


@dataclass(frozen=True)
class Arrived:
    """A message. It stays the broker's until `acknowledge`."""

    epoch: int
    mid: int
    qos: int
    topic: str
    payload: bytes = field(repr=False)
    retained: bool = False


@dataclass(frozen=True)
class Died:
    """The thread has ended without being asked to."""

    reason: str


LinkEvent: TypeAlias = Connected | Disconnected | Published | Subscribed | Arrived | Died
