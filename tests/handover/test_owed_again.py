"""What is offered, brought or asked for again: full disks, lost bytes, urgency, a person's word."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from agent.errors import NotTaken
from agent.handover import core_end, uplink_end
from agent.store.database import DatabaseError
from tests.handover.cores import SmallCore
from tests.handover.ends import SmallUplink, dialling, listening, until


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
