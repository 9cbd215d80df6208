"""The desks of pages and command line over one case."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine
from typing import Any

from agent.access.roles import Role
from agent.casework.drafts import Drafts
from agent.casework.iaq import Asking
from agent.casework.liaison_desk import LiaisonDesk
from agent.casework.report_desk import ReportDesk
from agent.casework.task_desk import TaskDesk
from agent.model.booking import BookingId
from agent.submission import replies
from tests.casework.bench import BOOKING, NOW, TCN, Office, booking
from tests.procedure.case import ZONE, Case

EVERYONE = tuple(Role)
OFFICER = (Role.BOOKING_OFFICER,)
SUPERVISOR = (Role.SUPERVISOR,)


class Records:
    """What the tasks ask of the booking room."""

    def __init__(self) -> None:
        self.corrected: list[tuple[Any, ...]] = []

    async def correct(self, booking_id: str, officer: str, facts: Any, retake: Any, *, as_it_is: bool = False) -> str:
        self.corrected.append((booking_id, officer, facts, tuple(retake), as_it_is))
        return TCN


class Desks:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.said: list[Any] = []
        self.records: Any = Records()
        drafts = Drafts(case.database, case.vault)
        policy = lambda: case.policy  # noqa: E731  # as the core hands it in
        self.tasks = TaskDesk(
            database=case.database, detainers=case.detainers, drafts=drafts, records=self.records, clock=case.clock, policy=policy,
            say=self.said.append,
        )  # fmt: skip
        self.liaison = LiaisonDesk(
            casework=case.casework, detainers=case.detainers, drafts=drafts, clock=case.clock, policy=policy,
            ori="NY0010000", subject=self._subject, there=lambda _: True,
        )  # fmt: skip
        self.reports = ReportDesk(
            casework=case.casework, detainers=case.detainers, drafts=drafts, clock=case.clock, policy=policy, zone=ZONE,
            opened=lambda first, last: [(BOOKING, NOW, "officer-1", "U")] if first <= NOW < last else [],
        )  # fmt: skip

    async def _subject(self, _: BookingId) -> Any:
        return booking().subject


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def rid(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def errt(office: Office, *messages: str) -> bytes:
    return office.send(office.reply(replies.build_errt, "SIB-ERRT-00001", messages=messages))


def asking(**more: Any) -> Asking:
    usual = {"officer": "officer-9", "roles": EVERYONE, "reason": "identity in doubt", "phone": "555 0100", "in_custody": True}
    return Asking(**usual | more)


def with_queries(case: Case) -> None:
    case.policy = case.policy.model_copy(update={"iaq": case.policy.iaq.model_copy(update={"by_a_person": True})})
