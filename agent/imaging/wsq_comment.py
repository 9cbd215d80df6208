"""A comment of our own in a WSQ file: resolution and software, which the codec cannot be told.

IAFIS-IC-0110 (WSQ 3.1) allows comment segments anywhere before the frame header; ours stands first, right behind the start of image, and
the codec's own NISTCOM block follows unchanged. Nothing of the coded image is touched, so every decoder gives the same pixels.

    FF A0   FF A8 length text   (whatever the codec wrote)
"""

from __future__ import annotations

from agent.imaging.wsq_header import ImageError

_SOI = b"\xff\xa0"
_COM = b"\xff\xa8"
MOST = 0xFFFF - 2  # bytes of text: the length field counts itself


def comment(ppi: int, software: str) -> str:
    """The lines of our comment."""
    return f"PPI {ppi}\nSOFTWARE {software}\n"


def with_comment(data: bytes, text: str) -> bytes:
    """The same WSQ file with a comment in front of all others. Raises ImageError when it is no WSQ file, or the text does not fit."""
    body = text.encode("ascii", "replace")
    if data[:2] != _SOI:
        raise ImageError("it does not begin as a WSQ file does")
    if len(body) > MOST:
        raise ImageError("its comment is longer than a segment can be")
    return _SOI + _COM + (len(body) + 2).to_bytes(2, "big") + body + data[2:]
