"""Five thousand stations on one mosquitto: how long a connection storm lasts, what the broker costs, how quickly a reply is delivered.

The stations are light clients of our own, in one process: a few lines of MQTT 3.1.1 over asyncio's TLS, each with a certificate of its own.
What is measured of the product is the broker's configuration (config/brokers/mosquitto) and the pace at which stations dial again.
"""

from __future__ import annotations

import asyncio
import asyncio.sslproto
import os
import random
import resource
import ssl
import struct
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.brokers.access_list import Role, member
from agent.clock import SystemClock
from agent.delivery.pacing import redial
from agent.errors import LivescanError
from agent.signing.certificates import Purpose
from agent.signing.certificates import Role as CertificateRole
from agent.signing.keys import init_training
from agent.signing.training_ca import issue
from agent.signing.training_keys import TrainingKeys, load_training_ca, write_pair
from agent.training.broker import LOOPBACK, BrokerFiles
from agent.training.mosquitto import Mosquitto

KEEPALIVE = 60  # s
CONNECT_TIMEOUT = 10.0  # s, as the product's
RETRY_FIRST, RETRY_MOST = 1.0, 60.0  # s, the product's defaults
STORM_WITHIN = 600.0  # s
HANDS = 100  # handshakes that this one process does at a time: real stations each have a processor of their own
IDLE = 20.0  # s over which the broker's idle CPU is taken
_CONNECT, _PUBLISH, _PUBACK, _SUBSCRIBE, _PING = 0x10, 0x30, 0x40, 0x82, 0xC0  # MQTT 3.1.1 clause 2.2.1, with reserved bits
_LIGHT_BUFFER = 4096  # bytes; asyncio keeps 256 KiB for each TLS connection otherwise

Tell = Callable[[str], None]


@dataclass
class Crowd:
    """What all stations together have seen."""

    connected: set[str] = field(default_factory=set)
    tries: int = 0
    failures: int = 0
    delivered: dict[str, float] = field(default_factory=dict)  # station to monotonic s
    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HANDS))


@dataclass(frozen=True)
class Storm:
    seconds: float  # until the last station was connected
    tries: int
    failures: int  # refused, or not answered within 10 s


class _Station:
    def __init__(self, name: str, context: ssl.SSLContext, port: int, crowd: Crowd) -> None:
        self._name = name
        self._context = context
        self._port = port
        self._crowd = crowd

    async def run(self) -> None:
        """Connect, stay, connect again: at the product's pace."""
        silence = 0
        while True:
            came_up = await self._once()
            silence = 0 if came_up else silence + 1
            await asyncio.sleep(redial(silence, RETRY_FIRST, RETRY_MOST, random.random()))  # noqa: S311

    async def _once(self) -> bool:
        self._crowd.tries += 1
        writer: asyncio.StreamWriter | None = None
        try:
            async with self._crowd.hands, asyncio.timeout(CONNECT_TIMEOUT):
                reader, writer = await asyncio.open_connection(LOOPBACK, self._port, ssl=self._context, server_hostname=LOOPBACK)
                await self._greet(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self._crowd.failures += 1
            _drop(writer)
            return False
        self._crowd.connected.add(self._name)
        try:
            await self._stay(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._crowd.connected.discard(self._name)
            _drop(writer)
        return True

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        variable = _text("MQTT") + bytes([4, 0]) + struct.pack(">H", KEEPALIVE) + _text(self._name)
        writer.write(_packet(_CONNECT, variable))
        kind, said = await _read(reader)
        if kind != 0x20 or said[1] != 0:
            raise OSError("not let in")
        writer.write(_packet(_SUBSCRIBE, struct.pack(">H", 1) + _text(f"fp/v1/st/{self._name}/rx/#") + b"\x01"))
        await _read(reader)

    async def _stay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                async with asyncio.timeout(KEEPALIVE * random.uniform(0.5, 0.9)):  # noqa: S311
                    kind, said = await _read(reader)
            except TimeoutError:
                writer.write(_packet(_PING, b""))
                continue
            if kind & 0xF0 == _PUBLISH:
                self._crowd.delivered[self._name] = time.monotonic()
                after = 2 + int.from_bytes(said[:2], "big")
                writer.write(_packet(_PUBACK, said[after : after + 2]))


def measure(count: int, tell: Tell) -> dict[str, Any]:
    """Figures by name. Raises LivescanError when mosquitto is not there or stations stay out."""
    _raise_file_limit(count)
    asyncio.sslproto.SSLProtocol.max_size = _LIGHT_BUFFER
    with tempfile.TemporaryDirectory(prefix="livescan-stations-") as name:
        keys = init_training(Path(name) / "keys", station="LS-00000", bureau="SIB-TRAINING", clock=SystemClock())
        tell(f"{count} certificates")
        contexts = _contexts(keys, count)
        bureau = member(keys.bureau("tls").certificate, Role.BUREAU)
        broker = Mosquitto(Path(name) / "mosquitto", BrokerFiles.of_training(keys.directory), [], bureau=bureau)
        broker.start()
        broker.stop()
        try:
            return asyncio.run(_story(broker, keys, contexts, tell))
        finally:
            broker.stop()


async def _story(broker: Mosquitto, keys: TrainingKeys, contexts: dict[str, ssl.SSLContext], tell: Tell) -> dict[str, Any]:
    crowd = Crowd()
    stations = [asyncio.create_task(_Station(name, context, broker.port, crowd).run()) for name, context in contexts.items()]
    try:
        tell("the broker is away; every station dials")
        await asyncio.sleep(10.0)
        broker.start()
        first = await _storm(crowd, len(contexts), tell)
        rss, cpu = _rss_mb(broker.pid), await _idle_cpu(broker.pid)
        sent = await _deliver(broker, keys, crowd, list(contexts))
        broker.kill()
        await asyncio.sleep(2.0)
        broker.start()
        second = await _storm(crowd, len(contexts), tell)
    finally:
        for station in stations:
            station.cancel()
        await asyncio.gather(*stations, return_exceptions=True)
    return {
        "stations": len(contexts),
        "first_storm_s": round(first.seconds, 1),
        "first_storm_failures": first.failures,
        "second_storm_s": round(second.seconds, 1),
        "second_storm_failures": second.failures,
        "broker_rss_mb": rss,
        "broker_idle_cpu_percent": cpu,
        "deliver_ms_p50": sent[len(sent) // 2],
        "deliver_ms_p99": sent[len(sent) * 99 // 100],
        "delivered": len(sent),
    }


async def _storm(crowd: Crowd, count: int, tell: Tell) -> Storm:
    began, tries, failures = time.monotonic(), crowd.tries, crowd.failures
    told = began
    while len(crowd.connected) < count:
        if time.monotonic() - began > STORM_WITHIN:
            raise LivescanError(f"{count - len(crowd.connected)} stations are still out after {STORM_WITHIN:.0f} s.")
        if time.monotonic() - told > 5:
            told = time.monotonic()
            tell(f"{told - began:.0f} s: {len(crowd.connected)} of {count} are connected")
        await asyncio.sleep(0.05)
    return Storm(time.monotonic() - began, crowd.tries - tries, crowd.failures - failures)


async def _deliver(broker: Mosquitto, keys: TrainingKeys, crowd: Crowd, names: list[str]) -> list[float]:
    """1 KB from the bureau to each station, one after the other; ms from publish to arrival, sorted."""
    tls = keys.bureau("tls")
    context = _context(keys.ca.certificate, tls.certificate, tls.key)
    reader, writer = await asyncio.open_connection(LOOPBACK, broker.port, ssl=context, server_hostname=LOOPBACK)
    writer.write(_packet(_CONNECT, _text("MQTT") + bytes([4, 2]) + struct.pack(">H", KEEPALIVE) + _text("SIB-TRAINING")))
    await _read(reader)
    crowd.delivered.clear()
    published = {}
    for number, name in enumerate(names):
        published[name] = time.monotonic()
        body = _text(f"fp/v1/st/{name}/rx/r/0/1") + struct.pack(">H", number % 65535 + 1) + bytes(1024)
        writer.write(_packet(_PUBLISH | 0x02, body))
        await _read(reader)
    async with asyncio.timeout(30):
        while len(crowd.delivered) < len(names):
            await asyncio.sleep(0.05)
    writer.close()
    return sorted(round(1000 * (crowd.delivered[name] - at), 1) for name, at in published.items())


def _contexts(keys: TrainingKeys, count: int) -> dict[str, ssl.SSLContext]:
    ca, now, folder = load_training_ca(keys.directory), SystemClock().now(), keys.directory / "crowd"
    made = {}
    for number in range(1, count + 1):
        name = f"LS-{number:05d}"
        write_pair(folder, name, issue(ca, name, CertificateRole.STATION, Purpose.CLIENT, now=now))
        made[name] = _context(keys.ca.certificate, folder / f"{name}.crt", folder / f"{name}.key")
    return made


def _context(ca: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    context.load_cert_chain(certificate, key)
    return context


def _raise_file_limit(count: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * count + 1000
    if hard != resource.RLIM_INFINITY and hard < count + 500:
        raise LivescanError(f"This machine allows {hard} open files, {count} stations need more.", do="Raise ulimit -n, or ask for fewer.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else hard, hard))


def _drop(writer: asyncio.StreamWriter | None) -> None:
    if writer is not None:
        writer.transport.abort()


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def _packet(kind: int, body: bytes) -> bytes:
    """MQTT 3.1.1 clause 2.2: type, remaining length in sevens of bits, body."""
    length, octets = len(body), bytearray()
    while True:
        length, low = divmod(length, 128)
        octets.append(low | (0x80 if length else 0))
        if not length:
            return bytes([kind]) + bytes(octets) + body


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, length, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        octet = (await reader.readexactly(1))[0]
        length |= (octet & 0x7F) << shift
        shift += 7
        if not octet & 0x80:
            return kind, await reader.readexactly(length)


def _rss_mb(pid: int | None) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


async def _idle_cpu(pid: int | None) -> float:
    """Percent of one core."""
    before = _ticks(pid)
    await asyncio.sleep(IDLE)
    return round(100 * (_ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / IDLE, 1)


def _ticks(pid: int | None) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
