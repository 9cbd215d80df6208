"""The core's doors: what people and programs look at and ask, on the socket and on the page's port."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.applications import Starlette

from agent.booking.states import BookingState
from agent.command_deeds import Ways, deeds_again, deeds_of
from agent.commanded import CommandParts, Commands
from agent.core_following import Following
from agent.core_keeping import Keeping
from agent.core_taking import Taking
from agent.counter import Joined, kiosk_of
from agent.device_desk import DeviceDesk
from agent.jail.drop import DropFolder
from agent.jail_counter import CounterParts, counter_of, drop_of
from agent.kiosk.site import Kiosk
from agent.reloading import Reload
from agent.reporting import Reporter, reporter_of
from agent.settings_desk import SettingsDesk
from agent.station_views import StationViews, ViewedParts
from agent.web.api import build_api
from agent.web.guard import Guard, Rules
from agent.web.page_door import PageDoor
from agent.web.v1 import V1


@dataclass(frozen=True)
class Asking:
    v1: V1
    drop: DropFolder | None
    reporter: Reporter  # tells whoever looks after many stations
    commands: Commands | None  # what such a one may ask; None: nobody may
    api: Guard  # behind the socket that only this machine's programs reach
    page: PageDoor | None  # behind the page's port, where there is one


def asking_of(of: Keeping, taking: Taking, following: Following, reload: Reload) -> Asking:
    viewed = _viewed(of, taking, following)
    views, desks = StationViews(viewed), following.desks
    v1 = counter_of(viewed, CounterParts(views, taking.intake, of.database, of.live, desks.cases, desks.liaison))
    looked_after = (DeviceDesk(taking.capture, taking.camera, of.settings, of.clock), SettingsDesk(reload, of.audit.note))
    joined = Joined(taking.intake, of.access, taking.attending, desks, taking.sending, of.audit.note, v1.desk, of.audit, *looked_after)
    kiosk, rules = kiosk_of(viewed, views, joined), _rules(of)

    def guarded(rules: Rules, pages: Kiosk | None) -> Guard:
        return Guard(_application(of, taking, following, _Shown(views, v1, joined.devices, joined.settings, pages)), rules)

    page_rules = replace(rules, pages=kiosk.pages, refusal=kiosk.refusal)
    page = PageDoor(guarded(page_rules, kiosk), of.settings.access.origin, of.calm.stir) if of.settings.api.port else None
    reporter = reporter_of(viewed, v1.health, of.database)
    return Asking(v1, drop_of(viewed, v1), reporter, _commands(of, taking, reporter), guarded(rules, None), page)


def _commands(of: Keeping, taking: Taking, reporter: Reporter) -> Commands | None:
    """Off unless the settings name somebody: then bytes from afar are not even looked at."""
    if not of.settings.fleet.administrators:
        return None
    handover, ledger = taking.handover, taking.ledger
    ways = Ways(
        reporter=reporter,
        drain=taking.drain,
        enrolling=of.enrolling,
        est=bool(of.settings.trust.est),
        offer=handover.offer,
        reload_uplink=handover.reload,
        state=of.state,
        open_now=lambda: len(ledger.bookings(BookingState.CAPTURING, BookingState.CAPTURED)),
        waiting=lambda: len(ledger.unreceipted()),
    )
    parts = CommandParts(
        database=of.database,
        keys=of.keys,
        clock=of.clock,
        note=of.audit.note,
        administrators=frozenset(of.settings.fleet.administrators),
        deeds=deeds_of(ways),
        again=deeds_again(ways),
        answer=handover.answer,
    )
    commands = Commands(parts)
    handover.on_command = commands.hear
    return commands


@dataclass(frozen=True)
class _Shown:
    views: StationViews
    v1: V1
    devices: DeviceDesk
    settings: SettingsDesk
    pages: Kiosk | None


def _viewed(of: Keeping, taking: Taking, following: Following) -> ViewedParts:
    return ViewedParts(
        settings=of.settings,
        clock=of.clock,
        room=of.room,
        desk=taking.desk,
        capture=taking.capture,
        ledger=taking.ledger,
        prints=taking.prints,
        records=taking.records,
        casework=taking.casework,
        handover=taking.handover,
        keys=of.keys,
        feed=of.feed,
        gallery=following.gallery,
        breached=of.breached,
    )


def _rules(of: Keeping) -> Rules:
    said = of.settings
    return Rules(of.access, of.audit.note, said.sign_in_required, said.access.origin, said.station.ori)


def _application(of: Keeping, taking: Taking, following: Following, shown: _Shown) -> Starlette:
    desks = following.desks
    return build_api(
        shown.views,
        of.live,
        files=taking.records,
        capture=taking.attending,
        audit=of.audit,
        cases=desks.cases,
        access=of.access,
        gallery=following.gallery,
        replies=desks.replies,
        tasks=desks.tasks,
        liaison=desks.liaison,
        reports=desks.reports,
        retaken=desks.retaken,
        suspension=desks.suspension,
        inbox=desks.inbox,
        retention=following.retention,
        sending=taking.sending,
        devices=shown.devices,
        settings=shown.settings,
        v1=shown.v1,
        pages=shown.pages,
    )
