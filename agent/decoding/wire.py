"""What is asked of a decoder and what it answers: one question and one answer on a connection, each a fixed head and its bytes.

    question  "LSDQ" form:u8 formats:u8 0:u16 width:u32 height:u32 longest:u32 length:u32, then the image as it came
    answer    "LSDA" form:u8 refusal:u8 0:u16 width:u32 height:u32 length:u32, then pixels, row by row

All numbers are big-endian. An answer is nothing but pixels, or the number of a refusal whose words are ours: the decoder has met hostile
bytes, so no sentence and no file of its making goes any further. Pure: no clock, no socket.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from agent.errors import LivescanError

Pixels: TypeAlias = NDArray[np.uint8]  # (rows, columns) grey, or (rows, columns, 3) red first

QUESTION, ANSWER = b"LSDQ", b"LSDA"
_ASKED, _TOLD = struct.Struct(">4sBBHIIII"), struct.Struct(">4sBBHIII")
ASKED_HEAD, TOLD_HEAD = _ASKED.size, _TOLD.size  # bytes
MOST_BYTES = 64 * 1024 * 1024  # of an image as it comes: an uncompressed 1000 ppi palm
MOST_SIDE = 40_000  # pixels


class Form(IntEnum):
    GREY = 1
    COLOR = 2

    @property
    def channels(self) -> int:
        return 1 if self is Form.GREY else 3

    @property
    def most_pixels(self) -> int:
        """8000 x 8000, a 1000 ppi palm and a margin; 40 megapixels of color take a decoder some 800 MB."""
        return 64_000_000 if self is Form.GREY else 40_000_000


class Formats(IntFlag):
    """That an image may be in. RAW: as many bytes as its stated size has pixels, and alone."""

    RAW = 1
    WSQ = 2
    JPEG = 4
    JPEG2000 = 8
    PNG = 16


FINGER = Formats.WSQ | Formats.JPEG | Formats.JPEG2000 | Formats.PNG
PHOTO = Formats.JPEG | Formats.JPEG2000 | Formats.PNG


class Refusal(IntEnum):
    """Why there are no pixels."""

    FORMAT = 1
    TOO_LARGE = 2
    OTHER_SIZE = 3
    DAMAGED = 4
    MEMORY = 5
    QUESTION = 6


WORDS = {
    Refusal.FORMAT: "it is in none of the formats that are taken here",
    Refusal.TOO_LARGE: "it has more pixels than are taken here",
    Refusal.OTHER_SIZE: "it decodes to another size than its record states",
    Refusal.DAMAGED: "the decoder gave up on it",
    Refusal.MEMORY: "it needs more memory than an image is given",
    Refusal.QUESTION: "its decoder did not understand what it was asked",
}


class WireError(LivescanError):
    """These bytes are no question, or no answer to the question that was asked."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The decoder of images: {what}.", means="This one image was not decoded; everything else goes on.")


@dataclass(frozen=True)
class Asked:
    form: Form
    formats: Formats
    data: bytes = field(repr=False)
    width: int = 0  # pixels that its record states; 0 none are stated
    height: int = 0  # pixels; 0 none are stated
    longest: int = 0  # pixels that its longer side may have in the answer; 0 as it is


@dataclass(frozen=True, eq=False)
class Told:
    pixels: Pixels | None = field(default=None, repr=False)
    refusal: Refusal | None = None


def write_asked(asked: Asked) -> bytes:
    """Raises WireError for what may not be asked."""
    head = _ASKED.pack(QUESTION, asked.form, asked.formats, 0, asked.width, asked.height, asked.longest, len(asked.data))
    read_asked_head(head)
    return head + asked.data


def read_asked_head(head: bytes) -> tuple[Asked, int]:
    """The question without its image, and the image's length in bytes. Raises WireError."""
    if len(head) != ASKED_HEAD:
        raise WireError("a question's head is cut short")
    magic, form, formats, zero, width, height, longest, length = _ASKED.unpack(head)
    if magic != QUESTION or zero or form not in list(Form) or not 0 < formats < 2 * Formats.PNG:
        raise WireError("that is no question")
    if formats & Formats.RAW and (formats != Formats.RAW or not (width and height)):
        raise WireError("pixels as they are need their size")
    if not 0 < length <= MOST_BYTES or bool(width) != bool(height) or max(width, height, longest) > MOST_SIDE:
        raise WireError("a question is outside its limits")
    return Asked(Form(form), Formats(formats), b"", width, height, longest), length


def write_told(asked: Asked, told: Told) -> bytes:
    if told.pixels is None:
        return _TOLD.pack(ANSWER, asked.form, told.refusal or Refusal.DAMAGED, 0, 0, 0, 0)
    rows, columns = told.pixels.shape[:2]
    return _TOLD.pack(ANSWER, asked.form, 0, 0, columns, rows, told.pixels.size) + told.pixels.tobytes()


def read_told_head(asked: Asked, head: bytes) -> tuple[Refusal | None, int, int]:
    """Refusal, width and height in pixels. What is promised beyond the question is a WireError: the other end may be in foreign hands."""
    if len(head) != TOLD_HEAD:
        raise WireError("its answer is cut short")
    magic, form, refusal, zero, width, height, length = _TOLD.unpack(head)
    if magic != ANSWER or form != asked.form or zero:
        raise WireError("it answered something else than it was asked")
    if refusal:
        if refusal not in list(Refusal) or width or height or length:
            raise WireError("it refused for no known reason")
        return Refusal(refusal), 0, 0
    if not _within(asked, width, height) or length != width * height * asked.form.channels:
        raise WireError("it answered with another size than it was asked for")
    return None, width, height


def read_pixels(asked: Asked, width: int, height: int, body: bytes) -> Pixels:
    """Pixels of a body that is as long as its head said. Raises WireError."""
    if len(body) != width * height * asked.form.channels:
        raise WireError("its answer is cut short")
    shape = (height, width) if asked.form is Form.GREY else (height, width, 3)
    return np.frombuffer(body, np.uint8).reshape(shape)


def _within(asked: Asked, width: int, height: int) -> bool:
    if not (width and height) or width * height > asked.form.most_pixels:
        return False
    if asked.longest:
        return max(width, height) <= asked.longest
    return not asked.width or (width, height) == (asked.width, asked.height)
