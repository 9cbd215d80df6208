"""An ANSI/NIST file record by record, for a person or a program.

What is shown came from outside: control characters, and the marks that turn text around, are made visible and never reach the terminal
as they are. The text is plain; whoever prints it with a markup language escapes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.imaging.wsq_header import ImageError, read_wsq_header
from agent.model.fingers import Position
from agent.nist import codes
from agent.nist.codec import parse
from agent.nist.dictionary import lookup
from agent.nist.records import BinaryRecord, Buffer, Field, FingerprintHeader, Record, TaggedRecord

MAX_TEXT = 2000  # characters of a value in a line of text; `show` has all of them
_POSITIONS = {position.value: position.words for position in Position} | {0: "unknown finger"}


@dataclass(frozen=True)
class ShownField:
    record: int  # 0 for Type-1
    type: int
    tag: str  # "2.018"; as written in the file
    mnemonic: str  # empty where the dictionary does not know the field
    name: str
    value: str  # one line, printable characters only


def show(data: bytes) -> Iterator[ShownField]:
    """Every field of the file in its order. Raises NistError before the first when the file is damaged."""
    for number, record in enumerate(parse(data).records):
        yield from shown_record(number, record)


def lines(data: bytes) -> Iterator[str]:
    """The same as lines of text, a head before each record."""
    current = -1
    for shown in show(data):
        if shown.record != current:
            current = shown.record
            yield f"Record {current + 1}, Type-{shown.type}"
        value = shown.value if len(shown.value) <= MAX_TEXT else f"{shown.value[:MAX_TEXT]} ... ({len(shown.value)} characters)"
        yield f"  {shown.tag:<8} {shown.mnemonic:<6} {shown.name:<42} {value}".rstrip()


def summary(record: Record) -> str:
    """The image of a record in a few words: coding, size, finger; empty where there is none."""
    if isinstance(record, TaggedRecord):
        return next((_image_of(record, field) for field in record.fields if field.image), "")
    return "" if record.header is None else _summary(record.header, record.image)


def visible(text: str) -> str:
    """The text on one line: control characters as their pictures, other unprintable ones as \\u and their number."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    code = ord(character)
    if character.isprintable():
        return character
    if code < 0x20:
        return chr(0x2400 + code)  # U+2400 control pictures
    return "\u2421" if code == 0x7F else f"\\u{code:04x}"


def shown_record(number: int, record: Record) -> Iterator[ShownField]:
    """The fields of one record; `number` is its place in the file, from 0."""
    pairs = _tagged_values(record) if isinstance(record, TaggedRecord) else _binary_values(record)
    for tag, field_number, value in pairs:
        row = lookup(record.type, field_number)
        yield ShownField(number, record.type, tag, row.mnemonic if row else "", row.name if row else "", value)


def _tagged_values(record: TaggedRecord) -> Iterator[tuple[str, int, str]]:
    for field in record.fields:
        yield field.tag, field.number, _image_of(record, field) if field.image else _text(field)


def _text(field: Field) -> str:
    """Items joined by a slash, subfields by a bar, each between blanks."""
    return " | ".join(" / ".join(visible(item) for item in items) for items in field.subfields)


def _image_of(record: TaggedRecord, field: Field) -> str:
    """ "WSQ20 804x752, 42297 bytes, FGP 1 right thumb" from the fields that Types 10 to 17 have in common."""
    coding, width, height = (visible(record.text(number) or "?") for number in (11, 6, 7))
    parts = [f"{coding} {width}x{height}", f"{len(field.raw)} bytes"]
    finger = record.text(13) if record.type in (13, 14, 15) else None
    if finger:
        name = _POSITIONS.get(int(finger), "") if finger.isascii() and finger.isdigit() and len(finger) <= 2 else ""
        parts.append(f"FGP {visible(finger)} {name}".rstrip())
    return ", ".join(parts)


def _binary_values(record: BinaryRecord) -> Iterator[tuple[str, int, str]]:
    header = record.header
    values = {1: str(record.length), 2: str(record.idc)} if header is None else _header_values(header, record.image)
    for number, value in values.items():
        yield f"{record.type}.{number:03d}", number, value
    if header is None:
        yield f"{record.type}.999", 999, f"{record.length} bytes, not read"


def _header_values(header: FingerprintHeader, image: Buffer) -> dict[int, str]:
    return {
        1: str(header.length),
        2: str(header.idc),
        3: f"{header.impression} {codes.IMPRESSIONS.get(header.impression, '')}".rstrip(),
        4: f"{header.position} {_POSITIONS.get(header.position, '')}".rstrip(),
        5: f"{header.resolution} {'500 ppi' if header.resolution == 0 else 'native'}",
        6: str(header.width),
        7: str(header.height),
        8: f"{header.compression} {codes.COMPRESSIONS.get(header.compression, '')}".rstrip(),
        9: _summary(header, image),
    }


def _summary(header: FingerprintHeader, image: Buffer) -> str:
    """ "WSQ 804x752, 42297 bytes, FGP 1 right thumb, rolled"; says so where the data disagree with the header."""
    coding = codes.COMPRESSIONS.get(header.compression, "unknown coding")
    finger = f"FGP {header.position} {_POSITIONS.get(header.position, '')}".rstrip()
    parts = [f"{coding} {header.width}x{header.height}", f"{len(image)} bytes", finger, codes.IMPRESSIONS.get(header.impression, "")]
    return ", ".join(part for part in (*parts, _disagreement(header, image)) if part)


def _disagreement(header: FingerprintHeader, image: Buffer) -> str:
    if header.compression != 1:
        return ""
    try:
        wsq = read_wsq_header(image)
    except ImageError:
        return "NOT A WSQ FILE"
    return "" if (wsq.width, wsq.height) == (header.width, header.height) else f"THE DATA SAY {wsq.width}x{wsq.height}"
