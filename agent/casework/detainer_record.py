"""The record of one detainer: what was received and what was done about it, as values. Pure.

A document is immutable: its bytes are in the vault under its SHA-256, what a person read from it beside it. What was done is added, never
changed. Nothing is sent to anyone from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from agent.casework.detainer_forms import Form, form
from agent.casework.detainer_states import ENDED, DetainerEvent, DetainerState, fold
from agent.casework.errors import CaseworkError
from agent.model.booking import BookingId
from agent.policy import DetainerPolicy


class DetainerRefused(CaseworkError):
    """What was asked for does not go with the document, the policy or the order of things."""


class Mode(StrEnum):
    """How ICE spoke with the person (SOP 3.2.2). No sound or picture of it is kept."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    VIDEO = "video"


class Copied(StrEnum):
    """Whether ICE's word of a removal went to prosecutor and court as well (SOP 3.2.5)."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Lodged:
    """What a person reads from the form."""

    form: str  # "I-247A"
    ice_office: str
    ice_officer: str
    received_at: datetime  # UTC
    attached: frozenset[str] = frozenset()  # "I-200", "I-205", "judicial_warrant"
    subject_number: str = ""
    probable_cause: str = ""


@dataclass(frozen=True)
class Deed:
    """Something that was done, and by whom."""

    event: DetainerEvent
    at: datetime  # UTC, when it was done
    by: str  # officer id of who wrote it down
    said: Mapping[str, str] = field(default_factory=dict)  # recipient, mode, papers, item, released_at, copied …


@dataclass(frozen=True)
class Detainer:
    id: str  # SHA-256 of the document, hex
    booking: BookingId
    lodged: Lodged = field(repr=False)
    deeds: tuple[Deed, ...]
    released_before: bool = False

    @property
    def state(self) -> DetainerState:
        return fold((deed.event for deed in self.deeds), released_before=self.released_before)

    @property
    def form(self) -> Form:
        return form(self.lodged.form)

    def at(self, event: DetainerEvent) -> datetime | None:
        """When something was last done."""
        return next((deed.at for deed in reversed(self.deeds) if deed.event is event), None)

    def open_items(self) -> tuple[str, ...]:
        """Conditions of the form that nobody has ticked off. They keep the record open; they never stop a release."""
        done = {deed.said.get("item", "") for deed in self.deeds if deed.event is DetainerEvent.ITEM_DONE}
        return tuple(item for item in self.form.checklist if item not in done)

    def may_be_closed(self) -> bool:
        return self.state in ENDED and not self.open_items()


def document_id(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()


def check_lodged(lodged: Lodged, document: bytes) -> None:
    """INV3: a detainer stands on a document, an office, an officer and a date. Raises DetainerRefused."""
    form(lodged.form)
    wanting = [
        name
        for name, value in (
            ("the document", document),
            ("the ICE office", lodged.ice_office.strip()),
            ("the ICE officer", lodged.ice_officer.strip()),
        )
        if not value
    ]
    if wanting:
        raise DetainerRefused(
            f"A detainer needs {', '.join(wanting)}.", means="Nothing was recorded.", do="Enter it from the form that ICE sent."
        )


def check_hold(detainer: Detainer, policy: DetainerPolicy) -> None:
    """Whether a hold may be put on record at all. Raises DetainerRefused with why not; the person is released as if there were no form."""
    reason = _why_no_hold(detainer, policy)
    if reason:
        raise DetainerRefused(reason, means="No hold is recorded. The form alone holds nobody.", do="Release unless another lawful basis.")


def _why_no_hold(detainer: Detainer, policy: DetainerPolicy) -> str:
    if policy in (DetainerPolicy.NOTIFY, DetainerPolicy.DECLINE):
        return f"The policy of this jurisdiction ({policy}) holds nobody on a detainer."
    if policy is DetainerPolicy.JUDICIAL_WARRANT and "judicial_warrant" not in detainer.lodged.attached:
        return "The policy of this jurisdiction holds only with a warrant signed by a judge, and none is attached."
    if not detainer.form.holds:
        return f"The form {detainer.form.name} asks for no hold."
    if detainer.form.service_before_hold and detainer.at(DetainerEvent.SERVED) is None:
        return f"The form {detainer.form.name} takes effect only when a copy was served on the person, and none is recorded."
    return ""


@dataclass(frozen=True)
class NoticeTask:
    """ICE is told of a release or transfer (SOP 2.2.3)."""

    planned: date  # of the release, local
    due: date  # local; the day itself when the time ahead is shorter
    done: bool
    words: str


def notice_task(deeds: Sequence[Deed], today: date, days: int) -> NoticeTask | None:
    """The task of the release that is planned last; a new date plans it anew, and a notice sent before counts for the date it named."""
    plans = [deed for deed in deeds if deed.event is DetainerEvent.RELEASE_PLANNED]
    if not plans:
        return None
    planned = date.fromisoformat(plans[-1].said["planned"])
    due = max(planned - timedelta(days=days), today)
    sent = [deed for deed in deeds if deed.event is DetainerEvent.NOTICE_SENT and deed.said.get("planned") == planned.isoformat()]
    if sent:
        return NoticeTask(planned, due, True, f"ICE was told: {sent[-1].said.get('recipient', '')}.")
    return NoticeTask(planned, due, False, "Tell ICE now." if due <= today else f"Tell ICE by {due.isoformat()}.")
