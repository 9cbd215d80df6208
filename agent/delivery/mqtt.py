"""One MQTT connection after the other, on a thread of its own. It makes no decisions: it posts what happened and does what it is told.

Every connection gets a new paho client, as a restarted process would. So nothing unsent survives in paho's memory (SQLite is the only
retry queue), a message id never means two things, and an acknowledgement of an earlier connection cannot hit a message of this one: each
event and each acknowledgement carries its connection's epoch. The thread is ours and only calls `loop()`: an exception in a callback,
which would end paho's own thread in silence, ends the connection here and the next one begins.

Measured traps that this file respects: is_published() is true for a refused publish, so the reason code of on_publish is handed on; QoS 2
hides refusals and loses messages with manual acknowledgement, so QoS is always 1; publishing without a connection queues in memory, so it
is refused here; more than the server's ReceiveMaximum in flight is an endless reconnect; without TCP_NODELAY each exchange costs 40 ms.
"""

from __future__ import annotations

import itertools
import logging
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.delivery.errors import NotConnected
from agent.delivery.status import Status, encode_status
from agent.errors import ConfigError

log = logging.getLogger(__name__)

WINDOW = 8  # QoS 1 messages in flight; more than a server's ReceiveMaximum is an endless reconnect
SESSION_EXPIRY = 30 * 24 * 3600  # s, MQTT 5: how long the broker keeps our subscription and what waits for us
RECEIVE_MAXIMUM = 20  # messages, MQTT 5: how many the broker may leave unacknowledged with us
MAX_PACKET = 512 * 1024  # bytes, MQTT 5: larger messages are not sent to us
POLL = 1.0  # s; how long the thread may sleep before it looks at its orders


@dataclass(frozen=True)
class MqttSettings:
    host: str
    port: int
    client_id: str  # the station id, or the bureau's name
    ca: Path | None = None  # PEM; None: no TLS, for tests on the loopback only
    cert: Path | None = None  # PEM, the client's chain
    key: Path | None = None  # PEM
    subscriptions: tuple[str, ...] = ()  # topic filters, subscribed with QoS 1 on every connection
    status_topic: str | None = None  # retained: online on connect; offline on stop, and as last will
    version: int = 4  # 4 is MQTT 3.1.1, 5 is MQTT 5
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
    reason: str


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


class MqttLink:
    """`on_event` is called on the link's thread and must only post the value somewhere: `loop.call_soon_threadsafe(queue.put_nowait,
    event)`.
    """

    def __init__(self, settings: MqttSettings, on_event: Callable[[LinkEvent], None]) -> None:
        """Raises ConfigError when a certificate or key cannot be read."""
        self._settings = settings
        self._post = on_event
        self._tls = _tls_context(settings)
        self._lock = threading.Lock()
        self._present: _Connection | None = None  # guarded by the lock
        self._least_pause = 0.0  # s, before the next connection
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._main, name=f"mqtt-{settings.client_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Say goodbye (status offline, DISCONNECT) if connected, and end the thread. Blocks up to `timeout` seconds."""
        self._stopping.set()
        present = self._connection()
        if present is not None and present.up:
            present.say_goodbye()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def bounce(self, pause: float = 0.0) -> None:
        """End this connection; the next begins after `pause` s or more. The broker then sends again whatever was not acknowledged."""
        self._least_pause = pause
        present = self._connection()
        if present is not None:
            present.client.disconnect()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Hand one QoS 1 message to the connection; its message id, which `Published` will name. Raises NotConnected."""
        present = self._connection()
        if present is None or not present.up:
            raise NotConnected("There is no connection to the broker.")
        info = present.client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotConnected(f"The connection to the broker takes nothing: {paho.error_string(info.rc)}")
        return info.mid

    def acknowledge(self, message: Arrived) -> None:
        """The message is stored: the broker may forget it. One of an earlier connection is left out: the broker sends it again."""
        present = self._connection()
        if present is not None and present.epoch == message.epoch and message.qos > 0:
            present.client.ack(message.mid, message.qos)

    def _connection(self) -> _Connection | None:
        with self._lock:
            return self._present

    def _main(self) -> None:
        pause = self._settings.retry_first
        try:
            for epoch in itertools.count(1):
                came_up = self._connect_once(epoch)
                pause = self._settings.retry_first if came_up else min(2 * pause, self._settings.retry_max)
                spread = random.uniform(0.5, 1.5)  # noqa: S311  spreads a thousand stations, protects nothing
                least, self._least_pause = self._least_pause, 0.0
                if self._stopping.wait(max(least, pause * spread)):
                    return
        except Exception as error:  # whatever it was, somebody must hear of it
            log.exception("mqtt: the thread has died")
            self._post(Died(repr(error)))

    def _connect_once(self, epoch: int) -> bool:
        """One connection from dial to end; whether it came up at all."""
        connection = _Connection(self._settings, self._tls, epoch, self._post)
        with self._lock:
            self._present = connection
        try:
            connection.run(self._stopping)
        except (OSError, ValueError) as error:
            connection.reason = str(error)
        except Exception as error:  # a defect in a callback, or a broker's packet that paho cannot read
            log.exception("mqtt: the connection ended by a defect")
            connection.reason = repr(error)
        with self._lock:
            self._present = None
        connection.close()
        self._post(Disconnected(epoch, connection.reason))
        return connection.up


class _Connection:
    """One paho client and its callbacks, which only post."""

    def __init__(self, settings: MqttSettings, tls: ssl.SSLContext | None, epoch: int, post: Callable[[LinkEvent], None]) -> None:
        self.epoch = epoch
        self.up = False
        self.reason = "closed"
        self._settings = settings
        self._post = post
        self._asked: dict[int, tuple[str, ...]] = {}  # SUBSCRIBE message id to its filters
        self.client = self._new_client(tls)

    def run(self, stopping: threading.Event) -> None:
        settings = self._settings
        if settings.version == MQTTProtocolVersion.MQTTv5:
            self.client.connect(settings.host, settings.port, settings.keepalive, clean_start=False, properties=_connect_properties())
        else:
            self.client.connect(settings.host, settings.port, settings.keepalive)
        deadline = time.monotonic() + settings.connect_timeout
        while self.client.loop(POLL) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            if not self.up and (stopping.is_set() or time.monotonic() > deadline):
                self.reason = "no CONNACK in time"
                return

    def say_goodbye(self) -> None:
        self._say_status(online=False)
        self.client.disconnect()

    def close(self) -> None:
        """However it ended, the socket is closed."""
        open_socket = self.client.socket()
        if open_socket is not None:
            open_socket.close()

    def _new_client(self, tls: ssl.SSLContext | None) -> paho.Client:
        settings = self._settings
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if settings.version == MQTTProtocolVersion.MQTTv5 else False,
            protocol=MQTTProtocolVersion(settings.version),
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = settings.connect_timeout
        client.max_inflight_messages_set(WINDOW)
        if tls is not None:
            client.tls_set_context(tls)
        if settings.status_topic is not None:
            client.will_set(settings.status_topic, encode_status(Status(False, datetime.now(UTC))), qos=1, retain=True)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_publish, client.on_subscribe, client.on_message = self._published, self._subscribed, self._arrived
        client.on_socket_open = _send_without_delay
        client.on_socket_register_write = _leave_writing_to_the_loop
        return client

    def _connected(
        self, client: paho.Client, _data: Any, flags: paho.ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            self.reason = f"the broker refuses the connection: {code}"
            return
        client.drop_out_messages()
        self.up = True
        self.reason = "connection lost"
        window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        self._post(Connected(self.epoch, flags.session_present, window, getattr(properties, "MaximumPacketSize", None)))
        if self._settings.subscriptions:
            _, mid = client.subscribe([(topic, 1) for topic in self._settings.subscriptions])
            self._asked[mid or 0] = self._settings.subscriptions
        self._say_status(online=True)

    def _say_status(self, *, online: bool) -> None:
        if self._settings.status_topic is not None:
            self.client.publish(self._settings.status_topic, encode_status(Status(online, datetime.now(UTC))), qos=1, retain=True)

    def _disconnected(
        self, _client: paho.Client, _data: Any, _flags: paho.DisconnectFlags, code: ReasonCode, _props: Properties | None
    ) -> None:
        if self.up:
            self.reason = str(code)

    def _published(self, _client: paho.Client, _data: Any, mid: int, code: ReasonCode, _properties: Properties) -> None:
        self._post(Published(self.epoch, mid, code.value))

    def _subscribed(self, _client: paho.Client, _data: Any, mid: int, codes: list[ReasonCode], _properties: Properties) -> None:
        asked = self._asked.pop(mid, ())
        self._post(Subscribed(self.epoch, tuple(topic for topic, code in zip(asked, codes, strict=False) if code.is_failure)))

    def _arrived(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # matches nothing, is acknowledged and dropped
        self._post(Arrived(self.epoch, message.mid, message.qos, topic, bytes(message.payload), bool(message.retain)))


def _send_without_delay(_client: paho.Client, _data: Any, opened: Any) -> None:
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_writing_to_the_loop(_client: paho.Client, _data: Any, _socket: Any) -> None:
    """With this callback set, publish() from another thread only queues and wakes the link's thread: one thread alone writes to the
    socket.
    """


def _connect_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_EXPIRY
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAX_PACKET
    return properties


def _tls_context(settings: MqttSettings) -> ssl.SSLContext | None:
    """TLS 1.2 or newer, the broker's certificate checked against our CA and its host name, our own certificate shown."""
    if settings.ca is None:
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.cert is not None:
            context.load_cert_chain(settings.cert, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The TLS certificates for the broker cannot be used: {error}.",
            means="Nothing can be sent; bookings are kept.",
            do="Check the files named in the settings under mqtt: ca, cert and key.",
        ) from error
    return context
