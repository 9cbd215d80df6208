"""A booking as the bytes of a criminal ten-print submission (CAR), EBTS 11.0 §3.1.1.1 and appendix D-1.

Pure: the same booking, control number, time, station and images give the same bytes. Nothing is judged here beyond what cannot be
written at all; `submission.reopen` reads the result again and checks it before it is sealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import TypeAlias

from agent.model.booking import Booking, Charge
from agent.model.fingers import MissingReason as Reason
from agent.model.fingers import Position, fingers_of
from agent.model.photo import PhotoKind
from agent.nist.codec import build
from agent.nist.errors import NistError
from agent.nist.records import BinaryRecord, Field, FingerprintHeader, Record
from agent.nist.write import fingerprint_record, items_field, tagged_record, text_field, transaction
from agent.submission.errors import SubmissionError
from agent.submission.images import EncodedImage
from agent.submission.other_images import MAX_PALMS, MAX_PHOTOS, Palm, palm_record, photo_record
from agent.submission.profiles import (
    CAR,
    DOMAIN,
    ITL_VERSION,
    MIN_RESOLUTION,
    NO_TYPE_4,
    PIXELS_PER_MM,
    PLAINS,
    UNUSED_POSITION,
    Profile,
)
from agent.submission.type14 import Scanning, impression_code, type14_record

__all__ = ["EncodedImage", "StationIdentity", "amputations", "build_car", "in_order", "type1_fields"]

MAX_AMP = 13  # 2.084 AMP, EBTS 11.0 D-1

_Contents: TypeAlias = dict[int, Sequence[str | Sequence[str]]]  # field number to its subfields


@dataclass(frozen=True)
class StationIdentity:
    """Who sends, to whom, in whose name."""

    ori: str  # 1.008 ORI: this agency's nine characters
    dai: str  # 1.007 DAI: the state bureau's ORI, never the FBI's
    cri: tuple[str, ...]  # 2.073 CRI: 1 to 3, the first the authority over the record
    agency_name: str | None = None  # 1.017 ANM, OAN
    bureau_name: str | None = None  # 1.017 ANM, DAN
    time_zone: tzinfo = UTC  # of 1.005 DAT, a local date


def build_car(
    booking: Booking,
    *,
    tcn: str,
    made_at: datetime,
    station: StationIdentity,
    images: Mapping[Position, EncodedImage],
    profile: Profile = CAR,
    tcr: str | None = None,
    scanning: Scanning | None = None,
    palms: Sequence[Palm] = (),
) -> bytes:
    """The CAR of a booking. `tcr`: the control number of the submission that this one corrects, 1.010.

    Raises SubmissionError for what cannot be written: a character outside ASCII, a position the CAR has not, an image without its
    impression.
    """
    _check_images(booking, images, palms, profile)
    try:
        prints = list(_prints(booking, images, station, profile, scanning or Scanning()))
        others = list(_others(booking, palms, station, first_idc=len(prints) + 1))
        type2 = tagged_record(2, _type2(booking, station, palms=bool(palms)))
        has_type4 = any(isinstance(record, BinaryRecord) for record in prints)
        head = _type1(tcn, made_at, station, profile, tcr, has_type4=has_type4)
        return build(transaction(head, [type2, *prints, *others]))
    except NistError as error:
        raise SubmissionError(f"Field {error.field} cannot be written: {error.why}.", field=error.field or "") from error


def _check_images(booking: Booking, images: Mapping[Position, EncodedImage], palms: Sequence[Palm], profile: Profile) -> None:
    strangers = sorted(set(images) - set(profile.positions))
    if strangers:
        raise SubmissionError(f"A {profile.tot} has no place for the image '{strangers[0].words}'.")
    orphans = sorted(set(images) - set(booking.impressions))
    if orphans:
        raise SubmissionError(f"The image '{orphans[0].words}' belongs to no impression of the booking.")
    coarse = [position for position, image in images.items() if profile.record_type == 4 and image.ppi != 500]
    if coarse:
        raise SubmissionError(f"The image '{coarse[0].words}' is not of 500 ppi, and Type-4 holds no other.")
    if len(booking.photos) > MAX_PHOTOS or len(palms) > MAX_PALMS:
        raise SubmissionError(f"A {profile.tot} holds at most {MAX_PHOTOS} photos and {MAX_PALMS} palms.")


def type1_fields(
    *, tot: str, tcn: str, made_at: datetime, dai: str, ori: str, time_zone: tzinfo, tcr: str | None = None
) -> dict[int, Field]:
    """Fields 1.002 to 1.014 that every transaction of ours has, by number; resolutions for one without Type-4."""
    if made_at.tzinfo is None:
        raise ValueError("a transaction's time needs a time zone")
    texts = {
        2: ITL_VERSION,
        4: tot,
        5: f"{made_at.astimezone(time_zone):%Y%m%d}",
        7: dai,
        8: ori,
        9: tcn,
        **({10: tcr} if tcr else {}),
        11: NO_TYPE_4,
        12: NO_TYPE_4,
        14: f"{made_at.astimezone(UTC):%Y%m%d%H%M%SZ}",
    }
    return {number: text_field(1, number, text) for number, text in texts.items()} | {13: items_field(1, 13, [DOMAIN])}


def in_order(fields: Mapping[int, Field]) -> list[Field]:
    """Fields by number."""
    return [fields[number] for number in sorted(fields)]


def _type1(tcn: str, made_at: datetime, station: StationIdentity, profile: Profile, tcr: str | None, *, has_type4: bool) -> list[Field]:
    fields = type1_fields(tot=profile.tot, tcn=tcn, made_at=made_at, dai=station.dai, ori=station.ori, time_zone=station.time_zone, tcr=tcr)
    fields[6] = text_field(1, 6, profile.priority)
    if has_type4:
        fields |= {number: text_field(1, number, PIXELS_PER_MM) for number in (11, 12)}
    if station.agency_name or station.bureau_name:
        fields[17] = items_field(1, 17, [(station.bureau_name or "", station.agency_name or "")])
    return in_order(fields)


def _type2(booking: Booking, station: StationIdentity, *, palms: bool) -> Iterator[Field]:
    """The descriptive record, fields in ascending order; what is absent is left out, since an empty mandatory field is a rejection."""
    yield text_field(2, 2, "00")
    fields = {**_identity(booking), **_arrest(booking), **_capture(booking)}
    fields[73] = list(station.cri)
    fields[35] = ["Y"] if palms else []
    for number in sorted(fields):
        subfields = [[part] if isinstance(part, str) else part for part in fields[number] if part]
        if subfields:
            yield items_field(2, number, subfields)


def _identity(booking: Booking) -> _Contents:
    person = booking.subject
    return {
        9: [booking.id],
        14: person.fbi_numbers,
        15: [person.state_id or ""],
        16: person.social_security,
        17: person.other_numbers,
        18: [person.name],
        19: person.aliases,
        20: [person.place_of_birth],
        21: person.citizenship,
        22: [person.date_of_birth],
        24: [person.sex],
        25: [person.race],
        26: person.marks,
        27: [person.height],
        29: [person.weight],
        31: [person.eyes],
        32: [person.hair],
        40: [person.occupation or ""],
        41: [person.residence or ""],
    }


def _arrest(booking: Booking) -> _Contents:
    arrest = booking.arrest
    return {
        5: ["Y" if arrest.retain else "N"],
        6: [arrest.attention or ""],
        36: ["Y"] if arrest.photo_available or any(photo.kind is PhotoKind.FACE for photo in booking.photos) else [],
        45: [_day(arrest.date_of_arrest)],
        47: [_charge(charge) for charge in arrest.charges],
        56: [arrest.caution or ""],
        87: ["Y"] if arrest.treat_as_adult else [],
    }


def _charge(charge: Charge) -> list[str]:
    """2.047 ASL: the separator between DOO and AOL stands even where DOO is not known."""
    return [_day(charge.offense_date) if charge.offense_date else "", charge.literal]


def _capture(booking: Booking) -> _Contents:
    """2.067 IMA holds one scanner: that of the first impression in record order. 2.084 AMP: every position that has no image."""
    first = next((booking.impressions[position] for position in CAR.positions if position in booking.impressions), None)
    return {
        67: [[first.device.make, first.device.model, first.device.serial]] if first and first.device.make else [],
        84: [[f"{position:02d}", reason.value] for position, reason in amputations(booking.missing).items()],
    }


def amputations(missing: Mapping[Position, Reason]) -> dict[Position, Reason]:
    """2.084 AMP: the missing fingers, and the plain impressions of which no finger is left.

    Amputated only where every finger of the impression is. With nothing left at all there would be fourteen entries, one more than the
    field holds; then the two plain thumbs are one entry, position 15.
    """
    entries = dict(sorted(missing.items()))
    for plain in PLAINS:
        reasons = [missing.get(finger) for finger in fingers_of(plain)]
        if None not in reasons:
            entries[plain] = Reason.AMPUTATED if set(reasons) == {Reason.AMPUTATED} else Reason.UNPRINTABLE
    if len(entries) > MAX_AMP:
        thumbs = {entries.pop(Position.PLAIN_RIGHT_THUMB), entries.pop(Position.PLAIN_LEFT_THUMB)}
        entries[Position.PLAIN_THUMBS] = thumbs.pop() if len(thumbs) == 1 else Reason.UNPRINTABLE
    return entries


def _prints(
    booking: Booking, images: Mapping[Position, EncodedImage], station: StationIdentity, profile: Profile, scanning: Scanning
) -> Iterator[Record]:
    present = [position for position in profile.positions if position in images]
    for idc, position in enumerate(present, start=1):
        taken = booking.impressions[position]
        if profile.record_type == 4:
            yield _type4(idc, position, images[position], impression_code(taken.kind, live=taken.live))
        else:
            yield type14_record(
                idc,
                taken,
                images[position],
                source=station.ori,
                zone=station.time_zone,
                missing=booking.missing,
                scanning=scanning,
            )


def _others(booking: Booking, palms: Sequence[Palm], station: StationIdentity, *, first_idc: int) -> Iterator[Record]:
    for idc, photo in enumerate(booking.photos, start=first_idc):
        yield photo_record(idc, photo, source=station.ori, zone=station.time_zone)
    for idc, palm in enumerate(palms, start=first_idc + len(booking.photos)):
        yield palm_record(idc, palm, source=station.ori, zone=station.time_zone)


def _type4(idc: int, position: Position, image: EncodedImage, impression: int) -> BinaryRecord:
    header = FingerprintHeader(
        length=0,
        idc=idc,
        impression=impression,
        positions=(position, *[UNUSED_POSITION] * 5),
        resolution=MIN_RESOLUTION,
        width=image.width,
        height=image.height,
        compression=image.compression,
    )
    return fingerprint_record(header, image.data)


def _day(day: date) -> str:
    return day.isoformat().replace("-", "")
