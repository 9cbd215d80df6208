"""Core end and uplink end over a real UNIX socket: what happens when one of them goes, comes back, is of another age, or is hostile."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import NotTaken
from agent.handover import core_end, frames, uplink_end
from agent.handover.core_end import CoreEnd
from agent.handover.errors import HandoverError
from agent.handover.frames import Progress, Stage
from agent.handover.queue_facts import QueueFacts
from agent.handover.uplink_end import UplinkEnd
from agent.store.database import DatabaseError
from tests.handover.cores import SmallCore

AT = datetime(2026, 11, 24, 7, tzinfo=UTC)
STATION = "LS-0001"


class SmallUplink:
    """Outbox and inbox in memory, which here stands for the uplink's disk."""

    def __init__(self) -> None:
        self.outbound: dict[str, bytes] = {}
        self.progress: list[Progress] = []
        self.waiting_rids: dict[str, bytes] = {}
        self.kept_calls: list[str] = []
        self.released: list[str] = []
        self.full = False
        self.priorities: dict[str, int] = {}
        self.tried_again: list[str] = []
        self.hurried: list[str] = []
        self.facts = QueueFacts(False, "unknown", "There is no broker.", 3.5, 0, 0, ())

    async def kept(self, txid: str) -> datetime | None:
        return AT if txid in self.outbound else None

    async def keep(self, txid: str, station: str, priority: int, data: bytes) -> datetime:
        if self.full:
            raise DatabaseError("disk full")
        assert station == STATION
        self.outbound[txid] = data
        return AT

    async def prioritise(self, txid: str, priority: int) -> bool:
        before = self.priorities.get(txid, 5)
        self.priorities[txid] = priority
        return priority != before

    async def try_again(self, txid: str) -> bool:
        self.tried_again.append(txid)
        return txid in self.outbound

    async def queue(self) -> QueueFacts:
        return self.facts

    def sooner(self, txid: str) -> None:
        self.hurried.append(txid)

    async def release(self, txid: str) -> None:
        self.outbound.pop(txid, None)

    async def news(self) -> Sequence[Progress]:
        return tuple(self.progress)

    async def told(self, txid: str, stage: Stage) -> None:
        self.progress = [item for item in self.progress if (item.txid, item.stage) != (txid, stage)]

    async def waiting(self) -> Sequence[str]:
        return tuple(self.waiting_rids)

    async def load(self, rid: str) -> bytes | None:
        return self.waiting_rids.get(rid)

    async def handed(self, rid: str) -> None:
        del self.waiting_rids[rid]

    def end(self, path: Path) -> UplinkEnd:
        told = (self.kept_calls.append, self.released.append)
        return UplinkEnd(path, outbound=self, inbound=self, on_kept=told[0], on_released=told[1], queue=self)


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(core: SmallCore, path: Path) -> AsyncIterator[CoreEnd]:
    core.end = CoreEnd(path, source=core, sink=core)
    await core.end.start()
    try:
        yield core.end
    finally:
        await core.end.close()
        core.end = None


@asynccontextmanager
async def dialling(uplink: SmallUplink, path: Path) -> AsyncIterator[UplinkEnd]:
    end = uplink.end(path)
    task = asyncio.create_task(end.run())
    try:
        yield end
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "handover.sock"


@pytest.fixture
def core(tmp_path: Path) -> SmallCore:
    return SmallCore(tmp_path)


def test_an_envelope_is_handed_over_once_and_released_after_the_receipt(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        early = core.seal(b"sealed before the uplink came")
        async with listening(core, path), dialling(uplink, path):
            late = core.seal(b"x" * 3_000_000)
            await until(lambda: len(core.column("SELECT txid FROM envelope WHERE handed_over")) == 2)
            assert set(uplink.outbound) == {early, late}
            assert uplink.kept_calls == [early, late]
            assert core.stages(late) == {"queued"}
            await core.receipted(late)
            await until(lambda: core.column("SELECT txid FROM envelope WHERE release_acknowledged") == [late])
            assert set(uplink.outbound) == {early}
            assert uplink.released == [late]

    asyncio.run(story())


def test_the_uplink_may_come_first_and_the_core_may_go_and_return(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        async with dialling(uplink, path):
            await asyncio.sleep(0.2)
            for data in (b"first", b"second"):
                txid = core.seal(data)
                async with listening(core, path):
                    await until(lambda txid=txid: txid in uplink.outbound)  # type: ignore[misc]
            assert core.loaded == [hashlib.sha256(data).hexdigest() for data in (b"first", b"second")], "what it has is not sent again"

    asyncio.run(story())


def test_an_uplink_that_lost_its_disk_is_given_everything_without_a_receipt(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        before = SmallUplink()
        kept, done = core.seal(b"no receipt yet"), core.seal(b"receipted")
        async with listening(core, path):
            async with dialling(before, path):
                await until(lambda: len(before.outbound) == 2)
                await core.receipted(done)
                await until(lambda: before.released == [done])
            after = SmallUplink()
            async with dialling(after, path):
                await until(lambda: after.outbound)
            assert set(after.outbound) == {kept}

    asyncio.run(story())


def test_a_release_given_while_no_uplink_is_there_is_repeated_until_acknowledged(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        txid = core.seal(b"sealed")
        async with listening(core, path):
            async with dialling(uplink, path):
                await until(lambda: uplink.outbound)
            await core.receipted(txid)
            assert uplink.outbound
            async with dialling(uplink, path):
                await until(lambda: core.column("SELECT txid FROM envelope WHERE release_acknowledged"))
            assert not uplink.outbound

    asyncio.run(story())


def test_progress_and_inbound_are_brought_until_the_core_has_committed(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        txid = core.seal(b"sealed")
        data = b"from the bureau"
        rid = hashlib.sha256(data).hexdigest()
        async with dialling(uplink, path) as end:
            uplink.waiting_rids[rid] = data
            uplink.progress.append(Progress(txid, Stage.SENT, AT))
            end.wake()
            await asyncio.sleep(0.1)
            assert rid in uplink.waiting_rids
            async with listening(core, path):
                await until(lambda: not uplink.waiting_rids and not uplink.progress)
        assert core.column("SELECT data FROM inbound") == [data]
        assert "sent" in core.stages(txid)

    asyncio.run(story())


def test_the_core_dying_between_commit_and_acknowledgement_gets_it_again_and_recognises_it(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        data = b"from the bureau"
        rid = hashlib.sha256(data).hexdigest()
        uplink.waiting_rids[rid] = data
        stored = core.inbound

        async def dies_after(rid: str, data: bytes) -> None:
            await stored(rid, data)
            raise ConnectionResetError("killed here")

        core.inbound = dies_after  # type: ignore[method-assign]
        async with dialling(uplink, path), listening(core, path):
            await until(lambda: core.column("SELECT times FROM inbound") not in ([], [1]))
            assert rid in uplink.waiting_rids
            core.inbound = stored  # type: ignore[method-assign]
            await until(lambda: not uplink.waiting_rids)
        assert core.column("SELECT data FROM inbound") == [data]

    asyncio.run(story())


def test_what_the_core_does_not_take_stays_with_the_uplink_and_is_brought_again(
    core: SmallCore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uplink_end, "BRING_AGAIN", 0.2)
    refused: list[str] = []

    async def story() -> None:
        uplink = SmallUplink()
        data = b"proves nothing"
        rid = hashlib.sha256(data).hexdigest()
        uplink.waiting_rids[rid] = data
        stored = core.inbound

        async def full(rid: str, data: bytes) -> None:
            refused.append(rid)
            raise NotTaken("Too many wait.")

        core.inbound = full  # type: ignore[method-assign]
        async with dialling(uplink, path), listening(core, path):
            txid = core.seal(b"sealed")
            await until(lambda: len(refused) > 1 and "queued" in core.stages(txid))
            assert rid in uplink.waiting_rids, "and the connection carries all else"
            core.inbound = stored  # type: ignore[method-assign]
            await until(lambda: not uplink.waiting_rids)
        assert core.column("SELECT data FROM inbound") == [data]

    asyncio.run(story())


def test_an_uplink_without_room_is_offered_the_envelope_again(core: SmallCore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_end, "OFFER_AGAIN", 0.05)

    async def story() -> None:
        uplink = SmallUplink()
        uplink.full = True
        txid = core.seal(b"sealed")
        async with listening(core, path), dialling(uplink, path):
            await until(lambda: core.loaded.count(txid) > 1)
            assert not uplink.kept_calls
            uplink.full = False
            await until(lambda: txid in uplink.outbound)

    asyncio.run(story())


def test_an_envelope_that_becomes_urgent_is_offered_as_such(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        txid = core.seal(b"sealed")
        async with listening(core, path) as end, dialling(uplink, path):
            await until(lambda: uplink.outbound)
            core.priority = 0
            end.offer()
            await until(lambda: uplink.priorities.get(txid) == 0)
            assert uplink.hurried == [txid]
            assert core.loaded == [txid], "its bytes are not sent twice"

    asyncio.run(story())


def test_a_person_lets_one_be_tried_again_and_a_payload_that_is_missing_is_given_again(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        txid = core.seal(b"sealed")
        async with listening(core, path) as end, dialling(uplink, path):
            await until(lambda: uplink.outbound)
            uplink.outbound.clear()
            end.try_again(txid)
            await until(lambda: uplink.outbound)
            assert (uplink.tried_again, uplink.hurried) == ([txid], [txid])

    asyncio.run(story())


def test_the_core_hears_how_the_queue_stands_or_that_nobody_tells(core: SmallCore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_end, "QUEUE_WITHIN", 0.2)

    async def story() -> None:
        uplink = SmallUplink()
        async with listening(core, path) as end:
            assert await end.queue() is None
            end.try_again("00" * 32)
            async with dialling(uplink, path):
                await until(lambda: end.connected)
                assert await end.queue() == uplink.facts

    asyncio.run(story())


def test_what_was_let_go_and_is_owed_again_is_offered_again(core: SmallCore, path: Path) -> None:
    """A person set it aside, and changed their mind before the uplink had answered."""

    async def story() -> None:
        uplink = SmallUplink()
        txid = core.seal(b"sealed")
        async with listening(core, path) as end, dialling(uplink, path):
            await until(lambda: uplink.outbound)
            await end.release(txid)
            end.offer()
            await until(lambda: uplink.released == [txid] and txid in uplink.outbound)

    asyncio.run(story())


def test_the_uplink_can_ask_again_for_bytes_it_lost_while_connected(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        txid = core.seal(b"sealed")
        async with listening(core, path), dialling(uplink, path) as end:
            await until(lambda: uplink.outbound)
            uplink.outbound.clear()
            end.want(txid)
            await until(lambda: uplink.outbound)

    asyncio.run(story())


def test_an_envelope_the_core_cannot_read_does_not_hinder_the_others(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        bad, good = core.seal(b"bad"), core.seal(b"good")
        load = core.load

        def failing(txid: str) -> bytes:
            if txid == bad:
                raise DatabaseError("the file is damaged")
            return load(txid)

        core.load = failing  # type: ignore[method-assign]
        async with listening(core, path), dialling(uplink, path):
            await until(lambda: good in uplink.outbound)
            assert bad not in uplink.outbound

    asyncio.run(story())


def test_both_sides_with_much_to_say_do_not_lock_each_other(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        for n in range(6):
            core.seal(bytes([n]) * 1_500_000)
            data = bytes([100 + n]) * 1_500_000
            uplink.waiting_rids[hashlib.sha256(data).hexdigest()] = data
        async with listening(core, path), dialling(uplink, path):
            await until(lambda: len(uplink.outbound) == 6 and not uplink.waiting_rids)

    asyncio.run(story())


def test_the_socket_is_private_and_the_remains_of_an_earlier_one_are_replaced(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        path.parent.mkdir()
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(path))
        async with listening(core, path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not path.exists()

    asyncio.run(story())


def test_a_socket_of_the_service_manager_is_used_as_it_is(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        path.parent.mkdir()
        with socket.socket(socket.AF_UNIX) as given:
            given.bind(str(path))
            given.listen()
            core.end = CoreEnd(given, source=core, sink=core)
            await core.end.start()
            core.seal(b"sealed")
            async with dialling(uplink, path):
                await until(lambda: uplink.outbound)
            await core.end.close()
        assert path.exists()

    asyncio.run(story())


def test_a_socket_that_cannot_be_opened_is_said_in_words(core: SmallCore, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def story() -> None:
        with pytest.raises(HandoverError, match="handover socket cannot be opened"):
            await CoreEnd(tmp_path / "file" / "s.sock", source=core, sink=core).start()

    asyncio.run(story())


async def speak(path: Path, *sent: bytes) -> bytes:
    """What the core says to a stranger until it closes."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    for data in sent:
        writer.write(data)
    with suppress(OSError):
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return answer
    return b""


HELLO = frames.encode(frames.Hello(frames.PROTOCOL, "uplink"))
STRANGERS = {
    "no frame": b"GET / HTTP/1.1\r\n\r\n",
    "a head of 4 GB": b"\xff" * 8,
    "no hello": frames.encode(frames.Want("ab" * 32)),
    "another core": frames.encode(frames.Hello(frames.PROTOCOL, "core")),
    "a later version": frames.encode(frames.Hello(frames.PROTOCOL + 1, "uplink")),
    "nonsense after the hello": HELLO + b"\x00\x00\x00\x02\x00\x00\x00\x00{}",
    "a core's message": HELLO + frames.encode(frames.Release("ab" * 32)),
}


@pytest.mark.parametrize("sent", STRANGERS.values(), ids=STRANGERS)
def test_a_hostile_stranger_ends_with_one_line_and_the_uplink_still_works(
    sent: bytes, core: SmallCore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        core.seal(b"sealed")
        async with listening(core, path):
            with caplog.at_level(logging.WARNING):
                await speak(path, sent)
                await until(lambda: caplog.records)
            assert len(caplog.records) == 1
            assert "\n" not in caplog.records[0].getMessage()
            async with dialling(uplink, path):
                await until(lambda: uplink.outbound)

    asyncio.run(story())


def test_a_stranger_that_says_nothing_is_let_go(core: SmallCore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.handover.wire.HELLO_DEADLINE", 0.05)

    async def story() -> None:
        async with listening(core, path):
            assert await speak(path) == frames.encode(frames.Hello(frames.PROTOCOL, "core"))

    asyncio.run(story())


def test_a_frame_that_never_ends_is_let_go(core: SmallCore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.handover.wire.FRAME_DEADLINE", 0.05)

    async def story() -> None:
        async with listening(core, path):
            await speak(path, HELLO, b"\x00\x00")

    asyncio.run(story())


def test_a_second_uplink_replaces_the_first(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        async with listening(core, path):
            first = asyncio.create_task(speak(path, HELLO))
            await asyncio.sleep(0.05)
            uplink = SmallUplink()
            async with dialling(uplink, path):
                core.seal(b"sealed")
                await until(lambda: uplink.outbound)
            await asyncio.wait_for(first, 5)

    asyncio.run(story())


def test_bytes_that_are_not_what_their_txid_says_are_never_kept_and_hinder_nobody(core: SmallCore, path: Path) -> None:
    async def story() -> None:
        uplink = SmallUplink()
        bad, good = core.seal(b"sealed"), core.seal(b"good")
        load = core.load
        core.load = lambda txid: b"other bytes" if txid == bad else load(txid)  # type: ignore[method-assign]
        async with listening(core, path), dialling(uplink, path):
            await until(lambda: good in uplink.outbound)
        assert bad not in uplink.outbound

    asyncio.run(story())
