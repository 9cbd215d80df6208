"""The bureau on a real broker, heard by a station's plain MQTT client and judged by its casework."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.brokers.access_list import Role, member
from agent.casework.desk import Casework
from agent.clock import SystemClock
from agent.delivery import topics
from agent.delivery.chunks import Chunk, join, parse, split
from agent.delivery.status import Status, encode_status, parse_status
from agent.model.messages import Envelope, Environment, MessageKind, Routing
from agent.signing.keys import BureauKeys, StationKeys, TrainingKeys, add_station, init_training
from agent.signing.seal import seal
from agent.training.broker import BrokerFiles, NatsBroker
from agent.training.bureau_link import BureauSettings, run_bureau
from agent.training.bureau_store import bureau_journal, bureau_owes
from agent.training.mosquitto import Mosquitto
from tests.casework.bench import BOOKING, BUREAU, POLICY, STATION, TCN, Desk, Keys, car
from tests.data import need_debian
from tests.training.client import Client
from tests.training.pki import Credentials

CLOCK = SystemClock()
CAR = car()


@pytest.fixture(scope="module")
def live_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Of today: TLS believes no clock of ours."""
    directory = tmp_path_factory.mktemp("live-keys")
    init_training(directory, station=STATION, bureau=BUREAU, clock=CLOCK)
    training = Environment.TRAINING
    return Keys(directory, StationKeys.load(directory, environment=training), BureauKeys.load(directory, environment=training))


def _broker(keys: Keys, directory: Path, made: type[NatsBroker] | type[Mosquitto] = NatsBroker) -> NatsBroker | Mosquitto:
    files = TrainingKeys(keys.directory)
    members = [member(files.station("tls").certificate, Role.STATION), member(files.bureau("tls").certificate, Role.BUREAU)]
    return made(directory, BrokerFiles.of_training(keys.directory), members)


@pytest.fixture
def broker(request: pytest.FixtureRequest, live_keys: Keys, tmp_path: Path) -> Iterator[NatsBroker | Mosquitto]:
    """A fresh one for each test: nothing is left in its queues by another."""
    kind = getattr(request, "param", "nats")
    if kind == "mosquitto":
        need_debian("mosquitto", "mosquitto")
    made = _broker(live_keys, tmp_path / "broker", Mosquitto if kind == "mosquitto" else NatsBroker)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def settings(live_keys: Keys, broker: NatsBroker | Mosquitto, tmp_path: Path) -> BureauSettings:
    return BureauSettings(tmp_path / "bureau", live_keys.directory, broker.port, resend=0.5)


@contextlib.asynccontextmanager
async def running(settings: BureauSettings) -> AsyncIterator[None]:
    ready = asyncio.Event()
    task = asyncio.create_task(run_bureau(settings, ready=ready.set))
    try:
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set(), task
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Station(Client):
    """A station's client that puts chunks together."""

    def __init__(self, broker: NatsBroker | Mosquitto, keys: Keys) -> None:
        files = TrainingKeys(keys.directory)
        tls = files.station("tls")
        super().__init__(broker.port, Credentials(files.ca.certificate, tls.certificate, tls.key), STATION)

    def __enter__(self) -> Station:
        super().__enter__()
        assert self.subscribe(topics.inbound(STATION))
        return self

    def send(self, envelope: Envelope) -> None:
        messages = split(envelope.data, size=900)
        for index, message in enumerate(messages):
            self.publish(topics.tx(STATION, envelope.envelope_sha256, index, len(messages)), message)

    def receive(self) -> bytes:
        chunks: list[Chunk] = []
        while not chunks or len(chunks) < chunks[0].total:
            chunks.append(parse(self.next()[1]))
        return join(chunks)

    def acknowledge(self, rid: str) -> None:
        self.publish(topics.ack(STATION, rid), b"")


def _seal(keys: Keys) -> Envelope:
    routing = Routing(MessageKind.TRANSACTION, STATION, TCN, BUREAU, Environment.TRAINING)
    return seal(CAR, routing, signer=keys.station.signer, recipient=keys.station.bureau, now=CLOCK.now())


BOTH = pytest.mark.parametrize("broker", ["nats", "mosquitto"], indirect=True)


@BOTH
def test_a_transaction_goes_out_and_its_receipt_sre_and_idr_come_back(
    settings: BureauSettings, broker: NatsBroker | Mosquitto, live_keys: Keys, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, live_keys)
    casework = Casework(desk.database, desk.vault, live_keys.station, CLOCK, lambda: POLICY)

    async def story() -> list[str]:
        envelope = _seal(live_keys)
        await desk.sent(envelope.content_sha256)
        async with running(settings):
            with Station(broker, live_keys) as station:
                await asyncio.to_thread(station.send, envelope)
                kinds = [(await casework.take(*data)).kind for data in await asyncio.to_thread(_receive_and_acknowledge, station, 3)]
                await _until(lambda: not bureau_owes(settings.directory))
        return kinds

    assert asyncio.run(story()) == ["receipt", "SRE", "IDR_NO_MATCH"]
    steps = {step.name: step for step in casework.thread(BOOKING)}
    assert steps["received"].at is not None
    assert steps["IDR"].words == "The DHS search returned no match."
    assert len(bureau_journal(settings.directory)) == 1
    desk.database.close()


def test_answers_are_repeated_until_the_station_acknowledges(
    settings: BureauSettings, broker: NatsBroker | Mosquitto, live_keys: Keys
) -> None:
    def hear(station: Station) -> None:
        station.send(_seal(live_keys))
        heard = [_rid(station.receive()) for _ in range(6)]
        assert len(set(heard)) == 3
        for rid in set(heard):
            station.acknowledge(rid)

    async def story() -> None:
        async with running(settings):
            with Station(broker, live_keys) as station:
                await asyncio.to_thread(hear, station)
                await _until(lambda: not bureau_owes(settings.directory))

    asyncio.run(story())


def test_a_station_that_comes_online_is_told_again_at_once(
    settings: BureauSettings, broker: NatsBroker | Mosquitto, live_keys: Keys
) -> None:
    def hear(station: Station) -> None:
        station.send(_seal(live_keys))
        first = [station.receive() for _ in range(3)]
        station.publish(topics.status(STATION), encode_status(Status(True, CLOCK.now())), retain=True)
        assert [station.receive() for _ in range(3)] == first

    async def story() -> None:
        async with running(replace(settings, resend=3600)):
            with Station(broker, live_keys) as station:
                await asyncio.to_thread(hear, station)

    asyncio.run(story())


@BOTH
def test_what_was_sent_while_the_bureau_was_away_is_committed_once_when_it_returns(
    settings: BureauSettings, broker: NatsBroker | Mosquitto, live_keys: Keys
) -> None:
    async def story() -> None:
        async with running(settings):
            pass
        with Station(broker, live_keys) as station:
            await asyncio.to_thread(station.send, _seal(live_keys))
        async with running(settings):
            await _until(lambda: len(bureau_journal(settings.directory)) == 1)

    asyncio.run(story())


def test_the_broker_killed_under_the_bureau(settings: BureauSettings, live_keys: Keys, tmp_path: Path) -> None:
    own = _broker(live_keys, tmp_path / "nats")
    own.start()

    async def story() -> None:
        async with running(replace(settings, port=own.port)):
            await asyncio.to_thread(own.kill)
            own.start()
            with Station(own, live_keys) as station:
                await asyncio.to_thread(station.send, _seal(live_keys))
                await _until(lambda: len(bureau_journal(settings.directory)) == 1)

    try:
        asyncio.run(story())
    finally:
        own.stop()


def test_the_bureaus_status_says_whether_it_is_there(settings: BureauSettings, broker: NatsBroker | Mosquitto, live_keys: Keys) -> None:
    """Retained; and the last will of a bureau that was killed."""
    script = (
        "import asyncio, sys; from pathlib import Path; from agent.training.bureau_link import BureauSettings, run_bureau;"
        "settings = BureauSettings(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]));"
        "asyncio.run(run_bureau(settings, ready=lambda: print('ready', flush=True)))"
    )
    command = [sys.executable, "-c", script, str(settings.directory), str(settings.keys), str(broker.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bureau:
        assert bureau.stdout is not None
        assert bureau.stdout.readline() == "ready\n"
        with Station(broker, live_keys) as station:
            station.subscribe(topics.BUREAU_STATUS)
            assert _online(station) is True
            bureau.kill()
            assert _online(station) is False


def test_a_second_station_of_the_same_authority_is_answered_too(live_keys: Keys, tmp_path: Path) -> None:
    """Enrolled by `add_station`: the bureau finds its opening certificate among the stations'."""
    add_station(live_keys.directory, station="LS-0002", into=tmp_path / "second", clock=CLOCK)
    assert live_keys.bureau.station("LS-0002")
    assert member(TrainingKeys(tmp_path / "second").station("tls").certificate, Role.STATION).name == "LS-0002"


def _online(station: Station) -> bool:
    status = parse_status(station.messages.get(timeout=5)[1])
    assert status is not None
    return status.online


def _receive_and_acknowledge(station: Station, count: int) -> list[tuple[str, bytes]]:
    """(rid, envelope) of as many different answers."""
    heard: dict[str, bytes] = {}
    while len(heard) < count:
        data = station.receive()
        heard[_rid(data)] = data
        station.acknowledge(_rid(data))
    return list(heard.items())


def _rid(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def _until(condition: Callable[[], bool], within: float = 8.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
