"""The peer of the drain rate: raw paho to the same broker, the same chunks and window, and a sink that commits each message durably."""

from __future__ import annotations

import json
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from agent.delivery.chunks import split
from agent.delivery.mqtt_events import WINDOW

_WITHIN = 300.0  # s for all of it
_STATION = "LS-0001"  # the topic tree in which the station's certificate may publish


def receive(options: dict[str, Any], ready: Callable[[], None]) -> None:
    """Until `messages` of them are committed; then a file `sunk` has the monotonic s of each megabyte, that of its last message."""
    folder = Path(options["folder"])
    database = sqlite3.connect(folder / "sink.sqlite", check_same_thread=False, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}").fetchall()
    database.execute("CREATE TABLE message (topic TEXT PRIMARY KEY, data BLOB NOT NULL)")
    done, subscribed = threading.Event(), threading.Event()
    count, times = 0, []

    def arrived(client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        nonlocal count
        database.execute("INSERT OR IGNORE INTO message VALUES (?, ?)", (message.topic, message.payload))
        client.ack(message.mid, message.qos)
        count += 1
        if count % options["each"] == 0:
            times.append(time.monotonic())
        if count >= options["messages"]:
            done.set()

    client = _client(options, "bureau", "sink")
    client.on_message = arrived
    client.on_subscribe = lambda *_: subscribed.set()
    client.subscribe(f"fp/v1/st/{_STATION}/tx/+/+/+", qos=1)
    subscribed.wait(_WITHIN)
    ready()
    (folder / "sink-ready").touch()
    done.wait(_WITHIN)
    (folder / "sunk.part").write_text(json.dumps(times))
    (folder / "sunk.part").rename(folder / "sunk")
    client.disconnect()


def drain(options: dict[str, Any], payloads: list[bytes]) -> list[float]:
    """Monotonic s of each megabyte that the sink, which runs already, has committed; none when it does not come to an end."""
    client = _client(options, "station", "source")
    began = time.monotonic()
    for number, payload in enumerate(payloads):
        messages = split(payload)
        for index, message in enumerate(messages):
            client.publish(f"fp/v1/st/{_STATION}/tx/{number:064x}/{index}/{len(messages)}", message, qos=1)
    sunk = Path(options["folder"]) / "sunk"
    while not sunk.exists():
        if time.monotonic() - began > _WITHIN:
            return []
        time.sleep(0.05)
    client.disconnect()
    client.loop_stop()
    times: list[float] = json.loads(sunk.read_text())
    return times


def _client(options: dict[str, Any], who: str, name: str) -> paho.Client:
    keys = Path(options["keys"])
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"bench-{name}", clean_session=False, manual_ack=name == "sink")
    client.max_inflight_messages_set(WINDOW)
    context = ssl.create_default_context(cafile=str(keys / "ca" / "ca.crt"))
    context.load_cert_chain(keys / who / "tls.crt", keys / who / "tls.key")
    client.tls_set_context(context)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.connect("127.0.0.1", options["port"], 60)
    client.loop_start()
    connected.wait(10)
    return client
