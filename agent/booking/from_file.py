"""An ANSI/NIST file as the makings of a booking: facts from its Type-2, prints from its Type-4 and Type-14. Pure.

Nothing is decoded here, and nothing of the person is judged: whether the facts are complete is said by `facts`, whether they are right by
the check before sealing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from agent.booking.facts import Facts, facts_from_python
from agent.errors import LivescanError
from agent.model.fingers import FINGERS, Position
from agent.model.impression import DeviceTag
from agent.nist.records import TaggedRecord, Transaction
from agent.submission.pictures import Picture, fingers, pictures_of
from agent.submission.profiles import CAR

NO_SCANNER = DeviceTag("", "", "", "", simulated=False)  # the file names none


class ImportRefused(LivescanError):
    """The file cannot become a booking; nothing was opened."""

    def __init__(self, what: str, *, do: str = "Ask the sender for another file.") -> None:
        super().__init__(what, means="No booking was opened.", do=do)


@dataclass(frozen=True)
class CardFile:
    prints: Mapping[Position, Picture]
    ignored: tuple[str, ...]  # pictures that a CAR has no place for, in words
    device: DeviceTag
    taken_on: datetime | None  # UTC noon of the day the file names


def read_card(tx: Transaction) -> CardFile:
    """Raises ImportRefused when there is no finger image that a ten-print has, or one of another resolution."""
    pictures = list(pictures_of(tx))
    found = {position: picture for position, picture in fingers(pictures).items() if position in CAR.positions}
    if not found:
        raise ImportRefused("The file holds no finger image of a ten-print card.")
    odd = [picture for picture in found.values() if picture.ppi not in (500, 1000)]
    if odd:
        raise ImportRefused(f"The image of the {odd[0].words} is of {odd[0].ppi or 'unknown'} ppi, neither 500 nor 1000.")
    kept = {id(picture) for picture in found.values()}
    ignored = tuple(picture.words for picture in pictures if id(picture) not in kept)
    return CardFile(found, ignored, _device(tx), _day(tx.type1.text(5)))


def facts_of(tx: Transaction) -> Facts:
    """What Type-2 says. Raises FactsError naming each field that is wanting."""
    type2 = tx.first(2) or TaggedRecord(2, ())
    return facts_from_python({"subject": _subject(type2), "arrest": _arrest(type2), "missing": _missing(type2)})


def _subject(type2: TaggedRecord) -> dict[str, Any]:
    singles = {
        "name": 18, "place_of_birth": 20, "date_of_birth": 22, "sex": 24, "race": 25, "height": 27, "weight": 29, "eyes": 31, "hair": 32,
        "state_id": 15, "residence": 41, "occupation": 40,
    }  # fmt: skip
    lists = {"aliases": 19, "citizenship": 21, "marks": 26, "fbi_numbers": 14, "social_security": 16, "other_numbers": 17}
    found = {name: values[0] for name, number in singles.items() if (values := type2.values(number))}
    return {**found, **{name: list(type2.values(number)) for name, number in lists.items()}}


def _arrest(type2: TaggedRecord) -> dict[str, Any]:
    texts = {name: values[0] for name, number in {"caution": 56, "attention": 6}.items() if (values := type2.values(number))}
    charges = [_charge(items) for items in type2.items(47) if any(items)]
    arrested = _iso(type2.text(45))
    return {
        **texts,
        **({"date_of_arrest": arrested} if arrested else {}),
        **({"charges": charges} if charges else {}),
        "retain": type2.text(5) != "N",
        "photo_available": type2.text(36) == "Y",
        "treat_as_adult": type2.text(87) == "Y",
    }


def _charge(items: tuple[str, ...]) -> dict[str, Any]:
    return {"literal": items[-1], "offense_date": _iso(items[0]) if len(items) > 1 else None}


def _missing(type2: TaggedRecord) -> dict[str, str]:
    """2.084 AMP of single fingers; the plain impressions follow from them."""
    entries = [items for items in type2.items(84) if len(items) == 2 and items[0].isdigit()]
    return {str(int(finger)): reason for finger, reason in entries if int(finger) in [int(one) for one in FINGERS]}


def _device(tx: Transaction) -> DeviceTag:
    """2.067 IMA, or 14.904 MMS of the first image that names its scanner."""
    type2 = tx.first(2)
    named = [items for items in (type2.items(67) if type2 else ()) if len(items) == 3]
    named += [items for record in tx.of_type(14) if isinstance(record, TaggedRecord) for items in record.items(904) if len(items) == 3]
    return DeviceTag(*named[0], firmware="", simulated=False) if named else NO_SCANNER


def _iso(text: str | None) -> str | None:
    day = _day(text)
    return day.date().isoformat() if day else None


def _day(text: str | None) -> datetime | None:
    """CCYYMMDD as noon UTC, so that it is the same day almost everywhere."""
    try:
        day = date.fromisoformat(text) if text and len(text) == 8 and text.isdigit() else None
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else None
