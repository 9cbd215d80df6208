"""A finger impression as a Type-14 record: the image, where each finger lies in it, how good each is, and the image's digest.

ANSI/NIST-ITL 1-2011 8.14 as EBTS 11.0 appendix N uses it. NGI takes SLC 1 or 2 (never 0), exactly four vertices in ASEG, clockwise from the
upper left, and FQM rather than the deprecated NQM.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from agent.model.fingers import FINGERS, MissingReason, Position, fingers_of
from agent.model.impression import Corner, FingerQuality, Impression, ImpressionKind
from agent.nist.records import Field, TaggedRecord
from agent.nist.write import image_field, items_field, tagged_record, text_field
from agent.submission.images import CODINGS, EncodedImage

# The registered identifier of NFIQ 2.3's unified score: NIST's source names it (usnistgov/NFIQ2, nfiq2_constants.cpp: Vendor,
# NFIQ2Rev3), with vendor "ISO/IEC JTC 1/SC 37 Biometrics". NIST's own 000F/377D is the older NFIQ 1.
NFIQ2_VENDOR = 0x0101
NFIQ2_PRODUCT = 0x0039

PIXELS_PER_INCH = "1"  # 14.008 SLC
FAILED = 255  # 14.024 FQM: a score was tried and could not be computed
SLAPS = (Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR, Position.PLAIN_THUMBS)  # several fingers in one image: SEG and ASEG


@dataclass(frozen=True)
class Scanning:
    """How this station takes prints, in the words of Type-14."""

    monitoring: str = "CONTROLLED"  # 14.030 DMM: an officer holds the hand
    fap: int | None = 60  # 14.031 FAP: EBTS 11.0 table F-5; None where the scanner has no class
    quality_vendor: int = NFIQ2_VENDOR  # 14.024 FQM, QAV
    quality_product: int = NFIQ2_PRODUCT  # 14.024 FQM, QAP


def impression_code(kind: ImpressionKind, *, live: bool) -> int:
    """4.003 and 14.003 IMP: 0 live plain, 1 live rolled, 2 and 3 the same from a card."""
    return (1 if kind is ImpressionKind.ROLLED else 0) + (0 if live else 2)


def type14_record(
    idc: int,
    taken: Impression,
    image: EncodedImage,
    *,
    source: str,
    zone: tzinfo,
    missing: Mapping[Position, MissingReason],
    scanning: Scanning,
) -> TaggedRecord:
    """source: 14.004 SRC, the ORI of the agency that took the print. Coordinates are those of the image as sent."""
    impression = impression_code(taken.kind, live=taken.live)
    texts = {
        2: f"{idc:02d}",
        **of_image(image, impression, taken.position, source=source, day=taken.captured_at.astimezone(zone)),
        16: str(taken.ppi),
        17: str(taken.ppi),
        **({30: scanning.monitoring} if taken.live else {}),
        **({31: str(scanning.fap)} if taken.live and scanning.fap is not None else {}),
    }
    fields = {number: text_field(14, number, text) for number, text in texts.items()}
    fields |= {field.number: field for field in _of_fingers(taken, image, missing, scanning)}
    if taken.device.make:
        fields[904] = items_field(14, 904, [(taken.device.make, taken.device.model, taken.device.serial)])
    return tagged_record(14, [*(fields[number] for number in sorted(fields)), image_field(14, image.data)])


def of_image(image: EncodedImage, impression: int, position: int, *, source: str, day: datetime) -> dict[int, str]:
    """3 to 13 and 996, the same in Type-14 and Type-15; day: local to the agency."""
    return {
        3: str(impression),
        4: source,
        5: f"{day:%Y%m%d}",
        6: str(image.width),
        7: str(image.height),
        8: PIXELS_PER_INCH,
        9: str(image.ppi),
        10: str(image.ppi),
        11: CODINGS[image.compression],
        12: "8",
        13: str(int(position)),
        996: hashlib.sha256(image.data).hexdigest(),
    }


def _of_fingers(taken: Impression, image: EncodedImage, missing: Mapping[Position, MissingReason], scanning: Scanning) -> Iterator[Field]:
    """18 AMP, 21 SEG, 24 FQM, 25 ASEG: each where there is something to say."""
    seen = dict(sorted(taken.quality.fingers.items())) if taken.quality else {}
    parts = {finger: _scaled(quality.polygon, image, taken.ppi) for finger, quality in seen.items() if quality.polygon}
    rows: dict[int, list[Sequence[str]]] = {
        18: [(str(int(f)), missing[f].value) for f in fingers_of(taken.position) if f in missing] if taken.position not in FINGERS else [],
        21: [(str(int(f)), *map(str, _box(corners))) for f, corners in parts.items()] if taken.position in SLAPS else [],
        24: [_score(f, quality, scanning) for f, quality in seen.items()] if taken.kind is ImpressionKind.PLAIN else [],
        25: [_polygon(f, corners) for f, corners in parts.items()] if taken.position in SLAPS else [],
    }
    for number, subfields in rows.items():
        if subfields:
            yield items_field(14, number, subfields)


def _score(finger: Position, quality: FingerQuality, scanning: Scanning) -> tuple[str, ...]:
    score = FAILED if quality.nfiq2 is None else quality.nfiq2
    return str(int(finger)), str(score), f"{scanning.quality_vendor:04X}", str(scanning.quality_product)


def _box(corners: Sequence[Corner]) -> tuple[int, int, int, int]:
    """14.021 SEG: left, right, top, bottom."""
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across), max(across), min(down), max(down)


def _polygon(finger: Position, corners: Sequence[Corner]) -> tuple[str, ...]:
    """14.025 ASEG: finger, number of vertices, then x and y of each."""
    return str(int(finger)), str(len(corners)), *(str(value) for corner in corners for value in corner)


def _scaled(polygon: Sequence[Corner], image: EncodedImage, ppi: int) -> tuple[Corner, ...]:
    """From pixels of the impression to pixels of the image as sent."""
    return tuple((min(x * image.ppi // ppi, image.width - 1), min(y * image.ppi // ppi, image.height - 1)) for x, y in polygon)
