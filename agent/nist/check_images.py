"""The prints of a CAR: each image as EBTS wants it, and every finger either there or explained (EBTS 11.0 §3.1.1.1, L0059, L0118)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from agent.imaging.wsq_header import ImageError, read_wsq_header
from agent.model.fingers import FINGERS, Position, fingers_of
from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.records import BinaryRecord, FingerprintHeader, TaggedRecord, Transaction

_E = "EBTS 11.0 appendix E"
_CARD = "EBTS 11.0 §3.1.1.1"
PLAINS = (Position.PLAIN_RIGHT_THUMB, Position.PLAIN_LEFT_THUMB, Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR)
CARD = (*FINGERS, *PLAINS)
_ROLLED, _PLAIN = {1, 3}, {0, 2}  # 4.003 IMP: live, and from a card
_RESOLUTION_500 = (19.49, 19.89)  # pixels per mm: 495 to 505 ppi, 1.012 NTR


def check_images(tx: Transaction) -> Iterator[Finding]:
    """Findings of all fingerprint images and of 2.084 AMP."""
    prints = [record for record in tx.of_type(4) if isinstance(record, BinaryRecord)]
    yield from _resolution(tx.type1, has_type4=bool(prints))
    for record in prints:
        if (header := record.header) is not None:
            yield from _check_print(header, record)
    yield from _check_card(positions(tx), amputations(tx))


def positions(tx: Transaction) -> list[int]:
    """The finger position of every image, Type-4 and Type-14, in file order."""
    found: list[int] = []
    for record in tx.records:
        if isinstance(record, BinaryRecord) and record.type == 4 and record.header is not None:
            found.append(record.header.position)
        elif isinstance(record, TaggedRecord) and record.type == 14:
            found += [int(text) for text in record.values(13) if text.isascii() and text.isdigit() and len(text) <= 2]
    return found


def amputations(tx: Transaction) -> set[int]:
    """The positions that 2.084 AMP explains."""
    type2 = tx.first(2)
    texts = [items[0] for items in (type2.items(84) if type2 else ())]
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 2}


def _resolution(type1: TaggedRecord, *, has_type4: bool) -> Iterator[Finding]:
    """1.011 NSR and 1.012 NTR: 500 ppi with Type-4, 00.00 without."""
    for number, name in ((11, "NSR"), (12, "NTR")):
        text = type1.text(number) or ""
        if has_type4 and not _within(text):
            yield error(
                f"1.0{number}",
                Rule.RESOLUTION,
                "EBTS 11.0 appendix B",
                f"{name} must be 19.69 pixels per mm where there are Type-4 records.",
            )
        if not has_type4 and text != "00.00":
            yield error(f"1.0{number}", Rule.RESOLUTION, "EBTS 11.0 appendix B", f"{name} must be 00.00 where there is no Type-4 record.")


def _within(text: str) -> bool:
    digits = text.replace(".", "", 1)
    return (
        len(text) == 5
        and text[2] == "."
        and digits.isascii()
        and digits.isdigit()
        and _RESOLUTION_500[0] <= float(text) <= _RESOLUTION_500[1]
    )


def _check_print(header: FingerprintHeader, record: BinaryRecord) -> Iterator[Finding]:
    where = f"Image with IDC {header.idc:02d}"
    if header.position not in CARD:
        yield error("4.004", Rule.CODE, _E, f"{where}: its finger position is none of the card's fourteen.")
    elif header.impression not in (_PLAIN if header.position in PLAINS else _ROLLED):
        yield error("4.003", Rule.CODE, _CARD, f"{where}: its impression type is not that of its place on the card.")
    if any(other != 255 for other in header.positions[1:]):
        yield warning("4.004", Rule.CODE, _E, f"{where}: it names further finger positions.")
    if header.resolution != 0:
        yield error("4.005", Rule.RESOLUTION, _E, f"{where}: Type-4 holds 500 ppi images only.")
    if header.compression != 1:
        yield error("4.008", Rule.CODE, "EBTS 11.0 §3.8.2", f"{where}: a 500 ppi image must be compressed as WSQ.")
    else:
        yield from _check_wsq(header, record, where)


def _check_wsq(header: FingerprintHeader, record: BinaryRecord, where: str) -> Iterator[Finding]:
    try:
        wsq = read_wsq_header(record.image)
    except ImageError:
        yield error("4.009", Rule.IMAGE, _E, f"{where}: its data are not WSQ.")
        return
    if (wsq.width, wsq.height) != (header.width, header.height):
        yield error("4.006", Rule.IMAGE, _E, f"{where}: width and height are not those of its data.")


def _check_card(present: list[int], explained: set[int]) -> Iterator[Finding]:
    """Every position once, or explained; never both."""
    for position, times in sorted(Counter(present).items()):
        if times > 1:
            yield error("4.004", Rule.COMPLETENESS, "EBTS 11.0 appendix M, L0059", f"There are {times} images of position {position}.")
    for position in CARD:
        gone = _is_explained(position, explained)
        if position in present and gone:
            yield error(
                "2.084", Rule.COMPLETENESS, _CARD, f"AMP says there is no print of the {position.words}, and there is an image of it."
            )
        if position not in present and not gone:
            yield error("2.084", Rule.COMPLETENESS, _CARD, f"There is no image of the {position.words}, and AMP does not say why.")


def _is_explained(position: Position, explained: set[int]) -> bool:
    """By its own entry; a plain impression also by its fingers, a plain thumb also by position 15."""
    thumbs = position in fingers_of(Position.PLAIN_THUMBS) or position in PLAINS[:2]
    by_both = thumbs and position in PLAINS and Position.PLAIN_THUMBS in explained
    return position in explained or by_both or all(finger in explained for finger in fingers_of(position))
