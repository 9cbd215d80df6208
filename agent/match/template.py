"""What is kept of a fingertip for comparison: its minutiae and the flow of its ridges, at 500 ppi, and who extracted them.

Coordinates: x to the right, y down, pixels at 500 ppi. A direction is counter-clockwise from the x axis as seen on the screen, in 1/256 of
a turn: along the ridge towards where it goes on (an ending) or towards the single ridge (a bifurcation), the same for every extractor.

As bytes (little-endian): magic, form, name of the extractor (length, ASCII), its version, width, height, count, rows and columns of the
flow, then the columns one after the other. Foreign bytes are read strictly: `parse` gives a Template or says why not.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.errors import LivescanError

MAGIC, FORM = b"LSMT", 1
PPI = 500  # of all coordinates
MAX_MINUTIAE = 255
MAX_SIDE = 4000  # pixels
FLOW_STEP = 16  # pixels between places at which the flow is kept
NO_FLOW = 255  # no ridges there
FLOW_UNITS = 250  # of half a turn
TURN = 256  # units of a direction in a whole turn
_HEAD = struct.Struct("<4sBBHHHBHH")  # magic, form, length of the name, extractor's version, width, height, count, flow rows, flow columns


class TemplateError(LivescanError):
    """The bytes are no template of ours."""


@dataclass(frozen=True, eq=False)
class Template:
    extractor: str  # who found the minutiae; only templates of one extractor and version are compared
    version: int
    width: int  # pixels at 500 ppi
    height: int
    x: NDArray[np.int16] = field(repr=False)  # (n,) all of them strongest first
    y: NDArray[np.int16] = field(repr=False)
    direction: NDArray[np.uint8] = field(repr=False)  # 1/256 of a turn
    bifurcation: NDArray[np.bool_] = field(repr=False)
    quality: NDArray[np.uint8] = field(repr=False)  # 0..100, higher is surer
    flow: NDArray[np.uint8] = field(repr=False)  # (rows, columns): direction of ridges each 16 pixels, 1/250 of half a turn, 255 where none

    def __len__(self) -> int:
        return len(self.x)

    @property
    def places(self) -> NDArray[np.float32]:
        """(n, 2) x, y."""
        return np.stack([self.x, self.y], 1).astype(np.float32)

    @property
    def radians(self) -> NDArray[np.float32]:
        """(n,) directions, 0 to 2 pi."""
        return (self.direction * np.float32(2 * np.pi / TURN)).astype(np.float32)

    @property
    def same_make(self) -> tuple[str, int]:
        return self.extractor, self.version

    def serialise(self) -> bytes:
        """7 bytes a minutia and one a place of the flow: half a kilobyte to a kilobyte and a half."""
        name = self.extractor.encode("ascii")
        head = _HEAD.pack(MAGIC, FORM, len(name), self.version, self.width, self.height, len(self), *self.flow.shape)
        columns = (self.x.astype("<i2"), self.y.astype("<i2"), self.direction, self.bifurcation.astype(np.uint8), self.quality, self.flow)
        return head + name + b"".join(column.tobytes() for column in columns)


def parse(data: bytes) -> Template:
    """A template from its bytes. Raises TemplateError."""
    if len(data) < _HEAD.size:
        raise _refused("they are too short")
    magic, form, name_length, version, width, height, count, rows, columns = _HEAD.unpack_from(data)
    if magic != MAGIC or form != FORM:
        raise _refused("they do not begin as one, or are of another form")
    if len(data) != _HEAD.size + name_length + 7 * count + rows * columns:
        raise _refused("their length is not what their head says")
    name = data[_HEAD.size : _HEAD.size + name_length]
    if not name.isascii() or not name.decode("ascii").isprintable() or not name:
        raise _refused("the extractor's name is not printable ASCII")
    body = memoryview(data)[_HEAD.size + name_length :]
    return _read_columns(
        Template(name.decode("ascii"), version, width, height, *_cut(body, count), _flow(body[7 * count :], rows, columns))
    )


def _cut(
    body: memoryview, count: int
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.uint8], NDArray[np.bool_], NDArray[np.uint8]]:
    x, y = (np.frombuffer(body, "<i2", count, 2 * count * n).astype(np.int16) for n in (0, 1))
    direction, kind, quality = (np.frombuffer(body, np.uint8, count, (4 + n) * count).copy() for n in (0, 1, 2))
    if (kind > 1).any():
        raise _refused("a minutia is neither ending nor bifurcation")
    return x, y, direction, kind.astype(np.bool_), quality


def _flow(body: memoryview, rows: int, columns: int) -> NDArray[np.uint8]:
    return np.frombuffer(body, np.uint8).reshape(rows, columns).copy()


def _read_columns(template: Template) -> Template:
    """The template, if what it says can be."""
    t = template
    if not (0 < t.width <= MAX_SIDE and 0 < t.height <= MAX_SIDE):
        raise _refused("no fingertip has that size")
    if t.flow.shape != flow_shape(t.width, t.height):
        raise _refused("the flow does not cover the print")
    if ((t.x < 0) | (t.x >= t.width) | (t.y < 0) | (t.y >= t.height)).any():
        raise _refused("a minutia lies outside of the print")
    if (t.quality > 100).any() or ((t.flow >= FLOW_UNITS) & (t.flow != NO_FLOW)).any():
        raise _refused("a quality or a direction is out of its range")
    return t


def flow_shape(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of the flow of a print."""
    return -(-height // FLOW_STEP), -(-width // FLOW_STEP)


def _refused(why: str) -> TemplateError:
    return TemplateError(f"These bytes are no fingerprint template: {why}.", do="Extract the template again from the print.")
