"""Plays every scenario of the bureau over a real broker.

Time is the scenarios' own: station and bureau share a clock that is set from one answer to the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from agent.brokers.access_list import Role, member
from agent.casework.clocks import CaseClock, clocks
from agent.casework.desk import MIGRATIONS, Casework
from agent.casework.events import CaseState, EventKind
from agent.casework.taken import Inbound
from agent.clock import SetClock, SystemClock
from agent.delivery import topics
from agent.delivery.chunks import Chunk, join, parse, split
from agent.model.booking import BookingId
from agent.model.messages import Envelope, Environment, MessageKind, Routing
from agent.nist.reply_table import ReplyTable
from agent.signing.keys import BureauKeys, StationKeys, TrainingKeys, init_training
from agent.signing.seal import seal
from agent.store.database import Database
from agent.store.vault import Vault
from agent.submission.reply_forms.choose import form_of
from agent.training.broker import BrokerFiles, NatsBroker
from agent.training.bureau_link import BureauSettings, run_bureau
from agent.training.bureau_store import bureau_owes
from agent.training.scenario import ASKED_BY, Scenario, scenarios
from tests.casework.bench import BUREAU, POLICY, STATION, Keys, car
from tests.training.client import Client
from tests.training.pki import Credentials

ALL = scenarios()
BEGAN = SystemClock().now().replace(microsecond=0)
END = timedelta(hours=30)  # after the last answer of any scenario


@dataclass(frozen=True)
class Played:
    casework: Casework
    state: CaseState
    inbound: tuple[Inbound, ...]
    clocks: tuple[CaseClock, ...]
    original: Mapping[str, bytes]  # by rid


def number(name: str) -> tuple[BookingId, str]:
    """A booking and a TCN of its own for each scenario."""
    index = sorted(ALL).index(name)
    return BookingId(f"20261124-SC{index:06d}"), f"LS-0001-01KAZ000000000000000SC{index:04d}"


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Played]]:
    yield from _site(Path(tmp_path_factory.mktemp("s")), ReplyTable())


def _site(folder: Path, table: ReplyTable) -> Iterator[Mapping[str, Played]]:
    """Broker, bureau and station for one run of all scenarios, the bureau's answers written by this table."""
    init_training(folder / "keys", station=STATION, bureau=BUREAU, clock=SystemClock())
    training = Environment.TRAINING
    keys = Keys(
        folder / "keys", StationKeys.load(folder / "keys", environment=training), BureauKeys.load(folder / "keys", environment=training)
    )
    files = TrainingKeys(keys.directory)
    members = [member(files.station("tls").certificate, Role.STATION), member(files.bureau("tls").certificate, Role.BUREAU)]
    broker = NatsBroker(folder / "broker", BrokerFiles.of_training(keys.directory), members)
    broker.start()
    database = Database(folder / "core.sqlite", MIGRATIONS)
    try:
        yield asyncio.run(play(folder, keys, broker, database, table))
    finally:
        database.close()
        broker.stop()


async def play(folder: Path, keys: Keys, broker: NatsBroker, database: Database, table: ReplyTable) -> Mapping[str, Played]:
    clock = SetClock(BEGAN)
    casework = Casework(
        database, Vault(folder / "vault", keys.station.storage_key), keys.station, clock, lambda: POLICY, form=form_of(table)
    )
    settings = BureauSettings(folder / "bureau", keys.directory, broker.port, resend=3600, clock=clock, replies=table)
    ready, original = asyncio.Event(), dict[str, bytes]()
    bureau = asyncio.create_task(run_bureau(settings, ready=ready.set))
    async with asyncio.timeout(40):
        await ready.wait()
    files = TrainingKeys(keys.directory)
    tls = files.station("tls")
    with Client(broker.port, Credentials(files.ca.certificate, tls.certificate, tls.key), STATION) as station:
        assert station.subscribe(topics.inbound(STATION))
        for name in ALL:
            await _send(station, casework, keys.station, name)
        await _hear(station, casework, original, count_until(timedelta(0)))
        for moment in sorted({after for scenario in ALL.values() for after in _moments(scenario)} - {timedelta(0)}):
            clock.advance(BEGAN + moment - clock.now())
            await _hear(station, casework, original, count_until(moment) - len(original))
    async with asyncio.timeout(40):
        while bureau_owes(settings.directory):
            await asyncio.sleep(0.05)
    bureau.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await bureau
    clock.advance(BEGAN + END - clock.now())
    return {name: _outcome(casework, name, original) for name in ALL}


def _moments(scenario: Scenario) -> list[timedelta]:
    receipt = [] if scenario.receipt_after is None else [scenario.receipt_after]
    return [*receipt, *(said.after for said in scenario.answers for _ in range(said.copies))]


def count_until(until: timedelta) -> int:
    return sum(moment <= until for scenario in ALL.values() for moment in _moments(scenario))


async def _send(station: Client, casework: Casework, keys: StationKeys, name: str) -> None:
    booking, tcn = number(name)
    content = car(tcn, booking, known=False, attention=f"{ASKED_BY}{name.upper()}")
    routing = Routing(MessageKind.TRANSACTION, STATION, tcn, BUREAU, Environment.TRAINING)
    envelope: Envelope = seal(content, routing, signer=keys.signer, recipient=keys.bureau, now=BEGAN)
    for kind in (EventKind.CAPTURED, EventKind.QUALITY_PASSED, EventKind.CHECKED):
        await casework.record(booking, kind, BEGAN)
    digests = {"content_sha256": envelope.content_sha256, "envelope_sha256": envelope.envelope_sha256}
    await casework.record(booking, EventKind.SEALED, BEGAN, tcn=tcn, **digests)
    messages = split(envelope.data)
    for index, message in enumerate(messages):
        await asyncio.to_thread(station.publish, topics.tx(STATION, envelope.envelope_sha256, index, len(messages)), message)


async def _hear(station: Client, casework: Casework, original: dict[str, bytes], count: int) -> None:
    for _ in range(count):
        data = await asyncio.to_thread(_whole, station)
        rid = hashlib.sha256(data).hexdigest()
        await casework.take(rid, data)
        original[rid] = data
        await asyncio.to_thread(station.publish, topics.ack(STATION, rid), b"")


def _whole(station: Client) -> bytes:
    chunks: list[Chunk] = []
    while not chunks or len(chunks) < chunks[0].total:
        chunks.append(parse(station.next()[1]))
    return join(chunks)


def _outcome(casework: Casework, name: str, original: Mapping[str, bytes]) -> Played:
    booking, tcn = number(name)
    events = casework.events(booking)
    running = clocks(events, tcn, BEGAN + END, POLICY.clocks, POLICY.state)
    return Played(casework, casework.state(booking), casework.inbound(booking), running, original)
