"""What a CAR may carry beside fingers: photographs as Type-10, palms as Type-15. EBTS 11.0 appendices K and N, table L-2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from agent.model.photo import Photo, PhotoKind
from agent.nist.records import Field, TaggedRecord
from agent.nist.write import image_field, items_field, tagged_record, text_field
from agent.submission.errors import SubmissionError
from agent.submission.images import CODINGS, JPEGB, EncodedImage
from agent.submission.type14 import of_image

MAX_PHOTOS = 25  # table L-2: Type-10 in a CAR
MAX_PALMS = 10  # table L-2: Type-15 in a CAR
NO_SCALE = "0"  # 10.008 SLC: a camera has none; HPS and VPS then give the shape of a pixel
SQUARE = "1"  # 10.009 HPS and 10.010 VPS
COLOR = "YCC"  # 10.012 CSP: what baseline JPEG holds; ITL 1-2011 table 17
PALM_POSITIONS = (*range(20, 39), *range(81, 85))  # 15.013 FGP, ITL 1-2011 table 8
LIVE_PALM, CARD_PALM = 10, 11  # 15.003 IMP, ITL 1-2011 table 7


@dataclass(frozen=True)
class Palm:
    position: int  # 15.013 FGP: 21 right full palm, 23 left full palm, ...
    image: EncodedImage
    captured_at: datetime  # UTC
    live: bool = True


def photo_record(idc: int, photo: Photo, *, source: str, zone: tzinfo) -> TaggedRecord:
    """Type-10. Raises SubmissionError for a mark whose code is not given: NGI needs 10.040 with everything but a face."""
    if photo.kind is not PhotoKind.FACE and not photo.mark:
        raise SubmissionError(f"The photo of a {photo.kind.value.lower()} has no NCIC code of the mark (10.040 SMT).")
    texts = {
        2: f"{idc:02d}",
        3: photo.kind.value,
        4: source,
        5: f"{photo.taken_at.astimezone(zone):%Y%m%d}",
        6: str(photo.width),
        7: str(photo.height),
        8: NO_SCALE,
        9: SQUARE,
        10: SQUARE,
        11: CODINGS[JPEGB],
        12: COLOR,
    }
    fields = [text_field(10, number, text) for number, text in texts.items()]
    return tagged_record(10, [*fields, *_subject(photo), image_field(10, photo.jpeg)])


def _subject(photo: Photo) -> list[Field]:
    """20 POS of a face; 40 SMT and 42 SMD (indicator, class, subclass, description) of a mark."""
    if photo.kind is PhotoKind.FACE:
        return [text_field(10, 20, photo.pose)]
    described = (photo.kind.value, "", "", photo.description) if photo.description else (photo.kind.value,)
    return [text_field(10, 40, photo.mark or ""), items_field(10, 42, [described])]


def palm_record(idc: int, palm: Palm, *, source: str, zone: tzinfo) -> TaggedRecord:
    """Type-15. Raises SubmissionError for a position that is no palm."""
    if palm.position not in PALM_POSITIONS:
        raise SubmissionError(f"Position {palm.position} is no palm.")
    impression = LIVE_PALM if palm.live else CARD_PALM
    shared = of_image(palm.image, impression, palm.position, source=source, day=palm.captured_at.astimezone(zone))
    fields = (text_field(15, number, text) for number, text in {2: f"{idc:02d}", **shared}.items())
    return tagged_record(15, [*fields, image_field(15, palm.image.data)])
