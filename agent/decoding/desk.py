"""Where the core has an image from outside decoded: in a unit of its own where systemd offers one, else in a worker process.

Whether there is such a unit is told by its socket when the core begins, and holds until it ends: a decoder that was there and is gone is a
refusal in words, never a reason to decode at home.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from agent.decoding.pixels import told
from agent.decoding.wire import (
    TOLD_HEAD,
    WORDS,
    Asked,
    Form,
    Formats,
    Pixels,
    Told,
    WireError,
    read_pixels,
    read_told_head,
    write_asked,
)
from agent.errors import LivescanError
from agent.imaging.wsq_header import ImageError
from agent.workers import WorkerDied, WorkerHung, Workers

log = logging.getLogger(__name__)

WITHIN = 25.0  # s; the unit's RuntimeMaxSec= ends a decoder before
AT_ONCE = 2  # decoders; the socket's MaxConnections= is far above it
_MEANS = "Only this one image was not decoded; everything else goes on."
_DO = "Ask the sender for it again; if it keeps happening, tell a technician."


class DecoderAway(LivescanError):
    """There is no decoder to ask, though there was when the core began."""


class Decoder:
    """To be used from one event loop."""

    def __init__(self, workers: Workers, unit: Path | None = None) -> None:
        """unit: the socket of `livescan-decode.socket`; None or no socket: decoded by the workers."""
        self.workers = workers  # for what is done with pixels, too
        self._unit = unit if unit is not None and unit.is_socket() else None
        self._free = asyncio.Semaphore(AT_ONCE)
        log.info("foreign images are decoded %s", "in a unit of their own" if self._unit else "in a worker process")

    async def grey(self, data: bytes, formats: Formats, size: tuple[int, int] = (0, 0)) -> Pixels:
        """(rows, columns). size: width and height that its record states; (0, 0) none.

        Raises ImageError with the reason, WorkerDied where it ended its decoder, WorkerHung, DecoderAway.
        """
        return await self._of(Asked(Form.GREY, formats, data, *size))

    async def color(self, data: bytes, formats: Formats, longest: int = 0) -> Pixels:
        """(rows, columns, 3), red first. longest: pixels that its longer side may have; 0 as it is. Raises as `grey` does."""
        return await self._of(Asked(Form.COLOR, formats, data, longest=longest))

    async def _of(self, asked: Asked) -> Pixels:
        try:
            question = write_asked(asked)
        except WireError as error:
            raise ImageError("its length or its size is outside of what is taken here") from error
        if self._unit is None:
            answer = await self.workers.run(told, asked)
        else:
            answer = await self._from_unit(self._unit, asked, question)
        if answer.pixels is None:
            raise ImageError(WORDS[answer.refusal] if answer.refusal else "the decoder gave up on it")
        return answer.pixels

    async def _from_unit(self, unit: Path, asked: Asked, question: bytes) -> Told:
        try:
            async with self._free, asyncio.timeout(WITHIN):
                return await _ask(unit, asked, question)
        except TimeoutError as hung:
            raise WorkerHung(f"The decoder of this image did not end in {WITHIN:g} s.", means=_MEANS, do=_DO) from hung
        except (EOFError, ConnectionResetError, BrokenPipeError, WireError) as died:
            raise WorkerDied("The decoder of this image ended without an answer.", means=_MEANS, do=_DO) from died
        except OSError as away:
            do = "systemctl start livescan-decode.socket"
            raise DecoderAway("No decoder of images answers.", means="Images from outside are not decoded.", do=do) from away


async def _ask(unit: Path, asked: Asked, question: bytes) -> Told:
    """Raises OSError, EOFError (asyncio.IncompleteReadError), WireError."""
    reader, writer = await asyncio.open_unix_connection(unit)
    try:
        writer.write(question)
        with suppress(ConnectionError):  # it may have refused before the end, and its answer is there all the same
            await writer.drain()
        refusal, width, height = read_told_head(asked, await reader.readexactly(TOLD_HEAD))
        if refusal is not None:
            return Told(refusal=refusal)
        body = await reader.readexactly(width * height * asked.form.channels)
        return Told(read_pixels(asked, width, height, body))
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
