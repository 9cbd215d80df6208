"""A file as JSON that a person can read and change, and that `agent.nist.from_readable` turns back into the same bytes.

    {"schema": "livescan-nist/1", "bytes": 672832, "sha256": "...", "records": [
      {"type": 2, "idc": 0, "bytes": 311, "fields": [
        {"tag": "2.018", "mnemonic": "NAM", "name": "name", "value": "DOE,JOHN"},
        {"tag": "2.047", "mnemonic": "ASL", "name": "arrest offenses", "subfields": [["20261122", "BURGLARY"], ["", "LARCENY"]]}]},
      {"type": 4, "idc": 1, "bytes": 42315, "fields": [..., {"tag": "4.009", "summary": "WSQ 804x752", "base64": "..."}]}]}

A field has `value` when it is one text, else `subfields` (subfields of items), or `base64` for image data; `charset` is given where its
bytes are not of the transaction's character set. Mnemonic, name, summary, idc, bytes, sha256 are for the reader and are not read back.
Texts are as they stand in the file: write them with `json.dumps`, which escapes what a terminal would obey, never with a printer that
does not.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import NotRequired, TypedDict

from agent.nist.codec import parse
from agent.nist.dictionary import lookup
from agent.nist.records import BinaryRecord, Field, Record, TaggedRecord
from agent.nist.show import summary

SCHEMA = "livescan-nist/1"
LATIN_1 = "latin-1"


class FieldForm(TypedDict):
    tag: str
    mnemonic: NotRequired[str]
    name: NotRequired[str]
    summary: NotRequired[str]
    charset: NotRequired[str]
    value: NotRequired[str]
    subfields: NotRequired[list[list[str]]]
    base64: NotRequired[str]


class RecordForm(TypedDict):
    type: int
    idc: NotRequired[int | None]
    bytes: NotRequired[int]
    fields: list[FieldForm]


class FileForm(TypedDict):
    schema: str
    bytes: NotRequired[int]
    sha256: NotRequired[str]
    records: list[RecordForm]


def as_json(data: bytes, *, images: bool = True) -> FileForm:
    """The file's readable form; without image data it is shorter and cannot be built again. Raises NistError when the file is damaged."""
    records = [_record(record, images=images) for record in parse(data).records]
    return FileForm(schema=SCHEMA, bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), records=records)


def _record(record: Record, *, images: bool) -> RecordForm:
    fields = _tagged(record, images=images) if isinstance(record, TaggedRecord) else _binary(record, images=images)
    return RecordForm(type=record.type, idc=record.idc, bytes=record.length, fields=list(fields))


def _tagged(record: TaggedRecord, *, images: bool) -> Iterator[FieldForm]:
    for field in record.fields:
        form = _head(record.type, field.number, field.tag)
        if field.image:
            form["summary"] = summary(record)
            if images:
                form["base64"] = _encoded(field.raw)
        else:
            _put_text(form, field)
        yield form


def _put_text(form: FieldForm, field: Field) -> None:
    if not _is_of_its_set(field):
        form["charset"] = LATIN_1
    subfields = field.subfields
    if len(subfields) == 1 and len(subfields[0]) == 1:
        form["value"] = subfields[0][0]
    else:
        form["subfields"] = [list(items) for items in subfields]


def _is_of_its_set(field: Field) -> bool:
    try:
        bytes(field.raw).decode(field.encoding)
    except UnicodeDecodeError:
        return False
    return True


def _binary(record: BinaryRecord, *, images: bool) -> Iterator[FieldForm]:
    """LEN and IDC, then the fixed fields of Types 3 to 6; all that follows IDC in Types 7 and 8."""
    header = record.header
    yield _head(record.type, 1) | FieldForm(tag=f"{record.type}.001", value=str(record.length))
    yield _head(record.type, 2) | FieldForm(tag=f"{record.type}.002", value=str(record.idc))
    if header is None:
        rest = FieldForm(tag=f"{record.type}.999", base64=_encoded(record.raw[5:])) if images else FieldForm(tag=f"{record.type}.999")
        yield rest | FieldForm(tag=f"{record.type}.999", summary=f"{record.length - 5} bytes, not read")
        return
    yield _head(record.type, 3) | FieldForm(tag=f"{record.type}.003", value=str(header.impression))
    yield _head(record.type, 4) | FieldForm(tag=f"{record.type}.004", subfields=[[str(position)] for position in header.positions])
    for number, value in ((5, header.resolution), (6, header.width), (7, header.height), (8, header.compression)):
        yield _head(record.type, number) | FieldForm(tag=f"{record.type}.{number:03d}", value=str(value))
    image = _head(record.type, 9) | FieldForm(tag=f"{record.type}.009", summary=summary(record))
    yield image | FieldForm(tag=image["tag"], base64=_encoded(record.image)) if images else image


def _head(type_: int, number: int, tag: str = "") -> FieldForm:
    form = FieldForm(tag=tag or f"{type_}.{number:03d}")
    row = lookup(type_, number)
    if row is not None:
        form["mnemonic"], form["name"] = row.mnemonic, row.name
    return form


def _encoded(data: bytes | memoryview) -> str:
    return base64.b64encode(data).decode("ascii")
