"""The prints of a CAR in Type-4 records, and the resolution that Type-1 states for them (EBTS 11.0 appendices B, E)."""

from __future__ import annotations

from collections.abc import Iterator

from agent.nist.card import CARD, PLAIN_TYPES, PLAINS, ROLLED_TYPES
from agent.nist.check_wsq import Stated, check_size, check_wsq
from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.records import BinaryRecord, FingerprintHeader, TaggedRecord, Transaction

_E = "EBTS 11.0 appendix E"
_CARD = "EBTS 11.0 §3.1.1.1"
_RESOLUTION_500 = (19.49, 19.89)  # pixels per mm: 495 to 505 ppi, 1.012 NTR
_UNUSED = 255  # 4.004 FGP, bytes two to six


def check_prints(tx: Transaction) -> Iterator[Finding]:
    """Findings of 1.011, 1.012 and all Type-4 records."""
    prints = [record for record in tx.of_type(4) if isinstance(record, BinaryRecord)]
    yield from _resolution(tx.type1, has_type4=bool(prints))
    for record in prints:
        if (header := record.header) is not None:
            yield from _check_print(header, record)


def _resolution(type1: TaggedRecord, *, has_type4: bool) -> Iterator[Finding]:
    """1.011 NSR and 1.012 NTR: 500 ppi with Type-4, 00.00 without."""
    for number, name in ((11, "NSR"), (12, "NTR")):
        text = type1.text(number) or ""
        if has_type4 and not _within(text):
            sentence = f"{name} must be 19.69 pixels per mm where there are Type-4 records."
            yield error(f"1.0{number}", Rule.RESOLUTION, "EBTS 11.0 appendix B", sentence)
        if not has_type4 and text != "00.00":
            yield error(f"1.0{number}", Rule.RESOLUTION, "EBTS 11.0 appendix B", f"{name} must be 00.00 where there is no Type-4 record.")


def _within(text: str) -> bool:
    digits = text.replace(".", "", 1)
    shape = len(text) == 5 and text[2] == "." and digits.isascii() and digits.isdigit()
    return shape and _RESOLUTION_500[0] <= float(text) <= _RESOLUTION_500[1]


def _check_print(header: FingerprintHeader, record: BinaryRecord) -> Iterator[Finding]:
    where, place = f"Image with IDC {header.idc:02d}", header.position
    if place not in CARD:
        yield error("4.004", Rule.CODE, _E, f"{where}: its finger position is none of the card's fourteen.")
    elif header.impression not in (PLAIN_TYPES if place in PLAINS else ROLLED_TYPES):
        yield error("4.003", Rule.CODE, _CARD, f"{where}: its impression type is not that of its place on the card.", position=place)
    if any(other != _UNUSED for other in header.positions[1:]):
        yield warning("4.004", Rule.CODE, _E, f"{where}: it names further finger positions.", position=place)
    if header.resolution != 0:
        yield error("4.005", Rule.RESOLUTION, _E, f"{where}: Type-4 holds 500 ppi images only.", position=place)
    stated = Stated(where, place, header.width, header.height, 500, ("4.006", "4.009"))
    if header.compression != 1:
        yield error("4.008", Rule.COMPRESSION, "EBTS 11.0 §3.8.2", f"{where}: a 500 ppi image must be compressed as WSQ.", position=place)
    else:
        yield from check_wsq(stated, record.image)
    yield from check_size(stated)
