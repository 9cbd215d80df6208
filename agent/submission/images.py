"""Finger images as a record carries them. `encode_print` belongs into a worker process; the rest is plain values.

EBTS 11.0 §3.8.2: 500 ppi as WSQ, 1000 ppi as JPEG 2000; for a 500 ppi record a 1000 ppi capture is filtered and halved (SP 500-289).
Nothing is ever scaled up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.imaging.codec import encode_wsq
from agent.imaging.jpeg2000 import encode_jp2
from agent.imaging.scale import halved
from agent.imaging.wsq_comment import comment
from agent.imaging.wsq_header import ImageError
from agent.model.impression import GrayImage

WSQ, JPEGB, JP2 = 1, 2, 4  # 4.008 GCA; ANSI/NIST-ITL 1-2011 table 15
CODINGS = {0: "NONE", WSQ: "WSQ20", JPEGB: "JPEGB", 3: "JPEGL", JP2: "JP2", 5: "JP2L", 6: "PNG"}  # 14.011 CGA of the same codes


@dataclass(frozen=True)
class EncodedImage:
    data: bytes = field(repr=False)
    width: int  # pixels
    height: int  # pixels
    compression: int = WSQ  # 4.008 GCA
    ppi: int = 500  # of these bytes, which may be less than the impression's


def encode_print(pixels: GrayImage, ppi: int, most: int, software: str) -> EncodedImage:
    """A finger or palm image for a record of at most `most` ppi. Raises ImageError for a resolution that no record takes."""
    if ppi == 1000 and most == 500:
        pixels, ppi = halved(pixels), 500
    if ppi not in (500, 1000):
        raise ImageError(f"{ppi} ppi is neither 500 nor 1000")
    if ppi == 1000:
        data, compression = encode_jp2(pixels, ppi, software), JP2
    else:
        data, compression = encode_wsq(pixels, comment(ppi, software)), WSQ
    return EncodedImage(data, pixels.shape[1], pixels.shape[0], compression, ppi)
