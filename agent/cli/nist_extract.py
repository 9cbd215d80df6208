"""`livescan nist extract`: the images of a file as files. Foreign bytes are decoded in a worker process that is thrown away afterwards."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.nist_files import write_new
from agent.errors import LivescanError
from agent.imaging.wsq_comment import comment, with_comment
from agent.imaging.wsq_header import ImageError, read_wsq_header
from agent.nist.codec import parse
from agent.nist.records import Transaction
from agent.submission.pictures import Picture, pictures_of
from agent.workers import Workers

if TYPE_CHECKING:
    from agent.model.impression import GrayImage

_ENDINGS = {"WSQ20": "wsq", "WSQ": "wsq", "JPEGB": "jpg", "JPEGL": "jpg", "JP2": "jp2", "JP2L": "jp2", "PNG": "png", "NONE": "raw"}
_DEADLINE = 20.0  # seconds for one image


@dataclass(frozen=True)
class Extracted:
    record: str  # "Type-4 IDC 03"
    what: str  # "right middle"
    ppi: int  # 0 where none is known
    files: tuple[str, ...]  # names in the folder
    problem: str = ""  # why there is no PNG of it


def extract(data: bytes, folder: Path, *, force: bool, software: str = "livescan-agent") -> list[Extracted]:
    """Every image as it stands in the file, and as PNG. Raises NistError for a damaged file; an image that cannot be read is said so."""
    return asyncio.run(_extract(list(_named(parse(data))), folder, force=force, software=software))


def _named(tx: Transaction) -> Iterator[tuple[str, Picture]]:
    """Pictures with a name of letters, digits and hyphens each, whatever the file says."""
    seen: set[str] = set()
    for picture in pictures_of(tx):
        words = picture.words.replace(" ", "-").replace("'", "")
        name = base = f"{picture.record_type:02d}-{picture.idc:02d}-{words}"
        number = 1
        while name in seen:
            number += 1
            name = f"{base}-{number}"
        seen.add(name)
        yield name, picture


async def _extract(named: list[tuple[str, Picture]], folder: Path, *, force: bool, software: str) -> list[Extracted]:
    workers = Workers(1, deadline=_DEADLINE)
    try:
        return [await _one(name, picture, folder, workers, force=force, software=software) for name, picture in named]
    finally:
        workers.close()


async def _one(name: str, picture: Picture, folder: Path, workers: Workers, *, force: bool, software: str) -> Extracted:
    ending = _ENDINGS.get(picture.coding, "bin")
    files = [f"{name}.{ending}"]
    write_new(folder / files[0], _with_resolution(picture, software), force=force)
    problem = ""
    if ending != "png":
        try:
            png = await workers.run(as_png, bytes(picture.data), picture.coding, picture.width, picture.height, picture.ppi)
            write_new(folder / f"{name}.png", png, force=force)
            files.append(f"{name}.png")
        except LivescanError as error:
            problem = error.what
    return Extracted(f"Type-{picture.record_type} IDC {picture.idc:02d}", picture.words, picture.ppi, tuple(files), problem)


def _with_resolution(picture: Picture, software: str) -> bytes:
    """The image's bytes; a WSQ that says no resolution gets a comment that does, which changes no pixel."""
    data = bytes(picture.data)
    if picture.coding not in ("WSQ20", "WSQ") or not picture.ppi:
        return data
    try:
        told = any(f"PPI {picture.ppi}".encode() in text for text in read_wsq_header(data).comments)
        return data if told else with_comment(data, comment(picture.ppi, software))
    except ImageError:
        return data


def as_png(data: bytes, coding: str, width: int, height: int, ppi: int) -> bytes:
    """PNG of an image, its resolution in the chunk pHYs. For a worker process only: the bytes may be hostile."""
    from PIL import Image

    from agent.imaging.pictures import decode_image

    out = io.BytesIO()
    pixels = _raw(data, width, height) if coding == "NONE" else decode_image(data)
    Image.fromarray(pixels).save(out, "PNG", **({"dpi": (ppi, ppi)} if ppi else {}))
    return out.getvalue()


def _raw(data: bytes, width: int, height: int) -> GrayImage:
    """Uncompressed pixels, eight bits each."""
    import numpy as np

    if not width or not height or len(data) != width * height:
        raise ImageError("its size is not its width times its height")
    return np.frombuffer(data, np.uint8).reshape(height, width)
