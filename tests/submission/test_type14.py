"""The same booking as Type-14: segments, scores, digests, and the resolutions of EBTS §3.8.2."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import cv2
import nistitl
import numpy as np
import pytest
from PIL import Image

from agent.imaging.pictures import decode_image
from agent.imaging.wsq_header import ImageError
from agent.model.booking import Booking
from agent.model.fingers import MissingReason, Position
from agent.model.impression import FingerQuality, ImpressionKind, QualityReport, Verdict
from agent.model.photo import Photo, PhotoKind
from agent.nist.codec import parse
from agent.nist.records import TaggedRecord
from agent.submission.build import build_car
from agent.submission.errors import SubmissionError
from agent.submission.images import EncodedImage, encode_print
from agent.submission.other_images import MAX_PHOTOS, Palm
from agent.submission.pictures import pictures_of
from agent.submission.profiles import CAR, CAR_14, CAR_14_1000, Profile
from agent.submission.reopen import reopen
from agent.submission.type14 import NFIQ2_PRODUCT, NFIQ2_VENDOR, Scanning
from tests.nist.samples import MADE_AT, STATION, TCN, a_booking, a_print, images_without, some_images

RIGHT_FOUR = Position.PLAIN_RIGHT_FOUR
TURNED = ((10, 4), (22, 2), (30, 40), (18, 42))  # clockwise from the upper left of the upright finger


def report(**fingers: FingerQuality) -> QualityReport:
    named = {Position[name.upper()]: quality for name, quality in fingers.items()}
    return QualityReport(named, len(named), len(named), 200, Verdict.ACCEPT)


def scored(booking: Booking, position: Position, quality: QualityReport) -> Booking:
    impressions = dict(booking.impressions)
    impressions[position] = replace(impressions[position], quality=quality)
    return replace(booking, impressions=impressions)


def built(booking: Booking | None = None, profile: Profile = CAR_14, **more: object) -> bytes:
    images = more.pop("images", None) or some_images()
    return build_car(booking or a_booking(), tcn=TCN, made_at=MADE_AT, station=STATION, images=images, profile=profile, **more)  # type: ignore[arg-type]


def record(data: bytes, position: Position) -> TaggedRecord:
    return next(r for r in parse(data).of_type(14) if isinstance(r, TaggedRecord) and r.text(13) == str(int(position)))


def test_one_booking_gives_either_record_type_with_the_same_images() -> None:
    four, fourteen = (parse(built(profile=profile)) for profile in (CAR, CAR_14))
    assert [r.type for r in four.records] == [1, 2, *[4] * 14]
    assert [r.type for r in fourteen.records] == [1, 2, *[14] * 14]
    assert [bytes(p.data) for p in pictures_of(four)] == [bytes(p.data) for p in pictures_of(fourteen)]
    assert (fourteen.type1.text(11), fourteen.type1.text(12)) == ("00.00", "00.00")
    assert reopen(built(), decode_image).problems == ()


def test_fields_of_a_slap() -> None:
    quality = report(right_index=FingerQuality(61, polygon=TURNED), right_ring=FingerQuality(None, "too small", TURNED))
    booking = scored(a_booking(missing={Position.RIGHT_LITTLE: MissingReason.UNPRINTABLE}), RIGHT_FOUR, quality)
    found = record(built(booking, images=images_without(Position.RIGHT_LITTLE)), RIGHT_FOUR)
    texts = {f.number: f.text for f in found.fields if f.number not in (1, 999)}
    data = some_images()[RIGHT_FOUR].data
    assert texts == {
        2: "12",
        3: "0",
        4: "NY0303000",
        5: "20261124",
        6: "64",
        7: "64",
        8: "1",
        9: "500",
        10: "500",
        11: "WSQ20",
        12: "8",
        13: "13",
        16: "500",
        17: "500",
        18: "5\x1fUP",
        21: "2\x1f10\x1f30\x1f2\x1f42\x1e4\x1f10\x1f30\x1f2\x1f42",
        24: "2\x1f61\x1f0101\x1f57\x1e4\x1f255\x1f0101\x1f57",
        25: "2\x1f4\x1f10\x1f4\x1f22\x1f2\x1f30\x1f40\x1f18\x1f42\x1e4\x1f4\x1f10\x1f4\x1f22\x1f2\x1f30\x1f40\x1f18\x1f42",
        30: "CONTROLLED",
        31: "60",
        904: "TRAINING\x1fFAP60-SIM\x1fLS60-0001",
        996: hashlib.sha256(data).hexdigest(),
    }


def test_a_rolled_print_carries_no_score_and_a_single_finger_no_segment() -> None:
    quality = report(right_index=FingerQuality(None, "NFIQ 2 is calibrated for plain impressions only", TURNED))
    found = record(built(scored(a_booking(), Position.RIGHT_INDEX, quality)), Position.RIGHT_INDEX)
    assert (found.text(3), found.text(21), found.text(24), found.text(25)) == ("1", None, None, None)
    thumb = scored(a_booking(), Position.PLAIN_RIGHT_THUMB, report(right_thumb=FingerQuality(77, polygon=TURNED)))
    found = record(built(thumb), Position.PLAIN_RIGHT_THUMB)
    assert (found.text(21), found.text(24)) == (None, f"1\x1f77\x1f{NFIQ2_VENDOR:04X}\x1f{NFIQ2_PRODUCT}")


def test_how_prints_are_taken_is_the_stations_to_say() -> None:
    found = record(built(scanning=Scanning("ASSISTED", None)), Position.LEFT_RING)
    assert (found.text(30), found.text(31)) == ("ASSISTED", None)


def test_a_print_from_a_card_says_so_in_either_record() -> None:
    impressions = {position: replace(taken, live=False) for position, taken in a_booking().impressions.items()}
    booking = replace(a_booking(), impressions=impressions)
    for profile in (CAR, CAR_14):
        kinds = {picture.position: (picture.kind, picture.live) for picture in pictures_of(parse(built(booking, profile)))}
        assert kinds[2] == (ImpressionKind.ROLLED, False)
        assert kinds[13] == (ImpressionKind.PLAIN, False)
        assert reopen(built(booking, profile), decode_image).problems == ()
    assert record(built(booking), Position.LEFT_RING).text(30) is None


def fine(position: Position) -> np.ndarray:
    """A capture at 1000 ppi."""
    return cv2.resize(a_print(position).pixels, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)


def test_a_fine_capture_goes_as_jpeg_2000_or_halved_as_wsq() -> None:
    pixels = fine(RIGHT_FOUR)
    as_it_is, halved = (encode_print(pixels, 1000, most, "livescan-agent") for most in (1000, 500))
    assert (as_it_is.ppi, as_it_is.compression, as_it_is.width) == (1000, 4, 256)
    assert (halved.ppi, halved.compression, halved.width, halved.height) == (500, 1, 128, 128)
    booking = scored(a_booking(), RIGHT_FOUR, report(right_index=FingerQuality(61, polygon=((40, 16), (88, 8), (120, 160), (72, 255)))))
    fine_one = replace(booking.impressions[RIGHT_FOUR], pixels=pixels, ppi=1000)
    booking = replace(booking, impressions={**booking.impressions, RIGHT_FOUR: fine_one})
    sent = {most: built(booking, profile, images={**some_images(), RIGHT_FOUR: image}) for most, profile, image in
            ((1000, CAR_14_1000, as_it_is), (500, CAR_14, halved))}  # fmt: skip
    texts = {most: [record(data, RIGHT_FOUR).text(n) for n in (9, 11, 16, 21)] for most, data in sent.items()}
    assert texts == {
        1000: ["1000", "JP2", "1000", "2\x1f40\x1f120\x1f8\x1f255"],
        500: ["500", "WSQ20", "1000", "2\x1f20\x1f60\x1f4\x1f127"],
    }
    assert reopen(sent[500], decode_image).problems == ()
    assert reopen(sent[1000], decode_image).images[RIGHT_FOUR].shape == (256, 256)


def test_type_4_takes_no_fine_image() -> None:
    image = encode_print(fine(RIGHT_FOUR), 1000, 1000, "")
    with pytest.raises(SubmissionError, match="500 ppi"):
        built(profile=CAR, images={**some_images(), RIGHT_FOUR: image})


def test_a_resolution_of_no_record_is_refused() -> None:
    with pytest.raises(ImageError, match="300 ppi"):
        encode_print(a_print(RIGHT_FOUR).pixels, 300, 500, "")


def test_image_without_its_impression_is_refused() -> None:
    bare = replace(a_booking(), impressions={})
    with pytest.raises(SubmissionError, match="belongs to no impression"):
        built(bare)


def test_an_image_that_is_not_the_one_of_its_digest_is_a_problem() -> None:
    image = some_images()[RIGHT_FOUR]
    data = built()
    at = data.rindex(image.data)
    other = some_images()[Position.PLAIN_LEFT_FOUR].data
    swapped = built(images={**some_images(), RIGHT_FOUR: EncodedImage(image.data[:-2] + b"\xff\xa1", 64, 64)})
    assert at > 0 and other
    forged = swapped.replace(hashlib.sha256(image.data[:-2] + b"\xff\xa1").hexdigest().encode(), b"0" * 64)
    assert any("digest" in problem for problem in reopen(forged, decode_image).problems)


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (48, 60), (90, 120, 140)).save(out, "JPEG")
    return out.getvalue()


FACE = Photo(PhotoKind.FACE, jpeg(), 48, 60, MADE_AT)
TATTOO = Photo(PhotoKind.TATTOO, jpeg(), 48, 60, MADE_AT, mark="TAT L ARM", description="ANCHOR")


def test_photos_and_palms_follow_the_fingers_with_designations_of_their_own() -> None:
    palm = Palm(21, some_images()[Position.PLAIN_LEFT_FOUR], MADE_AT)
    data = built(replace(a_booking(), photos=(FACE, TATTOO)), palms=[palm])
    tx = parse(data)
    assert [r.type for r in tx.records][-3:] == [10, 10, 15]
    assert [r.idc for r in tx.records[2:]] == list(range(1, 18))
    face, tattoo = (r for r in tx.of_type(10) if isinstance(r, TaggedRecord))
    assert [face.text(n) for n in (3, 5, 6, 7, 8, 11, 20)] == ["FACE", "20261124", "48", "60", "0", "JPEGB", "F"]
    assert (tattoo.text(40), tattoo.items(42)) == ("TAT L ARM", (("TATTOO", "", "", "ANCHOR"),))
    type2 = tx.first(2)
    assert type2 is not None
    assert (type2.text(35), type2.text(36)) == ("Y", "Y")
    assert [(p.record_type, p.words) for p in pictures_of(tx)][-3:] == [(10, "photo"), (10, "photo"), (15, "palm 21")]


def test_a_mark_without_its_code_a_palm_that_is_none_and_too_many_photos_are_refused() -> None:
    with pytest.raises(SubmissionError, match=r"10\.040"):
        built(replace(a_booking(), photos=(replace(TATTOO, mark=None),)))
    with pytest.raises(SubmissionError, match="no palm"):
        built(palms=[Palm(5, some_images()[RIGHT_FOUR], MADE_AT)])
    with pytest.raises(SubmissionError, match="at most"):
        built(replace(a_booking(), photos=(FACE,) * (MAX_PHOTOS + 1)))


def test_an_independent_reader_reads_every_type_14_field() -> None:
    quality = report(right_index=FingerQuality(61, polygon=TURNED), right_ring=FingerQuality(40, polygon=TURNED))
    data = built(replace(scored(a_booking(), RIGHT_FOUR, quality), photos=(FACE, TATTOO)))
    message = nistitl.Message()
    message.parse(data)
    for theirs, ours in zip(list(message)[1:], parse(data).records[1:], strict=True):
        assert isinstance(ours, TaggedRecord)
        read = {f.tag: as_subfields(f.value) for f in theirs._fields if f.tag not in (1, 2, 999)}
        assert read == {f.number: [list(items) for items in f.subfields] for f in ours.fields if f.number not in (1, 2, 999)}


def as_subfields(value: object) -> list[list[str]]:
    """nistitl gives a bare value, a list of values, or a list of lists."""
    if not isinstance(value, list):
        return [[str(value)]]
    return [[str(item) for item in items] if isinstance(items, list) else [str(items)] for items in value]


def test_a_correction_names_what_it_corrects() -> None:
    head = parse(built(tcr="LS-0001-OLD0000000")).type1
    assert (head.text(9), head.text(10)) == (TCN, "LS-0001-OLD0000000")
