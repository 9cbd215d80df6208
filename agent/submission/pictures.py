"""Every picture of a transaction as one kind of value, whatever record it stands in: Type-4, Type-14, Type-10, Type-15.

Read kindly: a number that is none is 0, and then the picture is what its own bytes say. Nothing is decoded here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from agent.model.fingers import FINGERS, Position
from agent.model.impression import ImpressionKind
from agent.nist.codes import POSITIONS
from agent.nist.records import BinaryRecord, Buffer, TaggedRecord, Transaction
from agent.submission.images import CODINGS

_ROLLED, _LIVE = {1, 3}, {0, 1, 8, *range(20, 30), *range(40, 45)}  # 14.003 IMP, ITL 1-2011 table 7
_CM = 2.54  # 14.008 SLC 2: pixels per cm


@dataclass(frozen=True)
class Picture:
    record_type: int  # 4, 10, 14 or 15
    idc: int
    position: int  # FGP; 0 for a photo
    kind: ImpressionKind  # of a finger
    live: bool
    width: int  # pixels, as the record states
    height: int  # pixels, as the record states
    ppi: int  # 0 where the record states none
    coding: str  # 14.011 CGA: WSQ20, JP2, ...
    data: Buffer = field(repr=False)
    sha256: str = ""  # 14.996 HAS, hex; empty where the record has none

    @property
    def finger(self) -> Position | None:
        """The position on a ten-print card, where it has one."""
        return Position(self.position) if self.record_type in (4, 14) and self.position in list(Position) else None

    @property
    def digest(self) -> str:
        """SHA-256 of the image's bytes, hex: computed, whatever the record states."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def words(self) -> str:
        """For a sentence: 'right index', 'photo', 'palm 21'."""
        if self.record_type == 10:
            return "photo"
        return f"palm {self.position}" if self.record_type == 15 else POSITIONS.get(f"{self.position:02d}", f"position {self.position}")


def pictures_of(tx: Transaction) -> Iterator[Picture]:
    """In file order; records without image data are left out."""
    for record in tx.records:
        if isinstance(record, BinaryRecord):
            if record.type == 4:
                yield _binary(record)
        elif record.type in (10, 14, 15) and record.image:
            yield _tagged(record, record.image)


def fingers(pictures: Iterable[Picture]) -> dict[Position, Picture]:
    """The finger images by position on the card; of two with one position the first."""
    found: dict[Position, Picture] = {}
    for picture in pictures:
        if picture.finger is not None:
            found.setdefault(picture.finger, picture)
    return found


def _binary(record: BinaryRecord) -> Picture:
    header = record.header
    assert header is not None  # every Type-4 has one
    return Picture(
        4,
        header.idc,
        header.position,
        _kind(header.impression, header.position),
        header.impression in _LIVE,
        header.width,
        header.height,
        500 if header.resolution == 0 else 0,
        CODINGS.get(header.compression, "?"),
        record.image,
    )


def _tagged(record: TaggedRecord, image: Buffer) -> Picture:
    code, position = _number(record, 3), 0 if record.type == 10 else _number(record, 13)
    return Picture(
        record.type,
        record.idc or 0,
        position,
        _kind(code, position),
        code in _LIVE,
        _number(record, 6),
        _number(record, 7),
        _ppi(record),
        record.text(11) or "?",
        image,
        record.text(996) or "",
    )


def _kind(code: int, position: int) -> ImpressionKind:
    """A slap is plain whatever its record says; a single finger is rolled where it says so."""
    return ImpressionKind.ROLLED if code in _ROLLED and position in [int(finger) for finger in FINGERS] else ImpressionKind.PLAIN


def _ppi(record: TaggedRecord) -> int:
    scale, number = record.text(8), _number(record, 9)
    return {"1": number, "2": _nearest(number * _CM)}.get(scale or "", 0)


def _nearest(ppi: float) -> int:
    """197 pixels per cm are 500.4 ppi and mean 500."""
    return next((nominal for nominal in (500, 1000) if abs(ppi - nominal) <= nominal / 100), round(ppi))


def _number(record: TaggedRecord, number: int) -> int:
    text = (record.values(number) or ("",))[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
