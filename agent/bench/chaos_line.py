"""A line between client and broker that can be cut, go silent or become slow: a TCP proxy on a thread of its own, 127.0.0.1 only."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading

_LINGER = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: closing sends RST
_PIECE = 16_384  # bytes


class ChaosLine:
    """`port`: where clients connect. All settings may be changed from any thread and hold at once, also for what is connected."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._rate = 0.0  # bytes/s each way; 0: as fast as it goes
        self._silent = False  # bytes are neither passed nor refused, as behind a firewall that forgot the connection
        self._pairs: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._main, name="chaos-line", daemon=True)
        self._thread.start()

    def slow(self, rate: float) -> None:
        self._rate = rate

    def silent(self, on: bool) -> None:
        self._silent = on

    def cut(self) -> None:
        """RST on both sides of everything that is connected."""
        self._loop.call_soon_threadsafe(self._cut)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _cut(self) -> None:
        for writer in tuple(self._pairs):
            opened = writer.get_extra_info("socket")
            if opened is not None:
                with contextlib.suppress(OSError):  # closed already, and its other half not yet
                    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            writer.transport.abort()

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._listening))
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._pairs |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._pairs -= {writer, far_writer}

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_PIECE):
                while self._silent:
                    await asyncio.sleep(0.05)
                sink.write(data)
                await sink.drain()
                if self._rate:
                    await asyncio.sleep(len(data) / self._rate)
        sink.close()
