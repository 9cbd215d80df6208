"""The work of a decoder: an image's bytes to pixels, or a refusal. Only ever in a process that may die of it.

What an image says of its size is looked at before its pixels are: the limit is in the question's form (`wire.Form.most_pixels`). Pillow is
told which format it may try, and no other plug-in sees the bytes.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image

from agent.decoding.wire import Asked, Form, Formats, Pixels, Refusal, Told
from agent.imaging.codec import decode_wsq
from agent.imaging.jpeg2000 import SIGNATURES
from agent.imaging.wsq_header import ImageError, read_wsq_header

_BEGINS = ((b"\xff\xa0", Formats.WSQ), (b"\xff\xd8\xff", Formats.JPEG), (b"\x89PNG\r\n\x1a\n", Formats.PNG))


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def told(asked: Asked) -> Told:
    """Never raises. What a native decoder does beyond that ends the process, which is why it is one of its own."""
    try:
        return Told(_sized(asked, _pixels(asked)))
    except _Refused as refused:
        return Told(refusal=refused.refusal)
    except Image.DecompressionBombError:  # Pillow's own limit lies above ours
        return Told(refusal=Refusal.TOO_LARGE)
    except MemoryError:
        return Told(refusal=Refusal.MEMORY)
    except Exception:  # foreign bytes: Pillow's plug-ins raise whatever they meet; each is this one refusal, and the asker is told
        return Told(refusal=Refusal.DAMAGED)


def format_of(data: bytes) -> Formats | None:
    """By its first bytes."""
    if data[:12].startswith(SIGNATURES):
        return Formats.JPEG2000
    return next((one for begins, one in _BEGINS if data.startswith(begins)), None)


def _pixels(asked: Asked) -> Pixels:
    if asked.formats == Formats.RAW:
        if len(asked.data) != asked.width * asked.height:
            raise _Refused(Refusal.OTHER_SIZE)
        return _formed(asked, Image.frombytes("L", (asked.width, asked.height), asked.data))
    found = format_of(asked.data)
    if found is None or not found & asked.formats:
        raise _Refused(Refusal.FORMAT)
    return _formed(asked, _of_wsq(asked) if found is Formats.WSQ else _of_pillow(asked, found))


def _of_wsq(asked: Asked) -> Image.Image:
    header = read_wsq_header(asked.data)
    _check(asked, header.width, header.height)
    try:
        return Image.fromarray(decode_wsq(asked.data))
    except ImageError as error:
        raise _Refused(Refusal.DAMAGED) from error


def _of_pillow(asked: Asked, found: Formats) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own word about bombs; ours is the check
        picture = Image.open(io.BytesIO(asked.data), formats=(str(found.name),))
    _check(asked, picture.width, picture.height)
    if asked.longest and found is Formats.JPEG:
        picture.draft("RGB", (asked.longest, asked.longest))  # decoded no larger than is needed
    picture.load()
    return picture


def _check(asked: Asked, width: int, height: int) -> None:
    if width * height > asked.form.most_pixels:
        raise _Refused(Refusal.TOO_LARGE)
    if asked.width and (width, height) != (asked.width, asked.height):
        raise _Refused(Refusal.OTHER_SIZE)


def _formed(asked: Asked, picture: Image.Image) -> Pixels:
    mode = "L" if asked.form is Form.GREY else "RGB"
    if picture.mode != mode:
        picture = picture.convert(mode)
    if asked.longest:
        picture.thumbnail((asked.longest, asked.longest), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.uint8)


def _sized(asked: Asked, pixels: Pixels) -> Pixels:
    if asked.width and not asked.longest and pixels.shape[:2] != (asked.height, asked.width):
        raise _Refused(Refusal.OTHER_SIZE)
    return pixels
