"""A hint as the officer is told it: with what the two bookings' own records say now, and nothing that the gallery would have kept."""

from __future__ import annotations

from typing import Any

from agent.booking.ledger import BookingRow
from agent.booking.prints import Prints
from agent.errors import LivescanError
from agent.gallery.hint_book import Given
from agent.gallery.hints import Kind, sentence
from agent.model.booking import BookingId


async def told(row: BookingRow, given: Given, prints: Prints, *, names: bool) -> dict[str, Any]:
    """In JSON values; `names`: with the other booking's name."""
    hint = given.hint
    theirs = None if hint.kind is Kind.OFFICER else await _name(prints, hint.other)
    ours = await _name(prints, row.id)
    another = None if theirs is None or ours is None else theirs.casefold() != ours.casefold()
    said = {
        "kind": hint.kind.value,
        "other": hint.other,
        "other_at": None if hint.other_at is None else hint.other_at.isoformat(timespec="seconds"),
        "another_name": another,
        "decades": hint.decades,
        "fingers": [int(finger) for finger in hint.fingers],
        "words": sentence(hint, row.opened_at, other_name=another),
        "at": given.at.isoformat(timespec="milliseconds"),
        "said": None if given.said is None else given.said.value,
        "said_by": given.said_by,
    }
    return said | ({"name": theirs} if names else {})


async def _name(prints: Prints, booking_id: str) -> str | None:
    """As the booking's own record has it; None where that is gone."""
    try:
        return (await prints.facts(BookingId(booking_id))).subject.name
    except LivescanError:
        return None
