"""Whoever else speaks at the handover's socket, and what is not what it says it is."""

from __future__ import annotations

import asyncio
import logging
import socket
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from agent.handover import frames
from agent.handover.core_end import CoreEnd
from agent.handover.errors import HandoverError
from tests.handover.cores import SmallCore
from tests.handover.ends import SmallUplink, dialling, listening, until


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
