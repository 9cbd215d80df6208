"""From a file's bytes to a card: its pictures decoded in workers, which hostile bytes may kill, then drawn; and the pages as PNG."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping

import pypdfium2
from PIL import Image

from agent.card.content import read
from agent.card.draw import Decoded, draw, photo_of, wanted
from agent.card.prints import CardPrint, Wanted, card_print, face
from agent.model.fingers import Position
from agent.workers import WorkerDied, Workers

DPI = 500  # of a PNG page: a pixel of a 500 ppi print is then a pixel of the page
PHOTO_PIXELS = (760, 752)  # at most, of the photograph: 400 to the inch on paper
_POINTS = 72  # per inch


async def card_pdf(data: bytes, workers: Workers) -> bytes:
    """The card of a transaction. Raises NistError for what is none; a picture that cannot be drawn is named on the card instead."""
    file = read(data)
    photo = photo_of(file)
    prints, pixels = await asyncio.gather(_prints(wanted(file), workers), workers.run(face, photo, PHOTO_PIXELS) if photo else _nothing())
    return await asyncio.to_thread(draw, file, Decoded(prints, pixels))


def pages_png(pdf: bytes, dpi: int = DPI) -> list[bytes]:
    """Every page as a PNG that states its resolution."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_png(page.render(scale=dpi / _POINTS).to_pil(), dpi) for page in document]
    finally:
        document.close()


async def _prints(pictures: Mapping[Position, Wanted], workers: Workers) -> dict[Position, CardPrint]:
    found = await asyncio.gather(*(_print(picture, workers) for picture in pictures.values()))
    return dict(zip(pictures, found, strict=True))


async def _print(picture: Wanted, workers: Workers) -> CardPrint:
    try:
        return await workers.run(card_print, picture)
    except WorkerDied:
        return CardPrint(card_print(_EMPTY).pixels, 500, problem="IMAGE KILLED ITS DECODER")


async def _nothing() -> None:
    return None


def _png(page: Image.Image, dpi: int) -> bytes:
    out = io.BytesIO()
    page.convert("RGB").save(out, "PNG", dpi=(dpi, dpi), compress_level=1)
    return out.getvalue()


_EMPTY = Wanted(b"", "NONE", 0, 0, 0, (1.0, 1.0))
