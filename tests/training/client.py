"""An MQTT client for tests that says what it was answered."""

from __future__ import annotations

import contextlib
import queue
import ssl
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.training.pki import Credentials

WAIT = 5.0  # s


class Client:
    """Connected inside `with`; raises OSError when the broker refuses."""

    def __init__(self, port: int, who: Credentials | None, client_id: str, *, ca: Credentials | None = None) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._answers: queue.Queue[Any] = queue.Queue()
        self._port = port
        self._mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv311, reconnect_on_failure=False)
        self._mqtt.tls_set_context(_context(who, ca or who))
        self._mqtt.on_connect = lambda client, userdata, flags, reason, properties: self._answers.put(reason)
        self._mqtt.on_disconnect = lambda client, userdata, flags, reason, properties: self._answers.put(reason)
        self._mqtt.on_subscribe = lambda client, userdata, mid, reasons, properties: self._answers.put(reasons)
        self._mqtt.on_message = lambda client, userdata, message: self.messages.put((message.topic, bytes(message.payload)))

    def __enter__(self) -> Client:
        self._mqtt.connect("127.0.0.1", self._port, keepalive=30)
        self._mqtt.loop_start()
        answer = self._answers.get(timeout=WAIT)
        if answer.is_failure:
            self._end()
            raise ConnectionRefusedError(str(answer))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def subscribe(self, topic: str) -> bool:
        """True when the broker granted it."""
        self._mqtt.subscribe(topic, qos=1)
        return not any(reason.is_failure for reason in self._answers.get(timeout=WAIT))

    def try_to_subscribe(self, topic: str) -> None:
        """For what is forbidden, where the broker may end the connection instead of an answer."""
        self._mqtt.subscribe(topic, qos=1)
        self._answers.get(timeout=WAIT)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._mqtt.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT)

    def try_to_publish(self, topic: str, payload: bytes) -> None:
        """For what is forbidden: NATS acknowledges and drops it, mosquitto 2.0 cuts an MQTT 3.1.1 connection."""
        with contextlib.suppress(RuntimeError):
            self._mqtt.publish(topic, payload, qos=1).wait_for_publish(0.5)

    def next(self) -> tuple[str, bytes]:
        return self.messages.get(timeout=WAIT)


def _context(who: Credentials | None, ca: Credentials | None) -> ssl.SSLContext:
    assert ca is not None
    context = ssl.create_default_context(cafile=str(ca.ca))
    if who is not None:
        context.load_cert_chain(str(who.certificate), str(who.key))
    return context
