"""Spool, outbox and inbox: rows and files agree after any crash, limits hold, nothing leaves before it may."""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from agent.clock import SetClock
from agent.delivery.chunks import Chunk, parse, split
from agent.delivery.errors import ChunkError, NoRoom, SpoolError
from agent.delivery.inbox import Arrival, Inbox, InboxLimits
from agent.delivery.outbox import PAYLOAD_MISSING, Outbox
from agent.delivery.spool import Spool
from agent.delivery.states import OutboxState
from agent.delivery.tables import MIGRATIONS
from agent.handover.frames import Stage
from agent.store.database import Database, DatabaseError

DATA = b"sealed bytes"
TXID = hashlib.sha256(DATA).hexdigest()
LIMITS = InboxLimits(envelope=10_000, transfers=3, stored=5_000, age=timedelta(hours=1), in_row=0, forget_after=timedelta(days=1))


@dataclass
class Boxes:
    directory: Path
    clock: SetClock

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """As at the start of the process."""
        self.database = Database(self.directory / "uplink.db", MIGRATIONS)
        self.spool = Spool(self.directory / "spool", free_floor=0)
        self.outbox = Outbox(self.database, self.spool, self.clock)
        self.outbox.open(forget_after=timedelta(days=30))
        self.inbox = Inbox(self.database, Spool(self.directory / "inbox", free_floor=0), self.clock, LIMITS)
        self.inbox.open()

    def restart(self) -> None:
        self.database.close()
        self.open()

    def files(self, name: str = "spool") -> list[str]:
        return sorted(path.name for path in (self.directory / name).iterdir())

    def keep(self, data: bytes = DATA, priority: int = 5) -> str:
        txid = hashlib.sha256(data).hexdigest()
        asyncio.run(self.outbox.keep(txid, "LS-0001", priority, data))
        return txid

    def state(self, txid: str = TXID) -> tuple[str, str] | None:
        row = self.database.read_now(lambda db: db.execute("SELECT state, reason FROM outbound WHERE txid = ?", (txid,)).fetchone())
        return (row["state"], row["reason"]) if row else None

    def take(self, *messages: bytes) -> list[Arrival]:
        return [asyncio.run(self.inbox.take(parse(message))) for message in messages]

    def partials(self) -> int:
        return int(self.database.read_now(lambda db: db.execute("SELECT count(*) FROM partial").fetchone()[0]))


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[Boxes]:
    made = Boxes(tmp_path, SetClock(datetime(2026, 11, 24, 7, tzinfo=UTC)))
    yield made
    made.database.close()


def test_a_kept_envelope_is_a_private_file_and_a_row(boxes: Boxes) -> None:
    boxes.keep()
    assert boxes.files() == [TXID]
    assert stat.S_IMODE((boxes.directory / "spool" / TXID).stat().st_mode) == 0o600
    assert boxes.state() == ("QUEUED", "")
    assert asyncio.run(boxes.outbox.kept(TXID)) == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_keeping_twice_keeps_one_with_the_first_time(boxes: Boxes) -> None:
    boxes.keep()
    boxes.clock.advance(timedelta(minutes=5))
    again = asyncio.run(boxes.outbox.keep(TXID, "LS-0001", 5, DATA))
    assert again == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert len(asyncio.run(boxes.outbox.owed(9))) == 1


def test_the_broker_taking_all_of_it_keeps_the_payload_and_is_news_for_the_core(boxes: Boxes) -> None:
    boxes.keep()
    assert asyncio.run(boxes.outbox.news()) == []
    asyncio.run(boxes.outbox.broker_took_all(TXID))
    assert boxes.files() == [TXID]
    (progress,) = asyncio.run(boxes.outbox.news())
    assert (progress.txid, progress.stage) == (TXID, Stage.SENT)
    asyncio.run(boxes.outbox.told(TXID, Stage.SENT))
    assert asyncio.run(boxes.outbox.news()) == []


def test_a_release_frees_the_payload_and_may_come_twice_or_for_a_stranger(boxes: Boxes) -> None:
    boxes.keep()
    for txid in (TXID, TXID, "0" * 64):
        asyncio.run(boxes.outbox.release(txid))
    assert boxes.files() == []
    assert boxes.state() == ("RECEIVED", "")
    assert asyncio.run(boxes.outbox.owed(9)) == []
    assert asyncio.run(boxes.outbox.news()) == []
    assert asyncio.run(boxes.outbox.kept(TXID)) is None, "a core that offers it again has lost the receipt, and is right"


def test_higher_priority_first_then_the_order_of_queueing(boxes: Boxes) -> None:
    names = [boxes.keep(data, priority) for data, priority in ((b"a", 5), (b"b", 5), (b"c", 0))]
    assert [item.txid for item in asyncio.run(boxes.outbox.owed(9))] == [names[2], names[0], names[1]]


def test_of_a_long_queue_only_the_first_are_looked_at(boxes: Boxes) -> None:
    names = [boxes.keep(bytes([number])) for number in range(5)]
    assert [item.txid for item in asyncio.run(boxes.outbox.owed(2))] == names[:2]
    total, first = asyncio.run(boxes.outbox.standing(3))
    assert (total, [one.txid for one in first]) == (5, names[:3])


def test_what_becomes_urgent_overtakes(boxes: Boxes) -> None:
    first, second = boxes.keep(b"first"), boxes.keep(b"second")
    assert asyncio.run(boxes.outbox.prioritise(second, 0))
    assert not asyncio.run(boxes.outbox.prioritise(second, 0)), "nothing is written for what is so already"
    assert not asyncio.run(boxes.outbox.prioritise("00" * 32, 0))
    assert [item.txid for item in asyncio.run(boxes.outbox.owed(9))] == [second, first]


def test_a_person_lets_what_is_held_go_on(boxes: Boxes) -> None:
    boxes.keep()
    asyncio.run(boxes.outbox.hold(TXID, "refused"))
    assert asyncio.run(boxes.outbox.try_again(TXID))
    assert boxes.state() == ("QUEUED", "")
    asyncio.run(boxes.outbox.release(TXID))
    assert asyncio.run(boxes.outbox.try_again(TXID)), "what has its receipt stays received"
    assert boxes.state() == ("RECEIVED", "")
    assert asyncio.run(boxes.outbox.try_again("00" * 32))


def test_what_lost_its_payload_only_the_core_can_help(boxes: Boxes) -> None:
    boxes.keep()
    asyncio.run(boxes.outbox.hold(TXID, PAYLOAD_MISSING))
    assert not asyncio.run(boxes.outbox.try_again(TXID))
    assert boxes.state() == ("HELD", PAYLOAD_MISSING)


def test_a_file_without_a_row_is_deleted_at_start(boxes: Boxes) -> None:
    (boxes.directory / "spool" / TXID).write_bytes(DATA)
    (boxes.directory / "spool" / ".part-x").write_bytes(b"torn")
    (boxes.directory / "spool" / "README").write_bytes(b"not ours")
    boxes.restart()
    assert boxes.files() == ["README"]


def test_the_file_of_a_received_row_is_deleted_at_start(boxes: Boxes) -> None:
    boxes.keep()
    asyncio.run(boxes.outbox.release(TXID))
    (boxes.directory / "spool" / TXID).write_bytes(DATA)
    boxes.restart()
    assert boxes.files() == []


@pytest.mark.parametrize("damage", ["gone", "torn"])
def test_a_row_without_its_file_is_held_and_asked_of_the_core_again(boxes: Boxes, damage: str) -> None:
    boxes.keep()
    path = boxes.directory / "spool" / TXID
    path.unlink() if damage == "gone" else path.write_bytes(DATA[:5])
    assert asyncio.run(boxes.outbox.kept(TXID)) is None
    boxes.restart()
    assert boxes.state() == ("HELD", PAYLOAD_MISSING)
    assert asyncio.run(boxes.outbox.owed(9)) == []
    boxes.keep()
    assert boxes.state() == ("QUEUED", "")


def test_what_the_broker_refused_is_tried_again_after_a_restart_but_not_what_has_no_payload(boxes: Boxes) -> None:
    boxes.keep()
    other = boxes.keep(b"other")
    asyncio.run(boxes.outbox.hold(TXID, "the broker refused it"))
    asyncio.run(boxes.outbox.hold(other, PAYLOAD_MISSING))
    assert [progress.stage for progress in asyncio.run(boxes.outbox.news())] == [Stage.HELD, Stage.HELD]
    boxes.restart()
    assert boxes.state() == ("QUEUED", "")
    assert boxes.state(other) == ("HELD", PAYLOAD_MISSING)


def test_old_received_rows_are_forgotten(boxes: Boxes) -> None:
    boxes.keep()
    asyncio.run(boxes.outbox.release(TXID))
    boxes.clock.advance(timedelta(days=31))
    boxes.restart()
    assert boxes.state() is None


def test_changed_bytes_are_never_sent(boxes: Boxes) -> None:
    boxes.keep()
    (boxes.directory / "spool" / TXID).write_bytes(b"sealed bytez")
    with pytest.raises(SpoolError, match="changed"):
        asyncio.run(boxes.outbox.payload(TXID))


def test_a_full_disk_takes_nothing_more_and_leaves_no_half_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", free_floor=2**62)
    with pytest.raises(NoRoom):
        spool.put(TXID, DATA)
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_state_outside_the_table_cannot_be_stored(boxes: Boxes) -> None:
    boxes.keep()
    for state in OutboxState:
        boxes.database.write_now(partial(set_state, state=state))
    with pytest.raises(DatabaseError):
        boxes.database.write_now(partial(set_state, state="LOST"))


def set_state(db: sqlite3.Connection, state: str) -> None:
    db.execute("UPDATE outbound SET state = ?", (state,))


# --- inbox


def envelope(seed: int, length: int = 1_000) -> bytes:
    return random.Random(seed).randbytes(length)


def test_a_reply_in_one_chunk_is_on_the_disk_before_it_counts(boxes: Boxes) -> None:
    data = envelope(1)
    rid = hashlib.sha256(data).hexdigest()
    assert boxes.take(*split(data)) == [Arrival.STORED]
    assert boxes.files("inbox") == [rid]
    assert asyncio.run(boxes.inbox.waiting()) == [rid]
    assert asyncio.run(boxes.inbox.load(rid)) == data


def test_a_small_one_lies_in_its_row_and_goes_when_the_core_has_it(boxes: Boxes) -> None:
    boxes.inbox = Inbox(boxes.database, Spool(boxes.directory / "inbox", free_floor=0), boxes.clock, replace(LIMITS, in_row=2_000))
    data = envelope(1)
    rid = hashlib.sha256(data).hexdigest()
    assert boxes.take(*split(data)) == [Arrival.STORED]
    assert boxes.files("inbox") == []
    boxes.restart()
    assert asyncio.run(boxes.inbox.waiting()) == [rid]
    assert asyncio.run(boxes.inbox.load(rid)) == data
    asyncio.run(boxes.inbox.handed(rid))
    assert asyncio.run(boxes.inbox.load(rid)) is None
    assert boxes.database.read_now(lambda db: db.execute("SELECT data FROM inbound").fetchone()[0]) is None
    assert boxes.take(*split(data)) == [Arrival.HANDED]


def test_chunks_in_any_order_and_twice_survive_a_restart_between_them(boxes: Boxes) -> None:
    data = envelope(2, 900)
    first, second, third = split(data, size=300)
    assert boxes.take(third, first, third) == [Arrival.PARTIAL] * 3
    boxes.restart()
    assert boxes.partials() == 2
    assert boxes.take(second) == [Arrival.STORED]
    assert boxes.partials() == 0
    assert asyncio.run(boxes.inbox.load(hashlib.sha256(data).hexdigest())) == data


def test_when_too_much_waits_for_the_core_more_is_left_with_the_bureau(tmp_path: Path) -> None:
    made = Boxes(tmp_path, SetClock(datetime(2026, 11, 24, 7, tzinfo=UTC)))
    made.inbox = Inbox(made.database, Spool(tmp_path / "inbox", free_floor=0), made.clock, replace(LIMITS, waiting=1_500))
    first, second = envelope(1), envelope(2)
    made.take(*split(first))
    with pytest.raises(SpoolError, match="waits for the core"):
        made.take(*split(second))
    assert made.files("inbox") == [hashlib.sha256(first).hexdigest()], "nothing was thrown away to make place"
    asyncio.run(made.inbox.handed(hashlib.sha256(first).hexdigest()))
    assert made.take(*split(second)) == [Arrival.STORED]
    made.database.close()


def test_duplicates_of_what_the_core_has_are_recognised(boxes: Boxes) -> None:
    data = envelope(3)
    rid = hashlib.sha256(data).hexdigest()
    boxes.take(*split(data))
    asyncio.run(boxes.inbox.handed(rid))
    assert boxes.files("inbox") == []
    assert asyncio.run(boxes.inbox.waiting()) == []
    assert boxes.take(*split(data, size=500)) == [Arrival.HANDED, Arrival.HANDED], "the bureau has lost our acknowledgement: say it again"
    assert asyncio.run(boxes.inbox.waiting()) == []
    assert asyncio.run(boxes.inbox.load(rid)) is None


def test_chunks_that_do_not_make_the_announced_digest_are_dropped_together(boxes: Boxes) -> None:
    wrong = hashlib.sha256(b"other").digest()
    first, second = (message[:32] + wrong + message[64:] for message in split(envelope(4, 600), size=300))
    assert boxes.take(first) == [Arrival.PARTIAL]
    with pytest.raises(ChunkError):
        boxes.take(second)
    assert boxes.partials() == 0
    assert boxes.files("inbox") == []


def test_a_forged_chunk_of_another_shape_does_not_hinder_the_true_ones(boxes: Boxes) -> None:
    data = envelope(5, 600)
    digest = hashlib.sha256(data).hexdigest()
    asyncio.run(boxes.inbox.take(Chunk(0, 7, 2_000, digest, b"x" * 300)))
    assert boxes.take(*split(data, size=300)) == [Arrival.PARTIAL, Arrival.STORED]
    assert boxes.partials() == 0


def test_a_forged_chunk_of_the_same_shape_only_costs_a_repetition(boxes: Boxes) -> None:
    data = envelope(6, 600)
    digest = hashlib.sha256(data).hexdigest()
    first, second = split(data, size=300)
    boxes.take(first)
    asyncio.run(boxes.inbox.take(Chunk(0, 2, 600, digest, b"x" * 300)))
    with pytest.raises(ChunkError):
        boxes.take(second)
    assert boxes.take(first, second) == [Arrival.PARTIAL, Arrival.STORED]


def test_endless_partial_transfers_push_out_the_oldest(boxes: Boxes) -> None:
    for seed in range(10):
        boxes.clock.advance(timedelta(seconds=1))
        boxes.take(split(envelope(seed, 600), size=300)[0])
    assert boxes.partials() == LIMITS.transfers
    boxes.clock.advance(timedelta(seconds=1))
    for message in split(envelope(99, 9_000), size=3_000)[:2]:
        boxes.take(message)
    assert boxes.partials() == 0, "more bytes than may lie about incomplete: dropped, the bureau sends again"


def test_an_incomplete_transfer_that_is_too_old_is_dropped_at_start(boxes: Boxes) -> None:
    boxes.take(split(envelope(1, 600), size=300)[0])
    boxes.clock.advance(timedelta(hours=2))
    boxes.restart()
    assert boxes.partials() == 0


def test_an_envelope_beyond_the_limit_is_refused_at_its_first_chunk(boxes: Boxes) -> None:
    with pytest.raises(ChunkError, match="10001 bytes"):
        boxes.take(split(envelope(1, 10_001), size=9_000)[0])
    assert boxes.partials() == 0


def test_one_unreadable_file_does_not_keep_the_others_from_the_core(boxes: Boxes) -> None:
    data = envelope(1)
    rid = hashlib.sha256(data).hexdigest()
    boxes.take(*split(data), *split(envelope(2)))
    (boxes.directory / "inbox" / rid).write_bytes(b"x" * 1_000)
    assert asyncio.run(boxes.inbox.load(rid)) is None
    (boxes.directory / "inbox" / rid).unlink()
    boxes.restart()
    assert asyncio.run(boxes.inbox.waiting()) == [hashlib.sha256(envelope(2)).hexdigest()]
    assert boxes.take(*split(data)) == [Arrival.STORED], "sent again, it is taken again"


def test_a_reply_that_the_core_has_stands_in_no_byte_of_the_uplink_any_more(boxes: Boxes) -> None:
    data = envelope(9, 900)
    chunks = split(data, size=300)
    boxes.take(*chunks[:2])
    assert any(data[100:164] in raw for raw in every_byte(boxes)), "the search finds what is there"
    boxes.take(chunks[2])
    asyncio.run(boxes.inbox.handed(hashlib.sha256(data).hexdigest()))
    boxes.database.settle()
    for at in range(0, 836, 64):
        assert not any(data[at : at + 64] in raw for raw in every_byte(boxes)), at


def test_what_is_past_its_time_is_forgotten_without_a_restart(boxes: Boxes) -> None:
    boxes.keep()
    asyncio.run(boxes.outbox.release(TXID))
    boxes.take(*split(envelope(10)))
    asyncio.run(boxes.inbox.handed(hashlib.sha256(envelope(10)).hexdigest()))
    boxes.take(split(envelope(11, 600), size=300)[0])
    boxes.clock.advance(timedelta(days=29))
    asyncio.run(boxes.outbox.forget_old(timedelta(days=30)))
    asyncio.run(boxes.inbox.forget_old())
    assert boxes.partials() == 0
    assert not any(hashlib.sha256(envelope(10)).hexdigest().encode() in raw for raw in settled(boxes))
    assert any(TXID.encode() in raw for raw in settled(boxes)), "younger than a month: a duplicate is recognised"
    boxes.clock.advance(timedelta(days=2))
    asyncio.run(boxes.outbox.forget_old(timedelta(days=30)))
    assert not any(TXID.encode() in raw for raw in settled(boxes))


def settled(boxes: Boxes) -> list[bytes]:
    boxes.database.settle()
    return every_byte(boxes)


def every_byte(boxes: Boxes) -> list[bytes]:
    return [path.read_bytes() for path in boxes.directory.rglob("*") if path.is_file()]
