"""The desks at which replies, tasks, detainers and reports are asked for, built from the core's parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from agent.booking.facts import facts_from_json
from agent.booking.intake import jail_numbers
from agent.booking.ledger import Ledger
from agent.booking.prints import Prints
from agent.booking.records import Records
from agent.booking.retaken import Retaken
from agent.booking.say import Say
from agent.casework.case_desk import CaseDesk
from agent.casework.desk import Casework
from agent.casework.detainers import Detainers
from agent.casework.drafts import Drafts
from agent.casework.inbox_desk import InboxDesk
from agent.casework.liaison_desk import LiaisonDesk
from agent.casework.reply_desk import ReplyDesk
from agent.casework.report_desk import Opened, ReportDesk
from agent.casework.suspension import Suspension
from agent.casework.task_desk import TaskDesk
from agent.clock import Clock
from agent.decoding.desk import Decoder
from agent.model.booking import BookingId, Subject
from agent.policy import PolicyFile
from agent.settings import Settings
from agent.state_profile import load_state
from agent.store.database import Database
from agent.store.vault import Vault, VaultError
from agent.submission.reply_forms.answer import ReplyForm
from agent.submission.reply_forms.choose import PROFILE_1, form_of
from agent.workers import Workers


@dataclass(frozen=True)
class CaseParts:
    """What the desks stand on."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    policy: PolicyFile
    casework: Casework
    detainers: Detainers
    ledger: Ledger
    prints: Prints
    records: Records
    decoder: Decoder
    workers: Workers
    say: Say


@dataclass(frozen=True)
class CaseworkDesks:
    cases: CaseDesk
    replies: ReplyDesk
    tasks: TaskDesk
    liaison: LiaisonDesk
    reports: ReportDesk
    retaken: Retaken
    suspension: Suspension
    inbox: InboxDesk


def casework_desks(of: CaseParts) -> CaseworkDesks:
    drafts, zone = Drafts(of.database, of.vault), ZoneInfo(of.settings.station.time_zone)
    bookings = lambda: [row.id for row in of.ledger.bookings()]  # noqa: E731  # asked at each use
    return CaseworkDesks(
        CaseDesk(
            of.casework,
            of.policy,
            of.clock,
            station=of.settings.station.id,
            bookings=bookings,
            zone=zone,
            released=of.detainers.released,
            numbers=partial(jail_numbers, of.database),
        ),
        ReplyDesk(of.casework, of.decoder),
        TaskDesk(
            database=of.database, detainers=of.detainers, drafts=drafts, records=of.records, clock=of.clock, policy=of.policy, say=of.say
        ),
        LiaisonDesk(
            casework=of.casework,
            detainers=of.detainers,
            drafts=drafts,
            clock=of.clock,
            policy=of.policy,
            ori=of.settings.station.ori,
            subject=_subject(of.prints),
            there=lambda booking: of.ledger.booking(booking) is not None,
        ),
        ReportDesk(
            casework=of.casework,
            detainers=of.detainers,
            drafts=drafts,
            clock=of.clock,
            policy=of.policy,
            zone=zone,
            opened=_opened(of.ledger, of.vault),
        ),
        Retaken(of.ledger, of.prints, of.workers),
        Suspension(of.policy),
        InboxDesk(of.casework),
    )


def reply_form(settings: Settings) -> ReplyForm:
    """How the state's bureau writes its answers. Raises ConfigError."""
    return form_of(load_state(settings.bureau.state).replies) if settings.bureau.state else PROFILE_1


def _subject(prints: Prints) -> Callable[[BookingId], Awaitable[Subject]]:
    async def of(booking: BookingId) -> Subject:
        return (await prints.facts(booking)).subject

    return of


def _opened(ledger: Ledger, vault: Vault) -> Callable[[datetime, datetime], Sequence[Opened]]:
    """A booking whose facts were purged is counted no more."""

    def between(first: datetime, last: datetime) -> Sequence[Opened]:
        rows = [row for row in ledger.bookings() if first <= row.opened_at < last]
        found = ((row, _race(vault, row.id)) for row in rows)
        return [(row.id, row.opened_at, row.officer, race) for row, race in found if race is not None]

    return between


def _race(vault: Vault, booking: BookingId) -> str | None:
    try:
        return facts_from_json(vault.get(booking, "facts")).subject.race
    except VaultError:
        return None
