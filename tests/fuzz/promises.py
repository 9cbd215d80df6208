"""What `agent.nist` promises for any bytes. Held by the corpus in every test run, by libFuzzer in `make fuzz`.

They are refused by one NistError that names a byte and a field, or they are read; then they are written back byte for byte, shown without a
character that a terminal would obey, checked without an exception, and come back through the readable form.

Lengths and counts guard the format so well that almost every mutation is refused at once; so each input is tried twice, as it is and with
its lengths and counts set right.
"""

from __future__ import annotations

import json
import re

from agent.nist.check import check
from agent.nist.codec import build, parse
from agent.nist.errors import NistError
from agent.nist.from_readable import from_json
from agent.nist.readable import as_json
from agent.nist.show import lines

_LEN = re.compile(rb"([0-9]{1,3})\.0{0,3}1:[0-9]{0,10}")
_CNT = re.compile(rb"(1\.0{0,3}3:)[^\x1d\x1c]*")


def one_input(data: bytes) -> None:
    """Raises AssertionError, or whatever escaped, when one of the promises is broken; libFuzzer then keeps the input."""
    promised(data)
    promised(repaired(data))


def repaired(data: bytes) -> bytes:
    """The same text with every LEN and the CNT as they should be."""
    parts = [part for part in data.split(b"\x1c") if part]
    types = [found[1].lstrip(b"0") if (found := _LEN.match(part)) else b"2" for part in parts]
    count = b"\x1e".join([b"1\x1f%d" % (len(parts) - 1), *(type_ + b"\x1f00" for type_ in types[1:])])
    if parts:
        parts[0] = _CNT.sub(lambda found: found[1] + count, parts[0], count=1)
    return b"".join(_sized(part) for part in parts)


def _sized(part: bytes) -> bytes:
    found = _LEN.match(part)
    if found is None:
        return part + b"\x1c"
    head, rest = part[: found[0].index(b":") + 1], part[found.end() :] + b"\x1c"
    length = len(head) + len(rest)
    while length != len(head) + len(rest) + len(str(length)):
        length = len(head) + len(rest) + len(str(length))
    return head + str(length).encode() + rest


def promised(data: bytes) -> None:
    try:
        tx = parse(data)
    except NistError as error:
        assert error.offset is not None, "no offset"
        assert 0 <= error.offset <= len(data), "offset outside the file"
        assert error.field is not None, "no field"
        assert str(error).isprintable(), "unprintable error"
        return
    assert build(tx) == data, "not written back"
    assert all(line.isprintable() for line in lines(data)), "unprintable line"
    for profile, edition in (("CAR", "11.0"), ("CAR", "9.1"), ("SRE", "10.0"), ("ERRT", "11.0")):
        assert all(finding.sentence.isprintable() for finding in check(tx, profile, edition)), "unprintable finding"
    assert build(from_json(json.loads(json.dumps(as_json(data))))) == data, "readable form is another file"
