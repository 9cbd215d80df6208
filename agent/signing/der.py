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


def load_content_info(data: bytes, content_type: str, spec: Any, what: str) -> Any:
    """Parse a ContentInfo (RFC 5652 3) of one type, lazily; `require_der` is still to be called."""
    with reading(what):
        info = spec.load(data, strict=True)
        require(info["content_type"].dotted == content_type, f"{what} is of another CMS content type.")
        return info


def require_der(value: Any, data: bytes, what: str) -> None:
    """Refuse any encoding but the one DER allows. Walks the whole value: bound its size first."""
    with reading(what):
        same = value.dump(force=True) == data
    require(same, f"{what} is not in the one encoding that DER allows.")


def only(values: Any, what: str) -> Any:
    """The single element of a SET OF or SEQUENCE OF."""
    require(len(values) == 1, f"{what}: exactly one is allowed, there are {len(values)}.")
    return values[0]
