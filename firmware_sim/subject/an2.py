"""A small, kind reader of the finger pictures in an ANSI/NIST-ITL file: Type-4 and Type-14, nothing else.

Sources: ANSI/NIST-ITL 1-2011 (fields), 1-2000 section 11 (the 18-byte Type-4 header), EBTS 11.0 (2.084 AMP). Tags of both ages are read
(`1.01:` and `1.001:`); IDC is not taken for a finger position; 1.003 CNT gives the order of the records.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from firmware_sim.subject.person import MEMBERS, SubjectError, Way

FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"
ROLLED_IMPRESSIONS = (1, 3)  # live-scan rolled, nonlive-scan rolled: ANSI/NIST-ITL 1-2011 table 7
PLAIN_IMPRESSIONS = (0, 2)
_TAG = re.compile(rb"(\d{1,2})\.(\d{1,3}):")
_TYPE_4 = struct.Struct(">IBB6sBHHB")  # LEN IDC IMP FGP ISR HLL VLL CGA


@dataclass(frozen=True)
class Stored:
    """One finger picture as the file holds it."""

    way: Way
    position: int  # FGP 1..15
    width: int  # pixels
    height: int  # pixels
    ppi: int
    data: bytes = field(repr=False)  # compressed or raw


@dataclass(frozen=True)
class Holding:
    """What a file says of a person's hands."""

    pictures: tuple[Stored, ...]
    absent: Mapping[int, str]  # fingers that give no print, with their AMP code: XX amputated, UP cannot be printed


def read(data: bytes) -> Holding:
    """Raises SubjectError when it is not an ANSI/NIST file or ends too early."""
    if not re.match(rb"1\.0*1:", data):
        raise SubjectError("it is no ANSI/NIST-ITL file: it does not begin with a Type-1 record")
    try:
        records = list(_records(data))
        return Holding(tuple(_pictures(records)), dict(_absent(records)))
    except (struct.error, ValueError, LookupError) as error:
        raise SubjectError("it is damaged: a record or field does not have the form of ANSI/NIST-ITL") from error


@dataclass(frozen=True)
class _Record:
    type: int
    fields: dict[int, bytes]  # of a tagged record
    body: bytes  # whole record of a binary one


def _records(data: bytes) -> Iterator[_Record]:
    first = _tagged(data, 0)
    yield first
    at = _length(data, 0)
    for kind in _content(first.fields[3]):
        if at >= len(data):
            raise SubjectError("it is cut off: fewer records than its Type-1 record promises")
        yield _record(data, at, kind)
        at += _length(data, at)


def _content(field_3: bytes) -> list[int]:
    """Record types in the order of the file, from 1.003 CNT."""
    return [int(item.split(US)[0]) for item in field_3.split(RS)[1:]]


def _record(data: bytes, at: int, kind: int) -> _Record:
    if _TAG.match(data, at):
        return _tagged(data, at)
    return _Record(kind, {}, data[at : at + _length(data, at)])


def _length(data: bytes, at: int) -> int:
    """Bytes in the record that begins here. Raises SubjectError when the file ends before."""
    if _TAG.match(data, at):
        begin = data.index(b":", at) + 1
        length = int(data[begin : begin + 12].split(GS)[0])
    else:
        length = int(struct.unpack_from(">I", data, at)[0])
    if length < 5 or at + length > len(data):
        raise SubjectError("it is cut off, or a record tells a wrong length")
    return length


def _tagged(data: bytes, at: int) -> _Record:
    end = at + _length(data, at)
    fields: dict[int, bytes] = {}
    kind = 0
    while at < end and (tag := _TAG.match(data, at, end)):
        kind, number = int(tag[1]), int(tag[2])
        stop = end - 1 if number == 999 else _field_end(data, tag.end(), end)
        fields.setdefault(number, data[tag.end() : stop])
        at = stop + 1
    return _Record(kind, fields, b"")


def _field_end(data: bytes, at: int, end: int) -> int:
    found = data.find(GS, at, end)
    return end - 1 if found < 0 else found


def _pictures(records: list[_Record]) -> Iterator[Stored]:
    native = _native_ppi(records[0])
    for record in records:
        stored = _type_4(record, native) if record.type == 4 and record.body else _type_14(record) if record.type == 14 else None
        if stored is not None:
            yield stored


def _native_ppi(first: _Record) -> int:
    """1.011 NSR is in pixels a millimetre; 00.00 when there is none."""
    return round(float(first.fields.get(11, b"0").decode("ascii", "replace")) * 25.4) or 500


def _type_4(record: _Record, native: int) -> Stored | None:
    _len, _idc, impression, positions, scanning, width, height, _algorithm = _TYPE_4.unpack_from(record.body)
    ppi = native if scanning == 1 else 500  # ISR 0: the minimum scanning resolution
    return _stored(impression, positions[0], (width, height), ppi, record.body[_TYPE_4.size :])


def _type_14(record: _Record) -> Stored | None:
    fields = record.fields
    if 999 not in fields:
        return None
    scale = {b"1": 1.0, b"2": 2.54}.get(fields.get(8, b"1"))  # SLC: a pixel's pitch in inches or centimetres
    ppi = round(_number(fields[9]) * scale) if scale else 500
    return _stored(_number(fields[3]), _number(fields[13]), (_number(fields[6]), _number(fields[7])), ppi, fields[999])


def _number(text: bytes) -> int:
    """The first item of the first subfield."""
    return int(re.split(rb"[\x1e\x1f]", text)[0])


def _stored(impression: int, position: int, size: tuple[int, int], ppi: int, data: bytes) -> Stored | None:
    """None for what is not a finger of a ten-print card: palms, latents, unknown positions."""
    if position not in MEMBERS or impression not in ROLLED_IMPRESSIONS + PLAIN_IMPRESSIONS:
        return None
    way = Way.ROLLED if impression in ROLLED_IMPRESSIONS and position <= 10 else Way.PLAIN
    return Stored(way, position, *size, 500 if abs(ppi - 500) <= 10 else ppi, data)


def _absent(records: list[_Record]) -> Iterator[tuple[int, str]]:
    """2.084 AMP and 14.018 AMP: finger and reason, one subfield each."""
    for record in records:
        text = record.fields.get({2: 84, 14: 18}.get(record.type, 0), b"")
        for subfield in text.split(RS):
            finger, _, code = subfield.partition(US)
            if finger.isdigit() and 1 <= int(finger) <= 10:
                yield int(finger), "XX" if code == b"XX" else "UP"
