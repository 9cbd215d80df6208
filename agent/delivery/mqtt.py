"""One MQTT connection after the other, on a thread of its own. It makes no decisions: it posts what happened and does what it is told.

Every connection gets a new paho client, as a restarted process would. So nothing unsent survives in paho's memory (SQLite is the only
retry queue), a message id never means two things, and an acknowledgement of an earlier connection cannot hit a message of this one: each
event and each acknowledgement carries its connection's epoch. The thread is ours and only calls `loop()`: an exception in a callback,
which would end paho's own thread in silence, ends the connection here and the next one begins. Publishing without a connection would queue
in paho's memory, so it is refused here.
"""

from __future__ import annotations

import itertools
import logging
import random
import threading
from collections.abc import Callable

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

from agent.clock import Clock, SystemClock
from agent.delivery.errors import NotConnected
from agent.delivery.link_causes import LinkCause, cause_of, in_itself
from agent.delivery.mqtt_connection import Connection
from agent.delivery.mqtt_events import (
    WINDOW,
    Arrived,
    Connected,
    Died,
    Disconnected,
    LinkEvent,
    MqttSettings,
    Published,
    Subscribed,
)
from agent.delivery.pacing import redial
from agent.delivery.tls import Tls

__all__ = [
    "WINDOW",
    "Arrived",
    "Connected",
    "Died",
    "Disconnected",
    "LinkEvent",
    "MqttLink",
    "MqttSettings",
    "Published",
    "Subscribed",
]

log = logging.getLogger(__name__)


class MqttLink:
    """`on_event` is called on the link's thread and must only post the value somewhere: `loop.call_soon_threadsafe(queue.put_nowait,
    event)`.
    """

    def __init__(self, settings: MqttSettings, on_event: Callable[[LinkEvent], None], clock: Clock | None = None) -> None:
        """Raises ConfigError when a certificate or key cannot be read."""
        self._settings = settings
        self._post = on_event
        self._clock = clock or SystemClock()
        self._tls = Tls(settings, self._clock) if settings.ca is not None else None
        self._lock = threading.Lock()
        self._present: Connection | None = None  # guarded by the lock
        self._least_pause = 0.0  # s, before the next connection
        self.next_dial: float | None = None  # monotonic s; None while dialling or connected
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

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, chunk_of: str = "") -> int:
        """Hand one QoS 1 message to the connection; its message id, which `Published` will name. chunk_of: the envelope's SHA-256, hex,
        told as a property where MQTT 5 is spoken. Raises NotConnected.
        """
        present = self._connection()
        if present is None or not present.up:
            raise NotConnected("There is no connection to the broker.")
        properties = present.properties_of_chunk(chunk_of) if chunk_of else None
        info = present.client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotConnected(f"The connection to the broker takes nothing: {paho.error_string(info.rc)}")
        return info.mid

    def acknowledge(self, message: Arrived) -> None:
        """The message is stored: the broker may forget it. One of an earlier connection is left out: the broker sends it again."""
        present = self._connection()
        if present is not None and present.epoch == message.epoch and message.qos > 0:
            present.client.ack(message.mid, message.qos)

    def _connection(self) -> Connection | None:
        with self._lock:
            return self._present

    def _main(self) -> None:
        silence = 0
        try:
            for epoch in itertools.count(1):
                came_up = self._connect_once(epoch)
                silence = 0 if came_up else silence + 1
                spread = random.random()  # noqa: S311  spreads thousands of stations, protects nothing
                pause = redial(silence, self._settings.retry_first, self._settings.retry_max, spread)
                least, self._least_pause = self._least_pause, 0.0
                self.next_dial = self._clock.monotonic() + max(least, pause)
                if self._stopping.wait(max(least, pause)):
                    return
                self.next_dial = None
        except Exception as error:  # whatever it was, somebody must hear of it
            log.exception("mqtt: the thread has died")
            self._post(Died(repr(error)))

    def _connect_once(self, epoch: int) -> bool:
        """One connection from dial to end; whether it came up at all."""
        connection = Connection(self._settings, self._tls, epoch, self._post, self._clock)
        with self._lock:
            self._present = connection
        try:
            connection.run(self._stopping)
        except (OSError, ValueError) as error:
            connection.reason, connection.cause = in_itself(error), cause_of(error)
        except Exception as error:  # a defect in a callback, or a broker's packet that paho cannot read
            log.exception("mqtt: the connection ended by a defect")
            connection.reason, connection.cause = repr(error), LinkCause.OTHER
        with self._lock:
            self._present = None
        connection.close()
        self._post(Disconnected(epoch, connection.reason, self._own_end(connection.cause)))
        return connection.up

    def _own_end(self, cause: LinkCause) -> LinkCause:
        """A broker says in one word, or in none, that our certificate has ended; we know it."""
        until = self._tls.until if self._tls is not None and cause in (LinkCause.NOT_OURS, LinkCause.NO_WORD) else None
        return LinkCause.OWN_ENDED if until is not None and until < self._clock.now() else cause
