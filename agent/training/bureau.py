"""A bureau in miniature: takes chunks, commits transactions, owes answers until the station has them. No network here; see `bureau_link`.

The order for every chunk: it is committed; when its envelope is whole, the files are fsynced, then one SQLite transaction holds the record
*and* everything the station is owed for it; only then may the caller acknowledge the chunk to the broker, and only then is anything sent.
Killed between any two of these, it is told again (the chunk was not acknowledged) or finds it itself (`open`), and commits once.

Chunks that wait together are taken together: one commit for all that make no whole envelope, none for those that do, since these are not
acknowledged before their transaction is committed. Envelopes that become whole together are examined and written side by side.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from agent.clock import Clock
from agent.delivery.chunks import Chunk, join, parse
from agent.delivery.errors import ChunkError
from agent.errors import ConfigError
from agent.model.messages import MessageKind
from agent.nist import codec
from agent.nist.errors import NistError
from agent.nist.records import Transaction
from agent.nist.reply_table import ReplyTable
from agent.signing.certificates import Role
from agent.signing.errors import EnvelopeError
from agent.signing.keys import BureauKeys
from agent.signing.verify import Opened, open_envelope
from agent.store.database import Database
from agent.training import bureau_store as store
from agent.training.bureau_replies import Desk, answers_to
from agent.training.bureau_store import Arrival, Outcome, Outgoing, Whole
from agent.training.scenario import PLAIN, Scenario, asked_for, scenarios

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Examined:
    """What an envelope holds, or why it is refused."""

    tcn: str | None
    content_sha256: str | None
    refusal: str | None
    content: bytes = field(default=b"", repr=False)
    transaction: Transaction | None = field(default=None, repr=False)


class Bureau:
    """Its record lies in `directory`. One instance at a time; its coroutines belong to one loop."""

    def __init__(
        self, directory: Path, keys: BureauKeys, clock: Clock, scenario: Scenario = PLAIN, *, replies: ReplyTable | None = None
    ) -> None:
        """scenario: the usual one, for a transaction that asks for none of those that are shipped; replies: how it writes its answers."""
        self._replies = replies or ReplyTable()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._keys = keys
        self._clock = clock
        self._scenario = scenario
        self._scenarios = scenarios()
        self._database = Database(directory / store.DATABASE, store.MIGRATIONS)
        self._one_at_a_time = asyncio.Lock()  # batch after batch
        self._files = ThreadPoolExecutor(8, thread_name_prefix="bureau-files")

    @property
    def name(self) -> str:
        return self._keys.bureau

    def close(self) -> None:
        self._files.shutdown()
        self._database.close()

    async def open(self) -> None:
        """At start-up: examine what was whole when the last run ended."""
        for one in await self._database.read(store.complete_sets):
            await self._whole([one])

    async def take_chunk(self, station: str, message: bytes) -> bool:
        """`take_chunks` of one."""
        (taken,) = await self.take_chunks([(station, message)])
        return taken

    async def take_chunks(self, messages: Sequence[tuple[str, bytes]]) -> list[bool]:
        """Messages of stations' tx topics; all of them are committed when this returns, and may be acknowledged.

        station: from the topic, for which the broker vouches. False for a message that was thrown away as damaged. Raises DatabaseError or
        OSError when something cannot be kept: then none may be acknowledged.
        """
        chunks = [(station, _parsed(station, message)) for station, message in messages]
        batch = [(station, chunk) for station, chunk in chunks if chunk is not None]
        async with self._one_at_a_time:
            found = await self._database.read(lambda db: store.sort_out(db, batch))
            for arrival in found.again:
                await self._again(arrival)
            if found.rest:
                await self._database.write(lambda db: store.add_chunks(db, found.rest))
            thrown = await self._whole(found.whole) if found.whole else set()
        return [chunk is not None and (station, chunk.digest) not in thrown for station, chunk in chunks]

    async def begun(self, station: str) -> Sequence[tuple[str, int, list[int]]]:
        """(txid, total, indexes that are committed here) of each envelope of this station that is not whole yet."""
        return await self._database.read(lambda db: store.incomplete_sets(db, station))

    async def acknowledged(self, answers: Sequence[tuple[str, str]]) -> None:
        """The stations have committed these receipts and replies: (station, rid) of each."""
        await self._database.write(partial(store.acknowledge, answers=answers, at=self._clock.now()))

    async def owed(self) -> tuple[Sequence[Outgoing], datetime | None]:
        """What is due now and not acknowledged, and when the next one becomes due."""
        now = self._clock.now()
        return await self._database.read(lambda db: (store.owed(db, now), store.next_due(db, now)))

    async def _whole(self, sets: Sequence[Whole]) -> set[tuple[str, str]]:
        """Side by side until their files are on the disk, then one commit for all. The envelopes that were thrown away, (station, txid)."""
        kept = await asyncio.gather(*(asyncio.to_thread(self._kept, station, chunks) for station, chunks in sets))
        good = [(station, chunks[0].digest, one) for (station, chunks), one in zip(sets, kept, strict=True) if one is not None]
        bad = {(station, chunks[0].digest) for (station, chunks), one in zip(sets, kept, strict=True) if one is None}
        judged = await asyncio.to_thread(self._judged, good)
        await self._database.write(lambda db: store.commit(db, judged, bad))
        for arrived, _ in judged:
            log.info("bureau: %s from %s: %s", arrived.txid, arrived.station, arrived.outcome)
        return bad

    def _kept(self, station: str, chunks: list[Chunk]) -> Examined | None:
        """What an envelope holds; it and the file in it are on the disk, if it is taken. None when it is not what was announced."""
        try:
            data = join(chunks)
        except ChunkError as error:
            log.warning("bureau: an envelope of %s was thrown away: %s", station, error.what)
            return None
        written = self._files.submit(store.write_envelope, self._directory, station, chunks[0].digest, data)
        try:
            examined = examine(data, station, self._keys, self._clock.now())
            if examined.refusal is None:
                store.write_file(self._directory, station, examined.content_sha256 or "", examined.content)
        finally:
            written.result()
        return examined

    def _judged(self, examined: Sequence[tuple[str, str, Examined]]) -> list[tuple[Arrival, list[Outgoing]]]:
        """What becomes of each (station, txid, what it holds), and what the station is answered. Nothing else commits meanwhile."""
        judged, now = [], self._clock.now()
        taken: dict[tuple[str, str], str] = {}  # (station, TCN) to content digest, of those before it
        for station, txid, one in examined:
            key = (station, one.tcn or "")
            committed = taken.get(key) or self._database.read_now(partial(store.committed_digest, station=station, tcn=one.tcn or ""))
            outcome, reason = judge(one, committed)
            if outcome is Outcome.COMMITTED:
                taken[key] = one.content_sha256 or ""
            arrived = Arrival(station, txid, outcome, one.tcn, one.content_sha256, reason, now)
            judged.append((arrived, self._answers(arrived, one.transaction)))
        return judged

    async def _again(self, known: Arrival) -> None:
        """An envelope that was examined before is sent again: its receipt was lost, so there is one owed again, and only one."""
        if not await self._database.read(lambda db: store.receipts_owed(db, known.station, known.txid)):
            outcome = Outcome.DUPLICATE if known.outcome is Outcome.COMMITTED else known.outcome
            repeated = Arrival(known.station, known.txid, outcome, known.tcn, known.content_sha256, known.reason, self._clock.now())
            answers = await asyncio.to_thread(self._answers, repeated, None)
            await self._database.write(lambda db: store.add_outgoing(db, answers))

    def _answers(self, arrived: Arrival, request: Transaction | None) -> list[Outgoing]:
        try:
            station = self._keys.station(arrived.station)
        except ConfigError as error:
            log.error("bureau: nothing can be sealed to %s: %s", arrived.station, error)
            return []
        new = arrived.outcome is Outcome.COMMITTED  # then there is no earlier time to be found
        first_at = None if new else self._database.read_now(lambda db: store.committed_at(db, arrived.station, arrived.tcn or ""))
        return answers_to(arrived, request, Desk(self._keys, station, self._asked_for(request), replies=self._replies, first_at=first_at))

    def _asked_for(self, request: Transaction | None) -> Scenario:
        type2 = request.first(2) if request is not None else None
        correction = request is not None and request.tcr is not None
        return asked_for((type2.text(6) if type2 is not None else None) or "", self._scenarios, self._scenario, correction=correction)


def _parsed(station: str, message: bytes) -> Chunk | None:
    try:
        return parse(message)
    except ChunkError as error:
        log.warning("bureau: a message of %s was thrown away: %s", station, error.what)
        return None


def judge(examined: Examined, committed: str | None) -> tuple[Outcome, str | None]:
    """committed: content digest of the transaction that has this TCN already. The outcome, and why it is not a commit."""
    if examined.refusal is not None:
        return Outcome.REFUSED, examined.refusal
    if committed is None:
        return Outcome.COMMITTED, None
    if committed == examined.content_sha256:
        return Outcome.DUPLICATE, None
    return Outcome.CONFLICT, "Its control number stands for another file already."


def examine(data: bytes, station: str, keys: BureauKeys, now: datetime) -> Examined:
    """Open, verify and read an envelope that came on a station's topic. Whatever the bytes are."""
    try:
        opened = open_envelope(
            data,
            openers=keys.openers,
            trust=keys.ca,
            expect=keys.environment,
            expect_role=Role.STATION,
            now=now,
            revocations=keys.revocations,
        )
    except EnvelopeError as error:
        return Examined(None, None, error.what)
    if not opened.facts.ok:
        return Examined(None, None, " ".join(opened.facts.reasons))
    if opened.routing.kind is not MessageKind.TRANSACTION or opened.routing.station != station:
        return Examined(None, None, "It speaks for another station than the one that sent it.")
    return _read(opened)


def _read(opened: Opened) -> Examined:
    tcn, digest = opened.routing.tcn, opened.content_sha256
    try:
        transaction = codec.parse(opened.content)
    except NistError as error:
        return Examined(tcn, digest, error.what)
    if transaction.tcn != tcn:
        return Examined(tcn, digest, "The file has another control number than its envelope.")
    if transaction.first(2) is None:
        return Examined(tcn, digest, "The file has no Type-2 record.")
    return Examined(tcn, digest, None, opened.content, transaction)
