"""Core end and uplink end over a real UNIX socket: what happens when one of them goes, comes back, is of another age, or is hostile."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from agent.handover.frames import Progress, Stage
from tests.handover.cores import SmallCore
from tests.handover.ends import AT, SmallUplink, dialling, listening, until


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
