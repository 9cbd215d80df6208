"""What reading and writing share of the traditional encoding: the forms of a tag, a length and a count, and the limits of a file."""

from __future__ import annotations

import re

from agent.nist.errors import NistError
from agent.nist.records import HEADER_SIZE, RS, Buffer

MAX_BYTES = 256 * 1024 * 1024  # ours: a CAR with every image it may have stays below a tenth of it
MAX_RECORDS = 1000  # EBTS 11.0 §1.2
MAX_PARTS = 200_000  # ours: fields, subfields and items of one file; bounds what a hostile one makes us hold

TAG = re.compile(rb"([0-9]{1,3})\.([0-9]{1,4}):")
LEN = re.compile(rb"([0-9]{1,3})\.0{0,3}1:([0-9]{1,10})[\x1c\x1d]")
BINARY_MINIMUM = {3: HEADER_SIZE, 4: HEADER_SIZE, 5: HEADER_SIZE, 6: HEADER_SIZE, 7: 5, 8: 12}  # bytes of fixed fields
_CNT_ENTRY = re.compile(rb"([0-9]{1,4})\x1f([0-9]{1,4})")


def counted_types(count: Buffer | None, at: int = 0) -> list[int]:
    """The types of the records that follow Type-1, by the value of 1.003 CNT. Raises NistError; `at` is the count's offset."""
    if count is None:
        raise NistError("the count of records is missing", offset=at, field="1.003")
    entries = [_CNT_ENTRY.fullmatch(part) for part in bytes(count).split(RS)]
    numbers = [(int(entry[1]), int(entry[2])) for entry in entries if entry]
    if len(numbers) != len(entries) or numbers[0][0] != 1:
        raise NistError("the count of records is not a list of pairs that begins with type 1", offset=at, field="1.003")
    types = [type_ for type_, _idc in numbers[1:]]
    if numbers[0][1] != len(types):
        raise NistError(f"{numbers[0][1]} records are announced, {len(types)} are listed", offset=at, field="1.003")
    if len(types) >= MAX_RECORDS:
        raise NistError(f"more than {MAX_RECORDS} records", offset=at, field="1.003")
    if any(type_ not in range(2, 100) for type_ in types):
        raise NistError("a record type other than 2 to 99 is listed", offset=at, field="1.003")
    return types
