"""A second bureau, as small as it can be, written from docs/bureau-contract.md and docs/envelope.md alone.

It shares no line with the agent: where the two understand each other, the document was enough. One thread: a message is acknowledged in
the callback that has committed it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import sqlite3
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import paho.mqtt.client as mqtt
from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.contract.ansi import answer, tcn, tcr
from tests.contract.chunks import BadChunk, Chunk, bitmap, cut, joined, read
from tests.contract.envelope import BadEnvelope, Keys, Opened, accepted, sealed

TABLES = """
CREATE TABLE IF NOT EXISTS chunk (txid TEXT, total INT, i INT, station TEXT, length INT, data BLOB, PRIMARY KEY (txid, total, i));
CREATE TABLE IF NOT EXISTS taken (station TEXT, tcn TEXT, content TEXT, received_at TEXT, file BLOB, PRIMARY KEY (station, tcn, content));
CREATE TABLE IF NOT EXISTS known (txid TEXT PRIMARY KEY, station TEXT, tcn TEXT, content TEXT, stage TEXT);
CREATE TABLE IF NOT EXISTS owed (rid TEXT PRIMARY KEY, station TEXT, envelope BLOB, acked INT DEFAULT 0);
CREATE TABLE IF NOT EXISTS heard (txid TEXT, i INT);
CREATE TABLE IF NOT EXISTS unread (txid TEXT PRIMARY KEY, why TEXT, envelope BLOB);
"""
ACK = re.compile(r"fp/v1/st/([A-Za-z0-9-]{1,13})/ack/([0-9a-f]{64})")
STATUS = re.compile(r"fp/v1/st/([A-Za-z0-9-]{1,13})/status")
AGAIN_AFTER = 10.0  # seconds between two sendings of a reply


COMMITTED = "committed"
# Type-2 fields of each answer. EBTS: SRF "N", no identification.
ANSWERS = {"SRE": {59: "N"}, "ERRT": {60: "L0008"}, "ORPHAN-SRE": {59: "N"}}


def sha256(what: bytes) -> str:
    return hashlib.sha256(what).hexdigest()


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class Judged:
    station: str
    tcn: str
    content: str  # SHA-256 of the file
    stage: str  # of its receipts


class Store:
    """What the bureau holds. Every method that writes has committed when it returns."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + TABLES)

    def put_chunk(self, chunk: Chunk) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("INSERT INTO heard VALUES (?, ?)", (chunk.digest, chunk.index))
        row = (chunk.digest, chunk.total, chunk.index, chunk.station, chunk.length, chunk.data)
        self.db.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?, ?)", row)
        self.db.execute("COMMIT")

    def parts(self, chunk: Chunk) -> list[bytes]:
        rows = self.db.execute("SELECT data FROM chunk WHERE txid = ? AND total = ? ORDER BY i", (chunk.digest, chunk.total))
        return [data for (data,) in rows]

    def drop_chunks(self, txid: str) -> None:
        self.db.execute("DELETE FROM chunk WHERE txid = ?", (txid,))

    def incomplete(self, station: str) -> list[tuple[str, int, set[int]]]:
        found: dict[tuple[str, int], set[int]] = {}
        for txid, total, index in self.db.execute("SELECT txid, total, i FROM chunk WHERE station = ?", (station,)):
            found.setdefault((txid, total), set()).add(index)
        return [(txid, total, present) for (txid, total), present in found.items()]

    def judged(self, txid: str) -> Judged | None:
        row = self.db.execute("SELECT station, tcn, content, stage FROM known WHERE txid = ?", (txid,)).fetchone()
        return Judged(*row) if row else None

    def take(self, txid: str, judged: Judged, file: bytes, replies: list[bytes]) -> None:
        """The transaction, once, with what is owed for it, and how it was judged; its chunks are let go in the same commit."""
        self.db.execute("BEGIN IMMEDIATE")
        row = (judged.station, judged.tcn, judged.content, now(), file)
        self.db.execute("INSERT OR IGNORE INTO taken VALUES (?, ?, ?, ?, ?)", row)
        owed = [(sha256(one), judged.station, one) for one in replies]
        self.db.executemany("INSERT INTO owed (rid, station, envelope) VALUES (?, ?, ?)", owed)
        self._close(txid, judged)

    def set_aside(self, txid: str, judged: Judged, why: str, envelope: bytes) -> None:
        """For a person."""
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("INSERT OR IGNORE INTO unread VALUES (?, ?, ?)", (txid, why, envelope))
        self._close(txid, judged)

    def _close(self, txid: str, judged: Judged) -> None:
        row = (txid, judged.station, judged.tcn, judged.content, judged.stage)
        self.db.execute("INSERT OR IGNORE INTO known VALUES (?, ?, ?, ?, ?)", row)
        self.db.execute("DELETE FROM chunk WHERE txid = ?", (txid,))
        self.db.execute("COMMIT")

    def taken(self, station: str, tcn: str) -> tuple[str, str] | None:
        """(content, when it was first committed)"""
        row: tuple[str, str] | None
        row = self.db.execute("SELECT content, received_at FROM taken WHERE (station, tcn) = (?, ?)", (station, tcn)).fetchone()
        return row

    def acked(self, station: str, rid: str) -> None:
        self.db.execute("UPDATE owed SET acked = 1 WHERE rid = ? AND station = ?", (rid, station))

    def owed_replies(self) -> list[tuple[str, str, bytes]]:
        return self.db.execute("SELECT rid, station, envelope FROM owed WHERE NOT acked").fetchall()


class Bureau:
    environment = "training"

    def __init__(self, store: Store, keys: Keys, client: mqtt.Client, answers: tuple[str, ...]) -> None:
        self.store, self.keys, self.client, self.answers = store, keys, client, answers
        self.name = common_name(keys.folder / "signing.crt")
        self.dies_before_receipt = False
        client.on_connect, client.on_message = self.on_connect, self.on_message

    def status(self, online: bool) -> str:
        return json.dumps({"online": online, "at": now()})

    def on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([("fp/v1/st/+/tx/+/+/+", 1), ("fp/v1/st/+/ack/+", 1), ("fp/v1/st/+/status", 1)])
        client.publish("fp/v1/bureau/status", self.status(online=True), qos=1, retain=True)
        self.send_replies()

    def on_message(self, client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        if ack := ACK.fullmatch(message.topic):
            self.store.acked(ack[1], ack[2])
        elif status := STATUS.fullmatch(message.topic):
            self.station_says(status[1], message.payload)
        else:
            self.take_chunk(message.topic, message.payload)
        client.ack(message.mid, message.qos)

    def station_says(self, station: str, payload: bytes | bytearray) -> None:
        try:
            online = json.loads(payload)["online"] is True
        except (ValueError, KeyError, TypeError):
            return
        if online:
            for txid, total, present in self.store.incomplete(station):
                self.client.publish(f"fp/v1/st/{station}/rx/have/{txid}/{total}", bitmap(present, total), qos=1)
            self.send_replies()

    def take_chunk(self, topic: str, payload: bytes | bytearray) -> None:
        try:
            chunk = read(topic, bytes(payload))
        except BadChunk:
            return
        if (judged := self.store.judged(chunk.digest)) is not None:
            if chunk.index == chunk.total - 1:
                self.receipt(chunk.digest, judged, duplicate=judged.stage == COMMITTED)
            return
        self.store.put_chunk(chunk)
        parts = self.store.parts(chunk)
        if len(parts) == chunk.total:
            self.complete(chunk, joined(parts, chunk.digest, chunk.length))

    def complete(self, chunk: Chunk, envelope: bytes | None) -> None:
        if envelope is None:
            self.store.drop_chunks(chunk.digest)
            return
        txid, station = chunk.digest, chunk.station
        try:
            found = self.accepted(envelope, station)
        except ValueError as error:
            judged = Judged(station, "UNKNOWN", "0" * 64, "refused")
            self.store.set_aside(txid, judged, str(error), envelope)
            self.receipt(txid, judged, duplicate=False)
            return
        content, before = sha256(found.file), self.store.taken(station, found.said["tcn"])
        duplicate = before is not None and before[0] == content
        judged = Judged(station, found.said["tcn"], content, COMMITTED if before is None or duplicate else "conflict")
        if judged.stage == COMMITTED:
            self.store.take(txid, judged, found.file, [] if duplicate else self.replies(found))
        else:
            self.store.set_aside(txid, judged, "its control number stands for another file", envelope)
        self.receipt(txid, judged, duplicate=duplicate)
        self.send_replies()

    def accepted(self, envelope: bytes, station: str) -> Opened:
        """Raises ValueError."""
        found = accepted(envelope, self.keys, me=self.name, environment=self.environment)
        if tcn(found.file) != found.said["tcn"] or found.signer != station:
            raise BadEnvelope("topic, envelope and file name different transactions")
        return found

    def receipt(self, txid: str, judged: Judged, *, duplicate: bool) -> None:
        if self.dies_before_receipt:
            os.kill(os.getpid(), signal.SIGKILL)
        before = self.store.taken(judged.station, judged.tcn)
        said = {
            "schema": "livescan-receipt/1",
            "stage": judged.stage,
            "station": judged.station,
            "tcn": judged.tcn,
            "content_sha256": judged.content,
            "envelope_sha256": txid,
            "received_at": before[1] if before else now(),
            "bureau": self.name,
            "duplicate": duplicate,
        }
        self.publish(judged.station, self.seal("receipt", judged.station, judged.tcn, json.dumps(said).encode()))

    def replies(self, found: Opened) -> list[bytes]:
        sent = [answer(found.file, tot.removeprefix("ORPHAN-"), ANSWERS[tot], tied=tot in ("SRE", "ERRT")) for tot in self.answers]
        return [self.seal("reply", found.signer, tcr(one), one) for one in sent]

    def seal(self, kind: str, station: str, number: str, content: bytes) -> bytes:
        said = {"kind": kind, "station": station, "tcn": number, "environment": self.environment}
        return sealed(content, self.keys, self.keys.folder / "stations" / f"{station}.crt", said)

    def send_replies(self) -> None:
        for _, station, envelope in self.store.owed_replies():
            self.publish(station, envelope)

    def publish(self, station: str, envelope: bytes) -> None:
        rid, payloads = sha256(envelope), cut(envelope)
        for index, payload in enumerate(payloads):
            self.client.publish(f"fp/v1/st/{station}/rx/{rid}/{index}/{len(payloads)}", payload, qos=1)


def common_name(path: Path) -> str:
    (name,) = load_pem_x509_certificate(path.read_bytes()).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def connected(args: argparse.Namespace, name: str) -> mqtt.Client:
    protocol = mqtt.MQTTv5 if args.mqtt == "5" else mqtt.MQTTv311
    clean = None if args.mqtt == "5" else False
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean, protocol=protocol, manual_ack=True)
    context = ssl.create_default_context(cafile=str(args.keys / "ca/ca.crt"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(str(args.keys / "bureau/tls.crt"), str(args.keys / "bureau/tls.key"))
    client.tls_set_context(context)
    client.max_inflight_messages_set(8)
    client.will_set("fp/v1/bureau/status", json.dumps({"online": False, "at": now()}), qos=1, retain=True)
    return client


def dial(client: mqtt.Client, args: argparse.Namespace) -> None:
    if args.mqtt == "5":
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 30 * 86_400
        client.connect(args.host, args.port, keepalive=60, clean_start=False, properties=properties)
    else:
        client.connect(args.host, args.port, keepalive=60)


class Stop:
    asked = False

    def ask(self, _: int, __: FrameType | None) -> None:
        self.asked = True


def run(bureau: Bureau, args: argparse.Namespace, stop: Stop) -> None:
    """Until it is asked to stop; dials again after a second."""
    sent = time.monotonic()
    while not stop.asked:
        try:
            dial(bureau.client, args)
            while not stop.asked and bureau.client.loop(0.1) == mqtt.MQTT_ERR_SUCCESS:
                if time.monotonic() - sent > AGAIN_AFTER:
                    bureau.send_replies()
                    sent = time.monotonic()
        except OSError:
            pass
        if not stop.asked:
            time.sleep(1)
    bureau.client.publish("fp/v1/bureau/status", bureau.status(online=False), qos=1, retain=True)
    bureau.client.loop(0.5)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=Path, required=True, help="ca/ca.crt, bureau/*.{crt,key}, bureau/stations/STATION.crt")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mqtt", choices=["3.1.1", "5"], default="3.1.1")
    parser.add_argument("--client-id", help="default: the certificate's name")
    parser.add_argument("--answer", action="append", default=[], choices=sorted(ANSWERS))
    parser.add_argument("--die-before-receipt", action="store_true", help="by SIGKILL, with the first transaction committed")
    args = parser.parse_args()
    keys, stop = Keys(args.keys / "ca/ca.crt", args.keys / "bureau"), Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.ask)
    args.dir.mkdir(parents=True, exist_ok=True)
    client = connected(args, args.client_id or common_name(args.keys / "bureau/tls.crt"))
    store = Store(args.dir / "bureau.sqlite")
    bureau = Bureau(store, keys, client, tuple(args.answer))
    bureau.dies_before_receipt = args.die_before_receipt
    run(bureau, args, stop)


if __name__ == "__main__":
    main()
