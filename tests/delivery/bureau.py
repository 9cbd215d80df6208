"""A bureau as small as the contract allows, written from docs/bureau-contract.md with none of the agent's code: it judges the uplink."""

from __future__ import annotations

import hashlib
import json
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.delivery.brokers import Tls

HEADER = struct.Struct(">4sBBHIIQII32s")


def cut(data: bytes, size: int = 131_008) -> list[bytes]:
    digest = hashlib.sha256(data).digest()
    parts = [data[i : i + size] for i in range(0, len(data), size)]
    return [HEADER.pack(b"LSCK", 1, 0, 64, i, len(parts), len(data), len(p), zlib.crc32(p), digest) + p for i, p in enumerate(parts)]


def receipt_for(txid: str) -> bytes:
    return b"receipt for " + txid.encode()


class SmallBureau:
    """Counts complete envelopes by txid (`arrivals`), keeps the first of each (`store`), answers each arrival with a receipt if told so.

    It acknowledges a chunk to the broker when it has it in memory: it is never killed in these tests.
    """

    def __init__(
        self, port: int, *, answers: Callable[[str], bool] = lambda txid: True, status: bool = True, tls: Tls | None = None
    ) -> None:
        self.store: dict[str, bytes] = {}
        self.arrivals: Counter[str] = Counter()
        self.chunks: list[tuple[str, int, int]] = []
        self.acks: Counter[str] = Counter()
        self.stations: list[bool] = []
        self.answers = answers
        self._parts: dict[tuple[str, int], dict[int, bytes]] = {}
        self._port = port
        self._status = status
        self._subscribed = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="SIB-TEST", clean_session=False)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = self._on_message
        self.client.reconnect_delay_set(1, 1)
        if tls is not None:
            self.client.tls_set(str(tls.ca), str(tls.cert), str(tls.key))
        if status:
            self.client.will_set("fp/v1/bureau/status", self._word(False), qos=1, retain=True)

    def __enter__(self) -> SmallBureau:
        self.client.connect("127.0.0.1", self._port)
        self.client.loop_start()
        assert self._subscribed.wait(10), "the bureau could not subscribe"
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    @staticmethod
    def _word(online: bool) -> bytes:
        return json.dumps({"online": online, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}).encode()

    def say_status(self, online: bool) -> None:
        self.client.publish("fp/v1/bureau/status", self._word(online), qos=1, retain=True).wait_for_publish(5)

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        client.subscribe([("fp/v1/st/+/tx/+/+/+", 1), ("fp/v1/st/+/ack/+", 1), ("fp/v1/st/+/status", 1)])
        if self._status:
            client.publish("fp/v1/bureau/status", self._word(True), qos=1, retain=True)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        level = message.topic.split("/")
        if level[4] == "ack":
            self.acks[level[5]] += 1
        elif level[4] == "status":
            self.stations.append(json.loads(message.payload)["online"])
            if self.stations[-1]:
                self._say_what_is_here(level[3])
        else:
            self._chunk(level[3], level[5], int(level[6]), int(level[7]), bytes(message.payload))

    def _say_what_is_here(self, station: str) -> None:
        for (txid, total), parts in self._parts.items():
            bits = bytes(sum(1 << bit for bit in range(8) if 8 * byte + bit in parts) for byte in range((total + 7) // 8))
            self.client.publish(f"fp/v1/st/{station}/rx/have/{txid}/{total}", bits, qos=1)

    def _chunk(self, station: str, txid: str, index: int, total: int, payload: bytes) -> None:
        magic, version, _, header, i, n, length, size, crc, digest = HEADER.unpack_from(payload)
        data = payload[header:]
        assert (magic, version, header, i, n, len(data), zlib.crc32(data), digest.hex()) == (b"LSCK", 1, 64, index, total, size, crc, txid)
        assert len(payload) <= 131_072
        self.chunks.append((txid, index, total))
        parts = self._parts.setdefault((txid, total), {})
        parts[index] = data
        if len(parts) == total:
            del self._parts[txid, total]
            whole = b"".join(parts[k] for k in range(total))
            assert hashlib.sha256(whole).hexdigest() == txid and len(whole) == length
            self.arrivals[txid] += 1
            self.store.setdefault(txid, whole)
            if self.answers(txid):
                self.send(station, receipt_for(txid))

    def send(self, station: str, envelope: bytes, *, size: int = 131_008, order: Callable[[list[bytes]], list[bytes]] = list) -> str:
        """Publish an envelope to a station; its rid."""
        rid = hashlib.sha256(envelope).hexdigest()
        for message in order(cut(envelope, size)):
            self.send_raw(station, rid, message)
        return rid

    def send_raw(self, station: str, rid: str, message: bytes) -> None:
        index, total = struct.unpack_from(">II", message, 8)
        self.client.publish(f"fp/v1/st/{station}/rx/{rid}/{index}/{total}", message, qos=1)
