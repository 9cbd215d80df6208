"""What a WSQ file says of itself, read without decoding it: IAFIS-IC-0110 (WSQ Gray-scale Fingerprint Image Compression Specification 3.1).

A file is markers (0xFF and a code) with big-endian lengths; the frame header (SOF) carries the size. Reading it in Python means that a
hostile file is refused before the native codec, which has no such defence, sees it.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.errors import LivescanError

_SOI = b"\xff\xa0"  # start of image
_SOF = 0xA2  # start of frame
_SEGMENTS = {0xA4, 0xA5, 0xA6, 0xA8}  # DTT, DQT, DHT, COM: each with a two-byte length
_SOF_SIZE = 17  # bytes: the length field and what it covers
_COM = 0xA8


class ImageError(LivescanError):
    """These bytes are no image that can be decoded, or this image cannot be encoded."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Image refused: {why}.", means="This print is not used.", do="Take the print again, or ask the sender for it again."
        )


@dataclass(frozen=True)
class WsqHeader:
    width: int  # pixels
    height: int  # pixels
    encoder: int  # 1 or 2, the standard's filter set
    software: int  # implementation number given by the FBI; 0 when none was
    comments: tuple[bytes, ...]  # text of the comment segments, e.g. NISTCOM


def read_wsq_header(data: bytes | memoryview) -> WsqHeader:
    """Size and comments of a WSQ file. Raises ImageError when there is no frame header."""
    if bytes(data[:2]) != _SOI:
        raise ImageError("it does not begin as a WSQ file does")
    comments: list[bytes] = []
    at = 2
    while (marker := bytes(data[at : at + 4])) and len(marker) == 4 and marker[0] == 0xFF:
        length = int.from_bytes(marker[2:4], "big")
        segment = bytes(data[at + 4 : at + 2 + length])
        if marker[1] == _SOF:
            return _frame(segment, length, tuple(comments))
        if marker[1] not in _SEGMENTS or length < 2:
            break
        if marker[1] == _COM:
            comments.append(segment)
        at += 2 + length
    raise ImageError("the WSQ file has no frame header")


def _frame(segment: bytes, length: int, comments: tuple[bytes, ...]) -> WsqHeader:
    if length != _SOF_SIZE or len(segment) != _SOF_SIZE - 2:
        raise ImageError("the WSQ file's frame header is damaged")
    return WsqHeader(
        width=int.from_bytes(segment[4:6], "big"),
        height=int.from_bytes(segment[2:4], "big"),
        encoder=segment[12],
        software=int.from_bytes(segment[13:15], "big"),
        comments=comments,
    )
