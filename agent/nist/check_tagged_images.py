"""Images in tagged records: photos (Type-10), prints (Type-14), palms (Type-15), as NGI takes them (EBTS 11.0 appendices K, N)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from agent.nist.card import PLAIN_TYPES, PLAINS, ROLLED_TYPES, is_position
from agent.nist.check_fields import read_day
from agent.nist.check_segments import check_segments
from agent.nist.check_wsq import Stated, check_ratio, check_size, check_wsq
from agent.nist.findings import Finding, Rule, error, warning
from agent.nist.records import TaggedRecord, Transaction

_K, _N = "EBTS 11.0 appendix K", "EBTS 11.0 appendix N"
_RESOLUTIONS = (500, 1000)  # ppi
_PER_INCH = {"1": 1.0, "01": 1.0, "2": 2.54, "02": 2.54}  # x.008 SLC: what a pixel density is multiplied with for ppi
_JPEG, _JPEG_2000 = (b"\xff\xd8\xff",), (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")
_SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "JPEGB": _JPEG,
    "JPEGL": _JPEG,
    "JP2": _JPEG_2000,
    "JP2L": _JPEG_2000,
    "PNG": (b"\x89PNG\r\n\x1a\n",),
}
_MARKS = ("SCAR", "MARK", "TATTOO")


def check_tagged_images(record: TaggedRecord, tx: Transaction) -> Iterator[Finding]:
    """Findings of one record of these types; nothing for any other."""
    if record.type not in (10, 14, 15):
        return
    where = f"Image with IDC {record.idc or 0:02d}"
    yield from _taken(record, tx, where)
    yield from _digest(record, where)
    yield from _signature(record, where)
    if record.type == 10:
        yield from _photo(record, where)
    else:
        yield from _print(record, where)


def _taken(record: TaggedRecord, tx: Transaction, where: str) -> Iterator[Finding]:
    """x.005: not after the transaction; a day of tolerance, since dates are local."""
    taken, sent = read_day(record.text(5) or ""), read_day(tx.type1.text(5) or "")
    if taken and sent and taken > sent + timedelta(days=1):
        yield error(f"{record.type}.005", Rule.DATE, _N, f"{where}: it was taken after the transaction was made.", position=_place(record))


def _digest(record: TaggedRecord, where: str) -> Iterator[Finding]:
    """x.996 HAS: the SHA-256 of the data as they are here."""
    stated = record.text(996)
    if stated and record.image is not None and stated.lower() != hashlib.sha256(record.image).hexdigest():
        yield error(
            f"{record.type}.996", Rule.IMAGE, "ITL 1-2011 8.0", f"{where}: its SHA-256 is not that of its data.", position=_place(record)
        )


def _signature(record: TaggedRecord, where: str) -> Iterator[Finding]:
    """x.011 CGA against the first bytes of the data; of WSQ more is read elsewhere."""
    begins = _SIGNATURES.get(record.text(11) or "")
    if begins and not bytes((record.image or b"")[:8]).startswith(begins):
        sentence = f"{where}: its data do not begin as {record.text(11)} does."
        yield error(f"{record.type}.999", Rule.IMAGE, _N, sentence, position=_place(record))


def _photo(record: TaggedRecord, where: str) -> Iterator[Finding]:
    """A face must be JPEGB and say its pose; a scar, mark or tattoo needs its NCIC code and its description."""
    kind = record.text(3)
    if kind == "FACE" and record.text(11) not in ("JPEGB", None):
        yield error("10.011", Rule.COMPRESSION, _K, f"{where}: a face must be compressed as JPEGB.")
    if kind == "FACE" and not record.text(20):
        yield warning("10.020", Rule.MANDATORY, _K, f"{where}: POS (pose) of a face is not given.")
    if record.text(20) == "A" and not record.text(21):
        yield error("10.021", Rule.MANDATORY, _K, f"{where}: POA (pose offset) is needed for a pose at an angle.")
    for number, name in ((40, "SMT"), (42, "SMD")) if kind in _MARKS else ():
        if not record.text(number):
            yield error(f"10.{number:03d}", Rule.MANDATORY, _K, f"{where}: {name} is needed for a scar, mark or tattoo.")


def _print(record: TaggedRecord, where: str) -> Iterator[Finding]:
    yield from _impression(record, where)
    ppi = _ppi(record)
    if ppi is None:
        sentence = f"{where}: SLC, THPS and TVPS are not 500 or 1000 ppi, the same both ways."
        yield error(f"{record.type}.009", Rule.RESOLUTION, "EBTS 11.0 §3.8.2", sentence, position=_place(record))
        return
    stated = _stated(record, where, ppi)
    if stated is not None:
        yield from _coding(record, stated)
        yield from check_size(stated)
        if record.type == 14:
            yield from check_segments(record, stated)


def _impression(record: TaggedRecord, where: str) -> Iterator[Finding]:
    place, kind = _place(record), record.text(3) or ""
    if record.type != 14 or place is None or not is_position(kind) or int(kind) not in (0, 1, 2, 3):
        return
    if int(kind) not in (PLAIN_TYPES if place in PLAINS or place == 15 else ROLLED_TYPES if place <= 10 else (0, 1, 2, 3)):
        sentence = f"{where}: its impression type is not that of its place on the card."
        yield error("14.003", Rule.CODE, "EBTS 11.0 §3.1.1.1", sentence, position=place)


def _coding(record: TaggedRecord, stated: Stated) -> Iterator[Finding]:
    """500 ppi as WSQ, 1000 ppi as JPEG 2000 (EBTS 11.0 §3.8.2)."""
    coding, image = record.text(11) or "", record.image or b""
    wanted = ("WSQ20",) if stated.ppi == 500 else ("JP2", "JP2L")
    if coding not in wanted:
        sentence = f"{stated.where}: an image of {stated.ppi} ppi is compressed as {' or '.join(wanted)}."
        yield error(f"{record.type}.011", Rule.COMPRESSION, "EBTS 11.0 §3.8.2", sentence, position=stated.position)
    if coding == "WSQ20":
        yield from check_wsq(stated, image)
    elif coding == "JP2":
        yield from check_ratio(stated, stated.width * stated.height / max(len(image), 1), usual=10)


def _stated(record: TaggedRecord, where: str, ppi: int) -> Stated | None:
    width, height = record.text(6) or "", record.text(7) or ""
    if not all(text.isascii() and text.isdigit() and len(text) <= 5 for text in (width, height)):
        return None
    place = _place(record)
    fields = (f"{record.type}.006", f"{record.type}.999")
    return Stated(where, place if place is not None else 0, int(width), int(height), ppi, fields)


def _ppi(record: TaggedRecord) -> int | None:
    """500 or 1000, within one percent."""
    factor = _PER_INCH.get(record.text(8) or "")
    texts = (record.text(9) or "", record.text(10) or "")
    if factor is None or not all(text.isascii() and text.isdigit() and len(text) <= 5 for text in texts):
        return None
    densities = {round(int(text) * factor) for text in texts}
    return next((ppi for ppi in _RESOLUTIONS if all(abs(density - ppi) <= ppi // 100 for density in densities)), None)


def _place(record: TaggedRecord) -> int | None:
    """The finger position of a print; None where it has none."""
    text = record.text(13) or ""
    return int(text) if record.type == 14 and is_position(text) else None
