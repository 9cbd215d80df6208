"""Messages over one connection of the handover socket: reads with limits and deadlines, writes in the order asked for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from agent.handover.errors import FrameError, HandoverError, VersionError
from agent.handover.frames import PREFIX, PROTOCOL, Hello, Message, decode, encode, lengths

FRAME_DEADLINE = 30.0  # s; from a frame's first byte to its last, either way
HELLO_DEADLINE = 5.0  # s
CLOSE_DEADLINE = 1.0  # s
READ_AHEAD = 1024 * 1024  # bytes taken from the socket before they are asked for: an envelope in few pieces
QUEUE_LIMIT = 20_000  # messages; more are only asked for by an end that is broken

Later: TypeAlias = Callable[[], Awaitable[Message | None]]  # makes a large message when its turn comes; None: no longer needed


class Wire:
    """Both ends of one connection use it alike.

    Reading and writing are two tasks and neither waits for the other, so that two ends that both have much to say cannot lock each other.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._queue: asyncio.Queue[Message | Later] = asyncio.Queue(QUEUE_LIMIT)

    async def greet(self, me: str, other: str) -> None:
        """Say who we are and hear who they are. Raises VersionError, FrameError, or HandoverError when nobody answers in time."""
        await self._write(Hello(PROTOCOL, me))
        try:
            async with asyncio.timeout(HELLO_DEADLINE):
                hello = await self.receive()
        except TimeoutError:
            raise HandoverError("The other end of the handover socket said nothing.") from None
        if not isinstance(hello, Hello) or hello.end != other:
            raise FrameError(f"Expected the {other} at the other end of the handover socket.")
        if hello.version != PROTOCOL:
            raise VersionError(
                f"The {other} speaks version {hello.version} of the handover protocol, the {me} version {PROTOCOL}.",
                means="Nothing is sent or received until both are of one version; nothing is lost.",
                do="Install one version of livescan-agent and restart both services.",
            )

    async def receive(self) -> Message | None:
        """The next message; None when the other end has closed between two frames."""
        try:
            first = await self._reader.readexactly(1)
        except asyncio.IncompleteReadError:
            return None
        try:
            async with asyncio.timeout(FRAME_DEADLINE):
                return await self._rest(first)
        except (TimeoutError, asyncio.IncompleteReadError):
            raise FrameError("The other end of the handover socket stopped in the middle of a frame.") from None

    async def _rest(self, first: bytes) -> Message:
        head, body = lengths(first + await self._reader.readexactly(PREFIX.size - 1))
        return decode(await self._reader.readexactly(head), await self._reader.readexactly(body))

    def say(self, message: Message | Later) -> None:
        """Queue a message; it goes out in turn. An end that takes nothing and asks for ever more loses its connection."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._writer.transport.abort()

    async def write_forever(self) -> None:
        while True:
            item = await self._queue.get()
            message = await item() if callable(item) else item
            if message is not None:
                await self._write(message)

    async def _write(self, message: Message) -> None:
        self._writer.write(encode(message))
        try:
            async with asyncio.timeout(FRAME_DEADLINE):
                await self._writer.drain()
        except TimeoutError:
            raise HandoverError("The other end of the handover socket takes nothing.") from None

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_DEADLINE):
                await self._writer.wait_closed()
