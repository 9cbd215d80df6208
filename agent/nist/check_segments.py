"""Where fingers lie in a Type-14 image and how good they are: 14.018 AMP, 14.021 SEG, 14.022 to 14.025 (EBTS 11.0 appendix N)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agent.model.fingers import Position, fingers_of
from agent.nist.card import is_position
from agent.nist.check_wsq import Stated
from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.records import TaggedRecord

_N = "EBTS 11.0 appendix N"
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
_SCORES = (*range(101), 254, 255)  # 254: none was tried, 255: it failed
_VERTICES = 4  # NGI takes exactly four


def check_segments(record: TaggedRecord, stated: Stated) -> Iterator[Finding]:
    """Findings of all that is said of single fingers."""
    if record.text(22):
        yield warning("14.022", Rule.QUALITY, _N, f"{stated.where}: NQM is deprecated; new senders use FQM.", position=stated.position)
    for number in (23, 24):
        yield from _scores(record, number, stated)
    yield from _fingers(record, stated)
    for items in record.items(21):
        box = _numbers(items[1:])
        if box is None or len(box) != 4 or not (0 <= box[0] < box[1] < stated.width and 0 <= box[2] < box[3] < stated.height):
            yield _wrong("14.021", stated, "SEG (box of a finger) is not left, right, top, bottom inside the image")
    for items in record.items(25):
        yield from _polygon(items, stated)


def _scores(record: TaggedRecord, number: int, stated: Stated) -> Iterator[Finding]:
    """Score 0 to 100, 254 or 255; vendor in four hexadecimal digits; product 1 to 65535."""
    for items in record.items(number):
        if len(items) != 4:
            continue
        score, vendor, product = items[1:]
        numbers = _numbers((score, product))
        if numbers is None or numbers[0] not in _SCORES or not 1 <= numbers[1] <= 65535 or not _HEX.fullmatch(vendor):
            name = "SQM" if number == 23 else "FQM"
            yield _wrong(
                f"14.0{number}", stated, f"{name} is not a score 0 to 100, 254 or 255, a vendor in hexadecimal and a product number"
            )


def _fingers(record: TaggedRecord, stated: Stated) -> Iterator[Finding]:
    """Only fingers of this impression, each once; none both missing (AMP) and there (SEG)."""
    known = list(Position)
    own = {int(f) for f in fingers_of(Position(stated.position))} if stated.position in known else None
    listed = {number: [items[0] for items in record.items(number) if items[0]] for number in (18, 21, 23, 24, 25)}
    for number, names in listed.items():
        fingers = [int(name) for name in names if is_position(name)]
        if own is not None and any(finger not in own and finger != stated.position for finger in fingers):
            yield _wrong(f"14.0{number}", stated, "it names a finger that is no part of this impression")
        if number in (18, 21, 25) and len(set(fingers)) < len(fingers):
            yield _wrong(f"14.0{number}", stated, "it names one finger twice")
    gone = {int(name) for name in listed[18] if is_position(name)}
    if gone & {int(name) for name in (*listed[21], *listed[25]) if is_position(name)}:
        yield error(
            "14.018", Rule.COMPLETENESS, _N, f"{stated.where}: AMP names a finger that SEG or ASEG finds.", position=stated.position
        )


def _polygon(items: Sequence[str], stated: Stated) -> Iterator[Finding]:
    """Four vertices inside the image, clockwise as a person sees it (y runs down)."""
    numbers = _numbers(items[1:])
    if numbers is None or numbers[0] != _VERTICES or len(numbers) != 1 + 2 * _VERTICES:
        yield _wrong("14.025", stated, "ASEG (polygon of a finger) does not have exactly four vertices")
        return
    corners = list(zip(numbers[1::2], numbers[2::2], strict=True))
    if any(x >= stated.width or y >= stated.height for x, y in corners):
        yield _wrong("14.025", stated, "ASEG (polygon of a finger) reaches outside the image")
    if sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True)) <= 0:
        yield _wrong("14.025", stated, "ASEG (polygon of a finger) does not run clockwise")


def _numbers(texts: Sequence[str]) -> list[int] | None:
    good = all(text.isascii() and text.isdigit() and len(text) <= 5 for text in texts)
    return [int(text) for text in texts] if texts and good else None


def _wrong(field: str, stated: Stated, how: str) -> Finding:
    return error(field, Rule.QUALITY, _N, f"{stated.where}: {how}.", position=stated.position)
