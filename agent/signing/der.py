"""Reading DER that anybody may have sent: one error for whatever is wrong with it, and no second encoding of the same value.

An envelope read here has exactly one spelling (X.690 clause 10 and 11): it is encoded again and compared, so long lengths, constructed
strings, unsorted sets and trailing bytes are all refused. Only then can "one flipped bit anywhere is refused" hold for the parts that no
signature and no tag covers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


def load_content_info(data: bytes, content_type: str, spec: Any, overhead: int, what: str) -> Any:
    """Parse a ContentInfo (RFC 5652 3) of one type. overhead: bytes allowed beside the one large string in it."""
    _require_slim(data, overhead, what)
    with reading(what):
        info = spec.load(data, strict=True)
        require(info["content_type"].dotted == content_type, f"{what} is of another CMS content type.")
        require(info.dump(force=True) == data, f"{what} is not in the one encoding that DER allows.")
        return info


def only(values: Any, what: str) -> Any:
    """The single element of a SET OF or SEQUENCE OF."""
    require(len(values) == 1, f"{what}: exactly one is allowed, there are {len(values)}.")
    return values[0]


def _require_slim(data: bytes, overhead: int, what: str) -> None:
    """Bound the work of the parser: 64 MiB of small elements, or of one number, would take it many seconds.

    One pass from header to header: into constructed elements, over primitive ones.
    """
    position = largest = elements = 0
    while position < len(data):
        elements += 1
        require(elements <= ELEMENT_LIMIT, f"{what} has more parts than any envelope.")
        with reading(what):
            tag, start, length = _header(data, position)
        position = start if tag & _CONSTRUCTED else start + length
        largest = max(largest, length if tag in _STRINGS else 0)
    require(len(data) - largest <= overhead, f"{what} has too much beside its content.")


def _header(data: bytes, position: int) -> tuple[int, int, int]:
    """(tag octet, where the contents start, their length). Raises ValueError or IndexError."""
    tag, first = data[position], data[position + 1]
    if tag & _LONG_TAG == _LONG_TAG or first == _INDEFINITE:
        raise ValueError("long tag or indefinite length")
    if first < _INDEFINITE:
        return tag, position + 2, first
    start = position + 2 + (first - _INDEFINITE)
    return tag, start, int.from_bytes(data[position + 2 : start], "big")
