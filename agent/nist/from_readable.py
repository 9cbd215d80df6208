"""The readable form of `agent.nist.readable` back into a transaction: strictly, with lengths and counts set right.

LEN and CNT may be left out or be stale, since whoever changes a value does not count bytes: they are kept where they still hold, so that
what was only shown gives the same bytes, and computed where they do not. Everything else is written as it stands. An unknown key is an
error.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.errors import LivescanError
from agent.nist.errors import NistError
from agent.nist.grammar import counted_types
from agent.nist.readable import LATIN_1, SCHEMA, FieldForm, FileForm, RecordForm
from agent.nist.records import (
    BINARY_TYPES,
    FIRST_IMAGE_TYPE,
    IMAGE_FIELD,
    BinaryRecord,
    Encoding,
    Field,
    FingerprintHeader,
    Record,
    TaggedRecord,
    Transaction,
)
from agent.nist.write import MAX_BINARY, fingerprint_record, items_field, tagged_record

_FILE_KEYS = FileForm.__required_keys__ | FileForm.__optional_keys__
_RECORD_KEYS = RecordForm.__required_keys__ | RecordForm.__optional_keys__
_FIELD_KEYS = FieldForm.__required_keys__ | FieldForm.__optional_keys__
_TAG = re.compile(r"([0-9]{1,3})\.([0-9]{1,4})", re.ASCII)
_SEPARATORS = re.compile("[\x1c-\x1f]")


class FormError(LivescanError):
    """A readable form cannot be made into a file; names the place, never the value."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}.", means="No file was made.", do="Mend this place of the JSON document.")


def from_json(form: Any) -> Transaction:
    """The transaction of a parsed JSON document. Raises FormError or NistError; `codec.build` then gives its bytes."""
    _known(form, _FILE_KEYS, "The document")
    if form.get("schema") != SCHEMA:
        raise FormError("The document", f"its schema is not {SCHEMA}")
    records = form.get("records")
    if not isinstance(records, list) or not records:
        raise FormError("The document", "it has no list of records")
    for number, record in enumerate(records, start=1):
        _known(record, _RECORD_KEYS, f"Record {number}")
        if not isinstance(record.get("fields"), list) or not isinstance(record.get("type"), int) or record["type"] not in range(1, 100):
            raise FormError(f"Record {number}", "it needs a type from 1 to 99 and a list of fields")
    head = _tagged(records[0], 1, "ascii")
    encoding = _encoding(head)
    others = [_record(record, number, encoding) for number, record in enumerate(records[1:], start=2)]
    return Transaction((_counted(head, others), *others))


def _known(form: Any, keys: frozenset[str], where: str) -> None:
    if not isinstance(form, dict):
        raise FormError(where, "it is no JSON object")
    strange = [key for key in form if key not in keys]
    if strange:
        raise FormError(where, f"it has {len(strange)} unknown key(s); known are {', '.join(sorted(keys))}")


def _encoding(head: TaggedRecord) -> Encoding:
    sets = head.items(15)
    return "utf-8" if sets and sets[0][0] == "003" else "ascii"


def _record(form: RecordForm, number: int, encoding: Encoding) -> Record:
    return _binary(form, number) if form["type"] in BINARY_TYPES else _tagged(form, number, encoding)


def _tagged(form: RecordForm, number: int, encoding: Encoding) -> TaggedRecord:
    fields = [_field(field, form["type"], number, encoding) for field in form["fields"]]
    if fields and fields[0].number == 1:
        whole = TaggedRecord(form["type"], tuple(fields))
        if re.fullmatch("[0-9]{1,10}", fields[0].text, re.ASCII) and int(fields[0].text) == whole.length:
            return whole
        fields = fields[1:]
    return tagged_record(form["type"], fields)


def _field(form: Any, type_: int, record: int, encoding: Encoding) -> Field:
    tag, number, where = _tag(form, type_, record)
    if number == IMAGE_FIELD and type_ >= FIRST_IMAGE_TYPE:
        return Field(tag, number, _decoded(form, where), encoding, image=True)
    return Field(tag, number, _text(form, where, encoding), encoding)


def _tag(form: Any, type_: int, record: int) -> tuple[str, int, str]:
    """Tag, number and the words for the place."""
    _known(form, _FIELD_KEYS, f"A field of record {record}")
    found = _TAG.fullmatch(form["tag"]) if isinstance(form.get("tag"), str) else None
    if found is None or int(found[1]) != type_ or int(found[2]) == 0:
        raise FormError(f"A field of record {record}", f"its tag is none of type {type_}")
    return found[0], int(found[2]), f"Record {record}, field {found[0]}"


def _text(form: Mapping[str, Any], where: str, encoding: Encoding) -> bytes:
    subfields = form.get("subfields", [[form.get("value")]])
    good = isinstance(subfields, list) and subfields and all(isinstance(items, list) and items for items in subfields)
    if not good or not all(isinstance(item, str) for items in subfields for item in items):
        raise FormError(where, "it needs a `value` that is a text, or `subfields` that are lists of texts")
    if any(_SEPARATORS.search(item) for items in subfields for item in items):
        raise FormError(where, "a text holds one of the four separators")
    charset = form.get("charset", encoding)
    if charset not in (encoding, LATIN_1):
        raise FormError(where, f"its charset is neither {encoding} nor {LATIN_1}")
    try:
        return "\x1e".join("\x1f".join(items) for items in subfields).encode(charset)
    except UnicodeEncodeError as error:
        raise FormError(where, f"a character is outside {charset}") from error


def _decoded(form: Mapping[str, Any], where: str) -> bytes:
    try:
        return base64.b64decode(form["base64"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise FormError(where, "it needs `base64`, which `show --json` leaves out with --no-images") from error


def _binary(form: RecordForm, number: int) -> BinaryRecord:
    type_ = form["type"]
    fields = {}
    for field in form["fields"]:
        _, at, where = _tag(field, type_, number)
        fields[at] = (field, where)
    if type_ in (7, 8):
        rest = _decoded(*_taken(fields, IMAGE_FIELD, type_, number))
        return _sized(type_, bytes([_number(*_taken(fields, 2, type_, number), most=255)]) + rest)
    positions = _taken(fields, 4, type_, number)
    header = FingerprintHeader(
        length=0,
        idc=_number(*_taken(fields, 2, type_, number), most=255),
        impression=_number(*_taken(fields, 3, type_, number), most=255),
        positions=tuple(_number({"value": item}, positions[1], most=255) for item in _firsts(*positions)),
        resolution=_number(*_taken(fields, 5, type_, number), most=255),
        width=_number(*_taken(fields, 6, type_, number), most=0xFFFF),
        height=_number(*_taken(fields, 7, type_, number), most=0xFFFF),
        compression=_number(*_taken(fields, 8, type_, number), most=255),
    )
    return fingerprint_record(header, _decoded(*_taken(fields, 9, type_, number)), type_)


def _taken(fields: Mapping[int, tuple[Any, str]], at: int, type_: int, number: int) -> tuple[Any, str]:
    if at not in fields:
        raise FormError(f"Record {number}", f"field {type_}.{at:03d} is missing")
    return fields[at]


def _firsts(form: Mapping[str, Any], where: str) -> Sequence[Any]:
    """The six positions of FGP; fewer are filled up with 255."""
    subfields = form.get("subfields", [[form.get("value")]])
    if not isinstance(subfields, list) or not 1 <= len(subfields) <= 6 or not all(isinstance(s, list) and len(s) == 1 for s in subfields):
        raise FormError(where, "it needs one to six positions")
    return [*(items[0] for items in subfields), *["255"] * (6 - len(subfields))]


def _number(form: Mapping[str, Any], where: str, *, most: int) -> int:
    text = form.get("value")
    if not isinstance(text, str) or not re.fullmatch("[0-9]{1,5}", text, re.ASCII) or int(text) > most:
        raise FormError(where, f"it needs a `value` of digits from 0 to {most}")
    return int(text)


def _sized(type_: int, rest: bytes) -> BinaryRecord:
    length = len(rest) + 4
    if length > MAX_BINARY:
        raise FormError(f"Record of type {type_}", "it is too long")
    return BinaryRecord(type_, length.to_bytes(4, "big") + rest)


def _counted(head: TaggedRecord, others: Sequence[Record]) -> TaggedRecord:
    """The Type-1 record with its count as it is where it holds, computed otherwise."""
    count = head.field(3)
    try:
        if count is not None and counted_types(count.raw) == [record.type for record in others]:
            return head
    except NistError:
        pass
    real = items_field(1, 3, [["1", str(len(others))], *([str(record.type), f"{record.idc or 0:02d}"] for record in others)])
    fields = [real if field.number == 3 else field for field in head.fields if field.number != 1]
    if count is None:
        place = next((i for i, field in enumerate(fields) if field.number > 3), len(fields))
        fields.insert(place, real)
    return tagged_record(1, fields)
