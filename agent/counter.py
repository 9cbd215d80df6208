"""The kiosk joined to the parts of the core: what its pages ask, and the check of the station at the start of a shift."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from agent.access.desk import AccessDesk
from agent.booking.attending import Attending
from agent.booking.intake import Intake
from agent.casework.case_desk import CaseDesk
from agent.kiosk.parts import Check, KioskParts, Place
from agent.kiosk.site import Kiosk
from agent.signing.inventory import inventory, warnings
from agent.station_views import StationViews, ViewedParts


def kiosk_of(of: ViewedParts, views: StationViews, intake: Intake, *, access: AccessDesk, capture: Attending, cases: CaseDesk) -> Kiosk:
    station = of.settings.station
    place = Place(
        station.id,
        station.ori,
        station.agency,
        of.settings.training,
        ZoneInfo(station.time_zone),
        second_officer=of.capture.second_officer,
    )

    async def checks() -> Sequence[Check]:
        return await station_check(of)

    return Kiosk(
        KioskParts(
            place=place,
            clock=of.clock,
            station=views,
            access=access,
            intake=intake,
            scanner=of.capture,
            capture=capture,
            files=of.records,
            cases=cases,
            checks=checks,
            taken=views.taken,
        )
    )


async def station_check(of: ViewedParts) -> Sequence[Check]:
    """In the order in which an officer can do something about them."""
    scanner, room, keys = await asyncio.gather(
        of.capture.present(), asyncio.to_thread(lambda: of.room.bookings), asyncio.to_thread(_certificates, of)
    )
    trouble, link = of.feed.trouble or of.feed.broken, of.handover.connected
    said = ("scanner_there", {"name": scanner.name}) if scanner.there else ("scanner_not_there", {"why": scanner.why})
    return (
        Check("scanner", scanner.there, *said, "/fix/scanner"),
        Check("room", room > 0, "room_for" if room else "no_room", {"n": room}, "/fix/room"),
        keys,
        Check("audit", not trouble, "audit_bad" if trouble else "audit_good", {"why": trouble}, "/fix/audit"),
        Check("link", link, "link_good" if link else "link_bad", {}, "/fix/link"),
    )


def _certificates(of: ViewedParts) -> Check:
    """Until the first certificate of this station ends; what must be done about any."""
    now = of.clock.now()
    rows = inventory(of.keys.directory, now)
    wrong = warnings(rows)
    days = min(((row.until - now).days for row in rows if row.until is not None and "retired" not in row.use), default=0)
    if wrong:
        return Check("certificates", False, "certificates_bad", {"why": wrong[0]}, "/fix/certificates")
    return Check("certificates", True, "certificates_days", {"days": days})
