"""What is told to ICE of a person who was gone before a detainer came (SOP 2.1.5). Drafted here, sent by a person, not from here. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.casework.detainer_record import Detainer, DetainerRefused
from agent.casework.detainer_states import DetainerState
from agent.policy import DetainerPolicy


@dataclass(frozen=True)
class LocationAnswer:
    detainer: str
    text: str
    drafted_by: str
    approved_by: str = ""  # nothing may leave without a name here

    @property
    def may_be_sent(self) -> bool:
        return bool(self.approved_by)


def draft(detainer: Detainer, released_at: datetime, by: str, policy: DetainerPolicy) -> LocationAnswer:
    """Identification and when the person left; nothing else is known here. Raises DetainerRefused."""
    if detainer.state is not DetainerState.RELEASED_BEFORE:
        raise DetainerRefused("The person had not left before the form came.", do="Follow the form's conditions.")
    if policy is DetainerPolicy.DECLINE:
        raise DetainerRefused("The policy of this jurisdiction answers no such request.", do="Record the request as declined.")
    text = (
        f"Your detainer of {detainer.lodged.received_at:%Y-%m-%d %H:%M} UTC ({detainer.form.name}) was received after the person left our"
        f" custody on {released_at:%Y-%m-%d %H:%M} UTC, booking {detainer.booking}."
    )
    return LocationAnswer(detainer.id, text, by)


def approve(answer: LocationAnswer, approver: str) -> LocationAnswer:
    """By a second person. Raises DetainerRefused for the one who drafted it."""
    if not approver.strip() or approver == answer.drafted_by:
        raise DetainerRefused("An answer to ICE is approved by a named person who did not draft it.", do="Ask a supervisor.")
    return LocationAnswer(answer.detainer, answer.text, answer.drafted_by, approver)
