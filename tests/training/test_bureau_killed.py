"""The bureau killed over and over while stations send: every transaction once in its records, every answer at its station."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.brokers.access_list import Role, member
from agent.clock import SystemClock
from agent.delivery import topics
from agent.delivery.chunks import Assembler, parse, split
from agent.model.booking import BookingId
from agent.model.messages import Envelope, Environment, MessageKind, Routing
from agent.signing.keys import BureauKeys, StationKeys, TrainingKeys, init_training
from agent.signing.seal import seal
from agent.training.broker import BrokerFiles, NatsBroker
from agent.training.bureau_store import bureau_answers, bureau_journal
from tests.casework.bench import BUREAU, STATION, Keys, car
from tests.training.client import Client
from tests.training.pki import Credentials

COUNT = 25
KILLS = 12
SCRIPT = (
    "import asyncio, sys; from pathlib import Path; from agent.training.bureau_link import BureauSettings, run_bureau;"
    "settings = BureauSettings(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), resend=1.0);"
    "asyncio.run(run_bureau(settings, ready=lambda: print('ready', flush=True)))"
)


def _envelopes(keys: Keys) -> dict[str, Envelope]:
    """TCN to envelope."""
    made = {}
    for number in range(COUNT):
        tcn = f"{STATION}-{number:026d}"
        routing = Routing(MessageKind.TRANSACTION, STATION, tcn, BUREAU, Environment.TRAINING)
        content = car(tcn, BookingId(f"20261124-{number:08d}"))
        made[tcn] = seal(content, routing, signer=keys.station.signer, recipient=keys.station.bureau, now=SystemClock().now())
    return made


def _send(client: Client, envelope: Envelope) -> None:
    messages = split(envelope.data, size=700)
    for index, message in enumerate(messages):
        client.publish(topics.tx(STATION, envelope.envelope_sha256, index, len(messages)), message)


def _take_answers(client: Client, parts: dict[str, Assembler], heard: set[str], seconds: float) -> None:
    """Acknowledge every whole answer that comes within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if client.messages.empty():
            time.sleep(0.02)
            continue
        chunk = parse(client.messages.get()[1])
        if parts.setdefault(chunk.digest, Assembler(chunk)).add(chunk) is not None:
            heard.add(chunk.digest)
            client.publish(topics.ack(STATION, chunk.digest), b"")


@pytest.mark.long
def test_killed_again_and_again_every_transaction_is_there_once(tmp_path: Path) -> None:
    keys_at, directory = tmp_path / "keys", tmp_path / "bureau"
    init_training(keys_at, station=STATION, bureau=BUREAU, clock=SystemClock())
    training, files = Environment.TRAINING, TrainingKeys(keys_at)
    keys = Keys(keys_at, StationKeys.load(keys_at, environment=training), BureauKeys.load(keys_at, environment=training))
    members = [member(files.station("tls").certificate, Role.STATION), member(files.bureau("tls").certificate, Role.BUREAU)]
    broker = NatsBroker(tmp_path / "nats", BrokerFiles.of_training(keys_at), members)
    broker.start()
    tls = files.station("tls")
    envelopes, random_of = _envelopes(keys), random.Random(20261124)
    command = [sys.executable, "-c", SCRIPT, str(directory), str(keys_at), str(broker.port)]
    parts: dict[str, Assembler] = {}
    heard: set[str] = set()
    try:
        with Client(broker.port, Credentials(files.ca.certificate, tls.certificate, tls.key), STATION) as client:
            assert client.subscribe(topics.inbound(STATION))
            waiting = list(envelopes.values())
            for life in range(KILLS + 1):
                with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bureau:
                    assert bureau.stdout is not None
                    bureau.stdout.readline()
                    for envelope in random_of.choices(waiting, k=6) if life < KILLS else waiting:
                        _send(client, envelope)
                    _take_answers(client, parts, heard, random_of.uniform(0, 0.4) if life < KILLS else 10.0)
                    bureau.kill()
    finally:
        broker.stop()
    journal = [(entry.tcn, entry.content_sha256) for entry in bureau_journal(directory)]
    assert sorted(journal) == sorted((tcn, envelope.content_sha256) for tcn, envelope in envelopes.items())
    replies = [answer for answer in bureau_answers(directory) if answer.kind != "receipt"]
    assert len(replies) == 2 * COUNT
    assert {answer.rid for answer in bureau_answers(directory)} <= heard
