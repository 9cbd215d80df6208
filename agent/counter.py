"""The kiosk joined to the parts of the core: what its pages ask, and the check of the station at the start of a shift."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from agent.access.desk import AccessDesk
from agent.audit.desk import AuditDesk
from agent.audit.entries import Entry
from agent.booking.attending import Attending
from agent.booking.intake import Intake
from agent.booking.sending import Sending
from agent.capture.calibration import Calibrated
from agent.casework.events import EventKind
from agent.casework_desks import CaseworkDesks
from agent.device_desk import DeviceDesk
from agent.doctor.of_machine import synchronised
from agent.jail.desk import JailDesk
from agent.kiosk.parts import Check, KioskParts, Place
from agent.kiosk.site import Kiosk
from agent.model.booking import BookingId
from agent.settings_desk import SettingsDesk
from agent.signing.inventory import inventory, warnings
from agent.station_views import StationViews, ViewedParts


@dataclass(frozen=True)
class Joined:
    """What the pages ask beside what is looked at."""

    intake: Intake
    access: AccessDesk
    capture: Attending
    desks: CaseworkDesks
    sending: Sending
    note: Callable[[Entry], Awaitable[None]]
    jail: JailDesk
    audit: AuditDesk
    devices: DeviceDesk
    settings: SettingsDesk


def kiosk_of(of: ViewedParts, views: StationViews, joined: Joined) -> Kiosk:
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
        return await station_check(of, joined.sending, joined.devices)

    return Kiosk(
        KioskParts(
            place=place,
            clock=of.clock,
            station=views,
            access=joined.access,
            intake=joined.intake,
            scanner=of.capture,
            capture=joined.capture,
            files=of.records,
            cases=joined.desks.cases,
            replies=joined.desks.replies,
            tasks=joined.desks.tasks,
            liaison=joined.desks.liaison,
            retaken=joined.desks.retaken,
            sending=joined.sending,
            gallery=of.gallery,
            note=joined.note,
            jail=joined.jail,
            audit=joined.audit,
            devices=joined.devices,
            settings=joined.settings,
            overridden=partial(_overridden, of),
            checks=checks,
            taken=views.taken,
        )
    )


def _overridden(of: ViewedParts, booking: str) -> bool:
    return any(one.kind is EventKind.QUALITY_OVERRIDDEN for one in of.casework.events(BookingId(booking)))


async def station_check(of: ViewedParts, sending: Sending, devices: DeviceDesk) -> Sequence[Check]:
    """In the order in which an officer can do something about them."""
    scanner, room, keys, queue = await asyncio.gather(
        of.capture.present(), asyncio.to_thread(lambda: of.room.bookings), asyncio.to_thread(_certificates, of), sending.queue()
    )
    calibrated = _calibrated(await devices.calibration() if scanner.there else None, ZoneInfo(of.settings.station.time_zone))
    in_step = await asyncio.to_thread(synchronised)
    trouble, link = of.feed.trouble or of.feed.broken, queue["broker"] is True
    said = ("scanner_there", {"name": scanner.name}) if scanner.there else ("scanner_not_there", {"why": scanner.why})
    return (
        Check("scanner", scanner.there, *said, "/fix/scanner"),
        calibrated,
        Check("room", room > 0, "room_for" if room else "no_room", {"n": room}, "/fix/room"),
        Check("clock", in_step, "clock_good" if in_step else "clock_bad", {}, "/fix/clock"),
        _glass(of),
        keys,
        Check("audit", not trouble, "audit_bad" if trouble else "audit_good", {"why": trouble}, "/fix/audit"),
        Check("link", link, "link_good" if link else "link_bad", {"why": queue["why"]}, "/fix/link"),
    )


def _calibrated(found: Mapping[str, Any] | None, zone: ZoneInfo) -> Check:
    """When the scanner was calibrated last, and when it is to be again."""
    if found is None or not found["asked"]:
        return Check("calibration", True, "calibration_no_scanner" if found is None else "calibration_asking")
    state, days = found["state"], {key: _day(found[key], zone) for key in ("at", "due")}
    good = state not in (Calibrated.OVER, Calibrated.SOON)
    return Check("calibration", good, f"calibration_{state}", days, "/fix/calibration")


def _day(at: str | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d}"


def _glass(of: ViewedParts) -> Check:
    """As it was when it was last looked at, before a finger was laid on it."""
    seen = of.capture.view.glass
    if seen is None:
        return Check("platen", True, "platen_not_yet")
    return Check("platen", not seen.advice, "platen_bad" if seen.advice else "platen_clean", {"why": seen.advice}, "/fix/platen")


def _certificates(of: ViewedParts) -> Check:
    """Until the first certificate of this station ends; what must be done about any."""
    now = of.clock.now()
    rows = inventory(of.keys.directory, now)
    wrong = warnings(rows)
    days = min(((row.until - now).days for row in rows if row.until is not None and "retired" not in row.use), default=0)
    if wrong:
        return Check("certificates", False, "certificates_bad", {"why": wrong[0]}, "/fix/certificates")
    return Check("certificates", True, "certificates_days", {"days": days})
