"""One MQTT connection: one paho client and its callbacks, which only post.

Measured traps that this file respects: is_published() is true for a refused publish, so the reason code of on_publish is handed on; QoS 2
hides refusals and loses messages with manual acknowledgement, so QoS is always 1; more than the server's ReceiveMaximum in flight is an
endless reconnect; without TCP_NODELAY each exchange costs 40 ms.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.client import MQTT_LOG_ERR
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.clock import Clock
from agent.delivery.link_causes import LinkCause, cause_of_alert, cause_of_connack
from agent.delivery.mqtt_events import WINDOW, Arrived, Connected, LinkEvent, MqttSettings, Published, Subscribed
from agent.delivery.status import Status, encode_status
from agent.delivery.tls import Tls

SESSION_EXPIRY = 30 * 24 * 3600  # s, MQTT 5: how long the broker keeps our subscription and what waits for us
RECEIVE_MAXIMUM = 20  # messages, MQTT 5: how many the broker may leave unacknowledged with us
MAX_PACKET = 512 * 1024  # bytes, MQTT 5: larger messages are not sent to us
CHUNK_TYPE = "application/vnd.livescan.chunk"
_LOST = "connection lost"
POLL = 1.0  # s; how long the thread may sleep before it looks at its orders


class Connection:
    """One paho client and its callbacks, which only post."""

    def __init__(self, settings: MqttSettings, tls: Tls | None, epoch: int, post: Callable[[LinkEvent], None], clock: Clock) -> None:
        self.epoch = epoch
        self.up = False
        self.reason = "closed before it was let in"
        self.cause = LinkCause.NO_WORD
        self._settings = settings
        self._post = post
        self._clock = clock
        self._tls = tls
        self._asked: dict[int, tuple[str, ...]] = {}  # SUBSCRIBE message id to its filters
        self.client = self._new_client()

    def run(self, stopping: threading.Event) -> None:
        settings = self._settings
        if settings.version == MQTTProtocolVersion.MQTTv5:
            properties = _connect_properties(0 if settings.clean else SESSION_EXPIRY)
            self.client.connect(settings.host, settings.port, settings.keepalive, clean_start=settings.clean, properties=properties)
        else:
            self.client.connect(settings.host, settings.port, settings.keepalive)
        deadline = time.monotonic() + settings.connect_timeout
        while self.client.loop(POLL) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            if not self.up and (stopping.is_set() or time.monotonic() > deadline):
                self.reason, self.cause = "no CONNACK in time", LinkCause.NO_WORD
                return
            if self.up and self._tls is not None and self._tls.outdated():
                self.reason, self.cause = "certificates were renewed", LinkCause.RENEWED
                self.client.disconnect()

    def properties_of_chunk(self, digest: str) -> Properties | None:
        """A bonus for tools that look at a broker; nobody needs them (docs/bureau-contract.md section 2)."""
        if self._settings.version != MQTTProtocolVersion.MQTTv5:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType, properties.CorrelationData = CHUNK_TYPE, bytes.fromhex(digest)
        return properties

    def say_goodbye(self) -> None:
        self._say_status(online=False)
        self.client.disconnect()

    def close(self) -> None:
        """However it ended, the socket is closed."""
        open_socket = self.client.socket()
        if open_socket is not None:
            open_socket.close()

    def _new_client(self) -> paho.Client:
        settings = self._settings
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if settings.version == MQTTProtocolVersion.MQTTv5 else settings.clean,
            protocol=MQTTProtocolVersion(settings.version),
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = settings.connect_timeout
        client.max_inflight_messages_set(WINDOW)
        if self._tls is not None:
            client.tls_set_context(self._tls.context)
        if settings.status_topic is not None:
            client.will_set(settings.status_topic, encode_status(self._status(online=False)), qos=1, retain=True)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_publish, client.on_subscribe, client.on_message = self._published, self._subscribed, self._arrived
        client.on_socket_open = self._opened
        client.on_log = self._heard
        client.on_socket_register_write = _leave_writing_to_the_loop
        return client

    def _connected(
        self, client: paho.Client, _data: Any, flags: paho.ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            self.reason, self.cause = f"the broker refuses the connection: {code}", cause_of_connack(code.value)
            return
        client.on_log = None
        client.drop_out_messages()
        self.up = True
        self.reason, self.cause = _LOST, LinkCause.LOST
        window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        # Status and acks count too: what is beyond the window waits in paho, whose own setter refuses once there is a connection.
        client._max_inflight_messages = window
        self._post(Connected(self.epoch, flags.session_present, window, getattr(properties, "MaximumPacketSize", None)))
        if self._settings.subscriptions:
            _, mid = client.subscribe([(topic, self._settings.subscribe_qos) for topic in self._settings.subscriptions])
            self._asked[mid or 0] = self._settings.subscriptions
        self._say_status(online=True)

    def _say_status(self, *, online: bool) -> None:
        if self._settings.status_topic is not None:
            self.client.publish(self._settings.status_topic, encode_status(self._status(online=online)), qos=1, retain=True)

    def _status(self, *, online: bool) -> Status:
        return Status(online, self._clock.now(), self._tls.until if self._tls is not None else None)

    def _opened(self, _client: paho.Client, _data: Any, opened: Any) -> None:
        """After the TLS handshake, before the first byte of MQTT. What is raised here ends the connection."""
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            self._tls.judge(opened)

    def _heard(self, _client: paho.Client, _data: Any, level: int, text: str) -> None:
        """Until it is up. With TLS 1.3 a broker refuses our certificate after its side of the handshake, and paho only logs that."""
        if level == MQTT_LOG_ERR and self.cause is LinkCause.NO_WORD:
            self.reason, self.cause = text, cause_of_alert(text) or LinkCause.NO_WORD

    def _disconnected(
        self, _client: paho.Client, _data: Any, _flags: paho.DisconnectFlags, code: ReasonCode, _props: Properties | None
    ) -> None:
        if self.up and self.reason == _LOST:
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


def _wake_by_unix_sockets() -> tuple[socket.socket, socket.socket]:
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    return reading, writing


# paho wakes its loop through a TCP connection to itself, which any other process could take, and which a confined uplink may not make.
paho._socketpair_compat = _wake_by_unix_sockets


def _leave_writing_to_the_loop(_client: paho.Client, _data: Any, _socket: Any) -> None:
    """With this callback set, publish() from another thread only queues and wakes the link's thread: one thread alone writes to the
    socket.
    """


def _connect_properties(expiry: int) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = expiry
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAX_PACKET
    return properties
