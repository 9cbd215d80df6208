"""The manual queue as pages and the command line ask for it: what waits, one message as it was sent, what a person decides.

Who may see what of it is decided as for every reply (`casework.viewing`): what may be an immigration response is the liaison's alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.access.roles import Role
from agent.casework.desk import Casework
from agent.casework.reading import ReadReply
from agent.casework.settling import Decision, NotSettled
from agent.casework.taken import RECEIPT, UNUSABLE, Inbound
from agent.casework.viewing import LEAST_REASON, LIAISON, ROLES, SUPERVISOR, Viewer, ViewRefused, what_is
from agent.handover.instants import write_instant

NOT_PROVEN = "It is not proven who sent it: its words are not shown. Its bytes are kept as they came."


class InboxDesk:
    def __init__(self, casework: Casework) -> None:
        self._casework = casework

    async def waiting(self, roles: Collection[Role]) -> Sequence[Mapping[str, Any]]:
        """What waits that somebody with these roles may settle, oldest first; nothing of what it says."""
        found = await asyncio.to_thread(self._casework.manual_queue)
        return [_told(one) for one in found if _may(one, roles)]

    async def shown(self, rid: str, viewer: Viewer) -> Mapping[str, Any]:
        """One message that waits; the view is on record first. Raises NotSettled, ViewRefused."""
        one = await self._one(rid, viewer.roles)
        read = await self._casework.read(rid, viewer)
        return {**_told(one), **(_words(read) if read else {"text": NOT_PROVEN, "source": "", "clues": {}, "encounters": [], "photos": 0})}

    async def settle(self, rid: str, decision: Decision, roles: Collection[Role]) -> Mapping[str, Any]:
        """Raises NotSettled, ViewRefused."""
        if len(decision.words.strip()) < LEAST_REASON:
            raise NotSettled("A decision needs a reason in words.", means="Nothing was changed.", do="Say why.")
        await self._one(rid, roles)
        taken = await self._casework.decided(rid, decision)
        return {"rid": rid, "deed": decision.deed, "booking": taken.booking_id, "tcn": taken.tcn, "kind": taken.kind}

    async def _one(self, rid: str, roles: Collection[str]) -> Inbound:
        found = await asyncio.to_thread(self._casework.manual_queue)
        one = next((one for one in found if one.rid == rid), None)
        if one is None:
            raise NotSettled(
                "That message does not wait for anybody.", means="Nothing was changed.", do="`livescan inbox` lists what waits."
            )
        if not _may(one, roles):
            raise ViewRefused("That message is the records liaison's.", means="Nothing was shown or changed.", do="Ask the liaison.")
        return one


def _may(one: Inbound, roles: Collection[str]) -> bool:
    """What proves nothing, and receipts, name nobody's answer: a supervisor sees to them too."""
    kind = one.taken.kind if one.taken else UNUSABLE
    allowed = frozenset({LIAISON, SUPERVISOR}) if kind in (RECEIPT, UNUSABLE) else ROLES[what_is(kind)] & {LIAISON, SUPERVISOR}
    return bool(allowed & set(roles))


def _told(one: Inbound) -> dict[str, Any]:
    taken = one.taken
    assert taken is not None
    return {
        "rid": one.rid,
        "arrived_at": write_instant(one.arrived_at),
        "kind": taken.kind,
        "verified": taken.verified,
        "booking": taken.booking_id,
        "tcn": taken.tcn,
        "why": taken.manual,
        "what": what_is(taken.kind) if taken.kind not in (RECEIPT, UNUSABLE) else None,
    }


def _words(read: ReadReply) -> dict[str, Any]:
    return {
        "text": read.text,
        "source": read.source,
        "clues": dict(read.clues),
        "encounters": [asdict(one) for one in read.encounters],
        "photos": len(read.photos),
    }
