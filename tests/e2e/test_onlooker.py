"""A plain mosquitto_sub on the bureau's topics sees a booking's chunks, and from them alone its envelope can be put together."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.training.demo import training_booking
from agent.training.site import TrainingSite
from tests.data import need_debian, testdata

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(180)]

_HEADER = struct.Struct(">4sBBHIIQII32s")  # docs/bureau-contract.md, chunk


@pytest.fixture
def site() -> Iterator[TrainingSite]:
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        bureau = site.start_bureau()
        scanner = site.start_scanner(str(testdata("prints/nist/type-4-tpcard.an2")), speed=20.0, progress=lambda _: None)
        site.write_settings()
        parts = [site.start_station_part(name) for name in ("core", "uplink")]
        for part in (bureau, *parts):
            part.wait_ready(20.0)
        scanner.wait_ready(20.0)
        yield site


def test_mosquitto_sub_sees_the_chunks_of_a_booking(site: TrainingSite) -> None:
    program = need_debian("mosquitto-clients", "mosquitto_sub")
    tls = site.keys / "bureau"
    listen = [program, "-h", "127.0.0.1", "-p", str(site.port), "-i", "onlooker", "-q", "1", "-t", "fp/v1/st/+/tx/+/+/+", "-F", "%t %x"]
    listen += ["--cafile", str(site.keys / "ca" / "ca.crt"), "--cert", str(tls / "tls.crt"), "--key", str(tls / "tls.key")]
    with subprocess.Popen(listen, stdout=subprocess.PIPE, text=True) as onlooker:
        time.sleep(1.0)  # it has no way to say that it is subscribed
        booking = site.client.post("/api/bookings", training_booking({}))["booking"]
        sent = _sealed(site, booking)
        assert onlooker.stdout is not None
        topics, chunks, total = [], {}, 1
        while len(chunks) < total:
            topic, payload = onlooker.stdout.readline().split()
            magic, _version, _flags, size, index, total, length, _data, _crc, digest = _HEADER.unpack_from(bytes.fromhex(payload))
            assert (magic, size, digest.hex()) == (b"LSCK", 64, sent)
            topics.append(topic)
            chunks[index] = bytes.fromhex(payload)[size:]
        onlooker.terminate()
    envelope = b"".join(chunks[index] for index in sorted(chunks))
    assert (len(envelope), hashlib.sha256(envelope).hexdigest()) == (length, sent)
    assert set(topics) == {f"fp/v1/st/LS-0001/tx/{sent}/{index}/{total}" for index in range(total)}


def _sealed(site: TrainingSite, booking: str) -> str:
    """The transfer id, once the booking is sealed."""
    deadline = time.monotonic() + 60.0
    while True:
        submissions = site.client.get(f"/api/bookings/{booking}")["submissions"]
        if submissions and submissions[0]["envelope_sha256"]:
            return str(submissions[0]["envelope_sha256"])
        assert time.monotonic() < deadline
        time.sleep(0.2)
