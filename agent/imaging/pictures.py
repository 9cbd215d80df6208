"""Any image of a transaction as grey pixels, told by its first bytes. Only ever in a worker process: the bytes may be hostile."""

from __future__ import annotations

from agent.imaging.codec import decode_wsq
from agent.imaging.jpeg2000 import SIGNATURES, decode_with_pillow
from agent.imaging.wsq_header import ImageError
from agent.model.impression import GrayImage

_WSQ, _JPEG, _PNG = b"\xff\xa0", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def decode_image(data: bytes | memoryview) -> GrayImage:
    """Pixels (rows, columns) of WSQ, JPEG 2000, JPEG or PNG. Raises ImageError for anything else."""
    head = bytes(data[:12])
    if head.startswith(_WSQ):
        return decode_wsq(data)
    if head.startswith(SIGNATURES):
        return decode_with_pillow(data, "JPEG2000")
    if head.startswith(_JPEG):
        return decode_with_pillow(data, "JPEG")
    if head.startswith(_PNG):
        return decode_with_pillow(data, "PNG")
    raise ImageError("it is in none of the formats of a ten-print transaction")
