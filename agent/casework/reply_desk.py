"""Replies of a booking as pages and the command line ask for them: which there are, one as it was sent, a photo of it as PNG.

The bytes of a photo came from outside: they are decoded where they can do no harm (`decoding`), a picture is made of the pixels
alone, and no browser is handed what the bureau sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.access.roles import Role
from agent.casework.desk import Casework
from agent.casework.errors import CaseworkError
from agent.casework.reading import ReadReply, as_html
from agent.casework.taken import RECEIPT, Inbound
from agent.casework.viewing import ROLES, Viewer, what_is
from agent.decoding.desk import Decoder
from agent.decoding.wire import PHOTO
from agent.handover.instants import write_instant
from agent.imaging.photo import encode_png
from agent.model.booking import BookingId

LONGEST = 1200  # pixels of a photo on the screen, the longer side


class NoSuchReply(CaseworkError):
    """The booking has no such reply, or it has no such photo."""


class ReplyDesk:
    def __init__(self, casework: Casework, decoder: Decoder) -> None:
        self._casework = casework
        self._decoder = decoder

    async def listed(self, booking_id: str, roles: Collection[Role]) -> Sequence[Mapping[str, Any]]:
        """Those that somebody with these roles may read, in order of arrival; nothing of what they say."""
        arrived = await asyncio.to_thread(self._casework.inbound, BookingId(booking_id))
        waiting = {one.rid for one in await asyncio.to_thread(self._casework.unread)}
        return [_told(one) | {"unread": one.rid in waiting} for one in arrived if _is_reply(one) and _may_see(one, roles)]

    async def unread(self, roles: Collection[Role]) -> Sequence[Mapping[str, Any]]:
        """Of all bookings, those that somebody with these roles may read and nobody has opened, newest first; nothing of what they say."""
        found = await asyncio.to_thread(self._casework.unread)
        seen = [one for one in found if ROLES[one.what] & set(roles)]
        return [{"rid": one.rid, "booking": one.booking, "what": one.what, "arrived_at": write_instant(one.arrived_at)} for one in seen]

    async def shown(self, booking_id: str, rid: str, viewer: Viewer) -> Mapping[str, Any]:
        """One reply, word for word; the view is on record first. Raises NoSuchReply, ViewRefused."""
        read = await self._read(booking_id, rid, viewer)
        return {
            "rid": rid,
            "kind": read.kind,
            "source": read.source,
            "arrived_at": write_instant(read.arrived_at),
            "text": read.text,
            "html": as_html(read.text),
            "encounters": [asdict(one) for one in read.encounters],
            "photos": len(read.photos),
            "remark": read.remark,
        }

    async def photo(self, booking_id: str, rid: str, number: int, viewer: Viewer) -> bytes:
        """The photo of that number, from 1, as PNG. Raises NoSuchReply, ViewRefused, ImageError, WorkerDied, DecoderAway."""
        read = await self._read(booking_id, rid, viewer)
        if not 1 <= number <= len(read.photos):
            raise NoSuchReply(f"That reply has {len(read.photos)} photos.", means="Nothing was shown.")
        return await self._decoder.workers.run(encode_png, await self._decoder.color(read.photos[number - 1], PHOTO, LONGEST))

    async def _read(self, booking_id: str, rid: str, viewer: Viewer) -> ReadReply:
        arrived = await asyncio.to_thread(self._casework.inbound, BookingId(booking_id))
        there = any(one.rid == rid and _is_reply(one) for one in arrived)
        read = await self._casework.read(rid, viewer) if there else None
        if read is None:
            raise NoSuchReply("That booking has no such reply.", means="Nothing was shown.", do="`livescan case replies` lists them.")
        return read


def _is_reply(one: Inbound) -> bool:
    return one.taken is not None and one.taken.verified and one.taken.kind != RECEIPT


def _may_see(one: Inbound, roles: Collection[Role]) -> bool:
    return one.taken is not None and bool(ROLES[what_is(one.taken.kind)] & set(roles))


def _told(one: Inbound) -> dict[str, Any]:
    assert one.taken is not None
    return {
        "rid": one.rid,
        "kind": one.taken.kind,
        "arrived_at": write_instant(one.arrived_at),
        "tcn": one.taken.tcn,
        "tied_by": one.taken.tied_by,
        "what": what_is(one.taken.kind),
        "manual": one.taken.manual,
    }
