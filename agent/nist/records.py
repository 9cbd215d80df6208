"""An ANSI/NIST-ITL transaction as values, in the traditional encoding (ANSI/NIST-ITL 1-2011 annex B).

    transaction   Type-1 first, then the records in the order of 1.003 CNT
    tagged        type.number:value GS type.number:value ... FS     every type but 3 to 8
    binary        4-byte length, then fixed fields, no separators    Types 3 to 8
    value         items joined by US, subfields joined by RS

Every value keeps the exact bytes it was read from, so that writing gives the same file again; text is made from them on demand.
Image data and long values are `memoryview`s into the file that was parsed: `bytes(...)` them before sending them to another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"  # ANSI/NIST-ITL 1-2011 table 102
BINARY_TYPES = range(3, 9)  # Types 3 to 8 have no tags
FIRST_IMAGE_TYPE = 10  # from here on field 999 is image data, last, and taken by the record's length
IMAGE_FIELD = 999

Buffer: TypeAlias = bytes | memoryview
Encoding: TypeAlias = Literal["ascii", "utf-8"]  # by 1.015 DCS; whatever does not decode is shown as latin-1


@dataclass(frozen=True, slots=True)
class Field:
    tag: str  # as written in the file, without the colon: "1.01", "2.018", "2.2018"
    number: int  # 1..9999: 18 for "2.018"
    raw: Buffer = field(repr=False)  # the value without its tag and closing separator
    encoding: Encoding = field(default="ascii", compare=False)
    image: bool = False  # raw is image data, not text

    @property
    def text(self) -> str:
        """The whole value as text, separators included; empty for image data."""
        return "" if self.image else decode(bytes(self.raw), self.encoding)

    @property
    def subfields(self) -> tuple[tuple[str, ...], ...]:
        """Subfields of items; at least one of each, perhaps empty. Nothing for image data."""
        if self.image:
            return ()
        return tuple(tuple(part.split("\x1f")) for part in self.text.split("\x1e"))

    @property
    def values(self) -> tuple[str, ...]:
        """The subfields of a field whose subfields have no items; items stay joined by US."""
        return () if self.image else tuple(self.text.split("\x1e"))


@dataclass(frozen=True, slots=True)
class TaggedRecord:
    type: int
    fields: tuple[Field, ...]

    def field(self, number: int) -> Field | None:
        """The first field with this number."""
        return next((f for f in self.fields if f.number == number), None)

    def text(self, number: int) -> str | None:
        """Its whole value as text, or None when the field is absent."""
        found = self.field(number)
        return None if found is None else found.text

    def values(self, number: int) -> tuple[str, ...]:
        """Its subfields, or nothing when it is absent or empty."""
        found = self.field(number)
        return () if found is None else tuple(value for value in found.values if value)

    def items(self, number: int) -> tuple[tuple[str, ...], ...]:
        """Its subfields with their items, or nothing when it is absent."""
        found = self.field(number)
        return () if found is None else found.subfields

    @property
    def idc(self) -> int | None:
        """Image designation character; None in Type-1 and where it is no number."""
        return None if self.type == 1 else _number(self.text(2))

    @property
    def image(self) -> Buffer | None:
        """The image data of x.999, or None."""
        return next((f.raw for f in self.fields if f.image), None)

    def offset(self, field: Field) -> int:
        """Where the value of one of its fields begins, in bytes from the record's first."""
        before = self.fields[: next(place for place, other in enumerate(self.fields) if other is field)]
        return sum(len(other.tag) + 2 + len(other.raw) for other in before) + len(field.tag) + 1

    @property
    def length(self) -> int:
        """Bytes of the record, its closing FS included."""
        return sum(len(f.tag) + 2 + len(f.raw) for f in self.fields)  # the colon, and a GS or the FS


@dataclass(frozen=True, slots=True)
class FingerprintHeader:
    """The fixed fields of Types 3 to 6, big-endian, 18 bytes (ANSI/NIST-ITL 1-2000 clause 11; EBTS 11.0 appendix E)."""

    length: int  # LEN, bytes, this header included
    idc: int
    impression: int  # IMP 0 live plain, 1 live rolled, 2 and 3 the same from a card
    positions: tuple[int, ...]  # FGP, six bytes; 255 pads
    resolution: int  # ISR 0 = minimum (500 ppi), 1 = native
    width: int  # HLL, pixels
    height: int  # VLL, pixels
    compression: int  # GCA 0 none, 1 WSQ, 2 JPEGB, 3 JPEGL, 4 JP2, 5 JP2L

    @property
    def position(self) -> int:
        """The finger position that counts: the first."""
        return self.positions[0]


HEADER_SIZE = 18  # bytes


@dataclass(frozen=True, slots=True)
class BinaryRecord:
    type: int  # 3..8
    raw: Buffer = field(repr=False)  # the whole record, its length included

    @property
    def idc(self) -> int:
        return self.raw[4]

    @property
    def header(self) -> FingerprintHeader | None:
        """The fixed fields of a fingerprint record (Types 3 to 6); None for Types 7 and 8, whose fields are others."""
        if self.type not in range(3, 7):
            return None
        raw = bytes(self.raw[:HEADER_SIZE])
        return FingerprintHeader(
            length=int.from_bytes(raw[0:4], "big"),
            idc=raw[4],
            impression=raw[5],
            positions=tuple(raw[6:12]),
            resolution=raw[12],
            width=int.from_bytes(raw[13:15], "big"),
            height=int.from_bytes(raw[15:17], "big"),
            compression=raw[17],
        )

    @property
    def image(self) -> Buffer:
        """The image data of a fingerprint record; empty for Types 7 and 8."""
        return self.raw[HEADER_SIZE:] if self.type in range(3, 7) else b""

    @property
    def length(self) -> int:
        return len(self.raw)


Record: TypeAlias = TaggedRecord | BinaryRecord


@dataclass(frozen=True, slots=True)
class Transaction:
    records: tuple[Record, ...]  # Type-1 first, then in the order of 1.003 CNT

    @property
    def type1(self) -> TaggedRecord:
        """The record that heads the transaction."""
        first = self.records[0]
        if not isinstance(first, TaggedRecord):
            raise TypeError("a transaction begins with a tagged record")
        return first

    def first(self, type_: int) -> TaggedRecord | None:
        """The first tagged record of this type."""
        return next((r for r in self.records if isinstance(r, TaggedRecord) and r.type == type_), None)

    def of_type(self, type_: int) -> Iterator[Record]:
        """All records of this type, in file order."""
        return (r for r in self.records if r.type == type_)

    @property
    def tot(self) -> str:
        """1.004 TOT, type of transaction; empty when absent."""
        return self.type1.text(4) or ""

    @property
    def tcn(self) -> str:
        """1.009 TCN, the sender's control number; empty when absent."""
        return self.type1.text(9) or ""

    @property
    def tcr(self) -> str | None:
        """1.010 TCR, the control number this answers; None when absent or empty."""
        return self.type1.text(10) or None


def decode(raw: bytes, encoding: Encoding) -> str:
    """Text of a value; bytes that its character set does not know are read as latin-1, so that something can be shown."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _number(text: str | None) -> int | None:
    return int(text) if text and len(text) <= 4 and text.isascii() and text.isdigit() else None
