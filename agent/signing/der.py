"""Reading DER that anybody may have sent: one error for whatever is wrong with it, and no second encoding of the same value.

An envelope read here has exactly one spelling (X.690 clause 10 and 11): it is encoded again and compared, so long lengths, constructed
strings, unsorted sets and trailing bytes are all refused. Only then can "one flipped bit anywhere is refused" hold for the parts that no
signature and no tag covers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agent.signing.errors import EnvelopeError

# What asn1crypto and cryptography raise on hostile bytes, found by fuzzing.
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


ELEMENT_LIMIT = 1000  # an envelope of ours has about 40 elements, its signed part about 150
_STRINGS = (0x04, 0x80)  # OCTET STRING, also as [0] IMPLICIT: the only elements that may be large
_CONSTRUCTED = 0x20  # X.690 8.1.2.5
_LONG_TAG = 0x1F  # X.690 8.1.2.4: nothing in CMS has one
_INDEFINITE = 0x80  # X.690 8.1.3.6


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn any parser's complaint into one EnvelopeError that names `what`."""
    try:
        yield
    except _BROKEN as error:
        raise EnvelopeError(f"{what} is not well-formed.") from error


def require(condition: bool, sentence: str) -> None:
    if not condition:
        raise EnvelopeError(sentence)


@dataclass(frozen=True)
class Parsed:
    """A message as asn1crypto's values; of a long one without its one long string, which stays where it is."""

    info: Any
    marker: bytes = b""  # what stands in `info` in the place of the long string; b"" when that is there itself
    string: memoryview = field(default=memoryview(b""), repr=False)

    def octets(self, element: Any) -> memoryview:
        """The contents of the OCTET STRING that may be long. Raises EnvelopeError when another element was."""
        found = bytes(element.native)
        require(not self.marker or found == self.marker, "Another part of the envelope than its content is too long.")
        return self.string if self.marker else memoryview(found)


def load_content_info(data: bytes, content_type: str, spec: Any, overhead: int, what: str) -> Parsed:
    """Parse a ContentInfo (RFC 5652 3) of one type. overhead: bytes allowed beside the one large string in it.

    A string longer than that is taken out first: asn1crypto copies every element at each level, of 1 MB five times to read it and as often
    to write it again.
    """
    largest = _largest(data, what)
    require(len(data) - largest.length <= overhead, f"{what} has too much beside its content.")
    with reading(what):
        marker, small = _without(data, largest, what) if largest.length > overhead else (b"", data)
        info = spec.load(small, strict=True)
        require(info["content_type"].dotted == content_type, f"{what} is of another CMS content type.")
        _require_one_encoding(info.dump(force=True) == small, what)
        return Parsed(info, marker, memoryview(data)[largest.start : largest.end])


def only(values: Any, what: str) -> Any:
    """The single element of a SET OF or SEQUENCE OF."""
    require(len(values) == 1, f"{what}: exactly one is allowed, there are {len(values)}.")
    return values[0]


def _require_one_encoding(is_it: bool, what: str) -> None:
    require(is_it, f"{what} is not in the one encoding that DER allows.")


class _Element(NamedTuple):
    tag: int
    position: int  # of its header
    start: int  # of its contents
    length: int  # of its contents
    around: tuple[_Element, ...] = ()  # the elements that it is in, from outside

    @property
    def end(self) -> int:
        return self.start + self.length


def _largest(data: bytes, what: str) -> _Element:
    """The longest string in `data`. Bounds the work of the parser: 64 MiB of small elements, or of one number, would take it many seconds.

    One pass from header to header: into constructed elements, over primitive ones.
    """
    position = elements = 0
    around: list[_Element] = []
    largest = _Element(0, 0, 0, 0)
    while position < len(data):
        elements += 1
        require(elements <= ELEMENT_LIMIT, f"{what} has more parts than any envelope.")
        with reading(what):
            tag, start, length = _header(data, position)
        element = _Element(tag, position, start, length)
        while around and around[-1].end <= position:
            around.pop()
        if element.tag in _STRINGS and element.length > largest.length:
            largest = _Element(element.tag, position, element.start, element.length, tuple(around))
        if element.tag & _CONSTRUCTED:
            around.append(element)
        position = element.start if element.tag & _CONSTRUCTED else element.end
    return largest


def _without(data: bytes, string: _Element, what: str) -> tuple[bytes, bytes]:
    """(marker, the same message with the marker for contents of `string`).

    The marker is a digest of all the rest, so that nobody can write it into another element. The headers that change are held to DER here,
    for they are not there any more when the rest is compared; a length that reaches too far stays too long by as much.
    """
    require(string.end <= len(data), f"{what} is cut off.")
    marker = hashlib.sha256(data[: string.start] + data[string.end :]).digest()
    made, inner = _written(string, len(marker), data, what) + marker, string
    for element in reversed(string.around):
        require(inner.end <= element.end, f"{what} is not well-formed.")
        length = element.length - (inner.end - inner.position) + len(made)
        beside = data[element.start : inner.position], data[inner.end : element.end]
        made, inner = _written(element, length, data, what) + beside[0] + made + beside[1], element
    return marker, data[: inner.position] + made + data[inner.end :]


def _written(element: _Element, length: int, data: bytes, what: str) -> bytes:
    """The header of an element with other contents. Raises EnvelopeError when its own is not the one that DER allows (X.690 10.1)."""
    _require_one_encoding(data[element.position : element.start] == _header_of(element.tag, element.length), what)
    return _header_of(element.tag, length)


def _header_of(tag: int, length: int) -> bytes:
    if length < _INDEFINITE:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _INDEFINITE + len(octets))) + octets


def _header(data: bytes, position: int) -> tuple[int, int, int]:
    """(tag octet, where the contents start, their length). Raises ValueError or IndexError."""
    tag, first = data[position], data[position + 1]
    if tag & _LONG_TAG == _LONG_TAG or first == _INDEFINITE:
        raise ValueError("long tag or indefinite length")
    if first < _INDEFINITE:
        return tag, position + 2, first
    start = position + 2 + (first - _INDEFINITE)
    return tag, start, int.from_bytes(data[position + 2 : start], "big")
