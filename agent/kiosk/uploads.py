"""A form with a file in it, as a browser sends it (multipart/form-data, RFC 7578). Pure: bytes in, values out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LARGEST = 16 * 1024 * 1024  # bytes of a paper that was scanned
_BOUNDARY = re.compile(r'multipart/form-data;\s*boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?', re.ASCII)
_NAME = re.compile(rb'form-data;.*?\bname="([a-z_]{1,40})"', re.IGNORECASE)
_MOST_PARTS = 100


@dataclass(frozen=True)
class Uploaded:
    texts: Mapping[str, list[str]]
    files: Mapping[str, bytes] = field(repr=False)


def read_upload(content_type: str, body: bytes) -> Uploaded:
    """Raises ValueError for what is no such form."""
    found = _BOUNDARY.fullmatch(content_type)
    if found is None:
        raise ValueError("no multipart form")
    texts: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for head, content in _parts(body, found.group(1).encode()):
        name = _NAME.search(head)
        if name is None:
            raise ValueError("a part without a name")
        if b"filename=" in head:
            files[name.group(1).decode()] = content
        else:
            texts.setdefault(name.group(1).decode(), []).append(content.decode())
    return Uploaded(texts, files)


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each part's head lines and content, as they stand between two boundaries."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or len(pieces) > _MOST_PARTS or pieces[0] or pieces[-1] not in (b"--", b"--\r\n"):
        raise ValueError("the boundaries of the parts are not whole")
    for piece in pieces[1:-1]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        if not blank:
            raise ValueError("a part without a head")
        yield head, content
