"""Two facts about certificates that Python's `ssl` does not tell: when one ends, and which serial numbers a list revokes. Pure.

A walk over DER (X.690 8.1), of files of ours that were checked when they were installed; the uplink loads no cryptography for it. RFC 5280
4.1 TBSCertificate, 5.1 TBSCertList.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END")
_INTEGER, _SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x02, 0x30, 0x17, 0x18, 0xA0
_TIMES = (_UTC_TIME, _GENERALIZED_TIME)


@dataclass(frozen=True)
class Validity:
    begins: datetime  # UTC
    ends: datetime  # UTC


@dataclass(frozen=True)
class Revoked:
    serials: frozenset[int]
    next_at: datetime | None  # UTC; when the next list is due


def validity(certificate: bytes) -> Validity:
    """PEM or DER. Raises ValueError."""
    parts = [part for part in _items(_inside(_der(certificate))) if part[0] != _VERSION]
    begins, ends = (_time(*part) for part in _items(_expect(parts, 3, _SEQUENCE)))  # serial, algorithm, issuer, validity
    return Validity(begins, ends)


def revoked(crl: bytes) -> Revoked:
    """PEM or DER. Raises ValueError."""
    parts = list(_items(_inside(_der(crl))))
    first = next((place for place, (tag, _) in enumerate(parts) if tag in _TIMES), len(parts))  # thisUpdate
    rest = parts[first + 1 :]
    due = _time(*rest.pop(0)) if rest and rest[0][0] in _TIMES else None
    entries = _items(rest[0][1]) if rest and rest[0][0] == _SEQUENCE else ()
    return Revoked(frozenset(int.from_bytes(_expect(list(_items(entry)), 0, _INTEGER), "big", signed=True) for _, entry in entries), due)


def _der(data: bytes) -> bytes:
    pem = _PEM.search(data)
    return base64.b64decode(pem.group(1)) if pem else data


def _inside(data: bytes) -> bytes:
    """What is to be signed: the first part of the one outer sequence."""
    return _expect(list(_items(_expect(list(_items(data)), 0, _SEQUENCE))), 0, _SEQUENCE)


def _expect(parts: list[tuple[int, bytes]], place: int, tag: int) -> bytes:
    if place >= len(parts) or parts[place][0] != tag:
        raise ValueError("not of the structure of a certificate or a list")
    return parts[place][1]


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag octet, contents) one after the other."""
    position = 0
    while position < len(data):
        if position + 2 > len(data):
            raise ValueError("an element without a length")
        tag, length, start = data[position], data[position + 1], position + 2
        if length >= 0x80:
            octets = length & 0x7F
            length, start = int.from_bytes(data[start : start + octets], "big"), start + octets
        position = start + length
        if position > len(data):
            raise ValueError("an element longer than what holds it")
        yield tag, data[start:position]


def _time(tag: int, contents: bytes) -> datetime:
    """RFC 5280 4.1.2.5: UTCTime until 2049, two digits of the year; GeneralizedTime after."""
    text = contents.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
