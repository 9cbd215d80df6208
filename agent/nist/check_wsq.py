"""One print's data against what is said of them: coding, size, resolution, compression (EBTS 11.0 §3.8.2, §3.8.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.imaging.wsq_header import ImageError, WsqHeader, read_wsq_header
from agent.model.fingers import Position, fingers_of
from agent.nist.card import LEAST_SIZES
from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.records import Buffer

_E = "EBTS 11.0 §3.8.2"
_LEAST = 0.75  # of appendix F's capture size: real cards have thumbs 392 pixels wide (measured); a smaller image is questioned, not refused
_PPI = re.compile(rb"(?:^|\n)PPI ([0-9]{1,5})(?:\n|$)")
_BIT_RATE = re.compile(rb"(?:^|\n)WSQ_BITRATE ([0-9]{1,2}\.[0-9]{1,8})(?:\n|$)")
_NO_PPI = 255  # what NIST's tools write for -1, not known (seen in NIST's own samples)
_LEAST_RATIO = 4.0
_MOST_RATIO = 40.0  # to 1, for each finger that fits the image: 15:1 is nominal, real prints measured 14 to 17, sparse ones up to 39
_ENOUGH = 100_000  # pixels
_BIT_RATES = (0.5, 1.0)  # bits per pixel asked of the encoder: 0.75 by §3.8.2


@dataclass(frozen=True)
class Stated:
    """What a record says of its print."""

    where: str  # "Image with IDC 03", for the sentence
    position: int  # FGP
    width: int  # pixels
    height: int  # pixels
    ppi: int  # nominal
    fields: tuple[str, str]  # of the size and of the data, such as "4.006", "4.009"


def check_wsq(stated: Stated, data: Buffer) -> Iterator[Finding]:
    """Findings of a print that should be WSQ. The data are not decoded here: that belongs into a worker process."""
    size, image = stated.fields
    try:
        wsq = read_wsq_header(data)
    except ImageError:
        yield error(image, Rule.IMAGE, _E, f"{stated.where}: its data are not WSQ.", position=stated.position)
        return
    if (wsq.width, wsq.height) != (stated.width, stated.height):
        yield error(size, Rule.IMAGE, _E, f"{stated.where}: width and height are not those of its data.", position=stated.position)
    yield from check_ratio(stated, wsq.width * wsq.height / max(len(data), 1))
    yield from _comments(stated, wsq)


def check_size(stated: Stated) -> Iterator[Finding]:
    """Pixels against the area that the position needs at its resolution."""
    least = LEAST_SIZES.get(stated.position)  # type: ignore[call-overload]
    if least is None:
        return
    scale = stated.ppi / 500
    if stated.width < least[0] * scale * _LEAST or stated.height < least[1] * scale * _LEAST:
        sentence = f"{stated.where}: it is smaller than the {least[0]} x {least[1]} pixels at 500 ppi of its place; too little may be seen."
        yield warning(stated.fields[0], Rule.SIZE, "EBTS 11.0 §3.8.4, appendix F", sentence, position=stated.position)


def check_ratio(stated: Stated, ratio: float, usual: int = 15) -> Iterator[Finding]:
    """How much the print was compressed; of a small one its tables are the greater part."""
    if stated.width * stated.height >= _ENOUGH and not _LEAST_RATIO <= ratio <= _most_ratio(stated.position):
        sentence = (
            f"{stated.where}: it is compressed {ratio:.0f}:1 and {usual}:1 is usual: it is nearly empty, or was compressed otherwise."
        )
        yield warning(stated.fields[1], Rule.COMPRESSION, _E, sentence, position=stated.position)


def _most_ratio(position: int) -> float:
    """A four-finger image may hold one finger and be white otherwise."""
    return _MOST_RATIO * (len(fingers_of(Position(position))) if position in list(Position) else 1)


def _comments(stated: Stated, wsq: WsqHeader) -> Iterator[Finding]:
    """What the encoder wrote into the file."""
    for text in wsq.comments:
        ppi, rate = _PPI.search(text), _BIT_RATE.search(text)
        if ppi and int(ppi[1]) != _NO_PPI and abs(int(ppi[1]) - stated.ppi) > stated.ppi // 100:
            sentence = f"{stated.where}: its data say {int(ppi[1])} ppi, its record {stated.ppi}."
            yield warning(stated.fields[1], Rule.RESOLUTION, _E, sentence, position=stated.position)
        if rate and not _BIT_RATES[0] <= float(rate[1]) <= _BIT_RATES[1]:
            sentence = f"{stated.where}: it was encoded for {float(rate[1]):.2f} bits per pixel; 0.75 is asked for."
            yield warning(stated.fields[1], Rule.COMPRESSION, _E, sentence, position=stated.position)
