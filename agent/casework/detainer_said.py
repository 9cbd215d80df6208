"""What a person may write down of a deed about a detainer: one table of event and words, checked before anything is kept. Pure.

What is not in the table is not taken: there is no word here for a person's status, and none that prolongs custody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from agent.casework.detainer_forms import Form
from agent.casework.detainer_record import Copied, DetainerRefused, Mode
from agent.casework.detainer_states import DetainerEvent

LONGEST = 500  # characters of one answer
_D = DetainerEvent
_Rule = Callable[[str, Form], str]  # "" or why not


def _text(value: str, _form: Form) -> str:
    return "" if value.strip() else "is empty"


def _day(value: str, _form: Form) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        return "is no day, CCYY-MM-DD"
    return ""


def _mode(value: str, _form: Form) -> str:
    return "" if value in list(Mode) else f"is none of {', '.join(Mode)}"


def _copied(value: str, _form: Form) -> str:
    return "" if value in list(Copied) else f"is none of {', '.join(Copied)}"


def _item(value: str, form: Form) -> str:
    return "" if value in form.checklist else "is no condition of the form"


# event: (what must be said, what may be said)
TABLE: Mapping[DetainerEvent, tuple[Mapping[str, _Rule], Mapping[str, _Rule]]] = MappingProxyType(
    {
        _D.FILED: ({}, {}),
        _D.SERVED: ({}, {"papers": _text, "server": _text}),
        _D.VISITED: ({"mode": _mode, "visitor": _text}, {"papers": _text}),
        _D.RELEASE_PLANNED: ({"planned": _day}, {}),
        _D.NOTICE_SENT: ({"planned": _day, "recipient": _text}, {}),
        _D.HOLD_STARTED: ({}, {}),
        _D.CUSTODY_TAKEN: ({}, {"officer": _text}),
        _D.WITHDRAWN: ({}, {"by_document": _text}),
        _D.DECLINED: ({}, {"policy": _text}),
        _D.ITEM_DONE: ({"item": _item}, {}),
        _D.REMOVAL_NOTED: ({"copied": _copied}, {"open_charges": _text}),
    }
)


def event_of(word: str) -> DetainerEvent:
    """Raises DetainerRefused for what nobody writes down: a form has its document, a limit the clock, a release the booking."""
    if word not in [event.value for event in TABLE]:
        raise DetainerRefused(
            "That is nothing to be written down of a detainer.", means="Nothing was recorded.", do=f"Say one of: {', '.join(TABLE)}."
        )
    return DetainerEvent(word)


def check_said(event: DetainerEvent, said: Mapping[str, str], form: Form) -> None:
    """Raises DetainerRefused naming every answer that is wanting, unknown or of the wrong form; none is repeated."""
    must, may = TABLE[event]
    wrong = [f"'{name}' is wanting" for name in must if name not in said]
    wrong += [f"{len(set(said) - set(must) - set(may))} answers are not asked for"] if set(said) - set(must) - set(may) else []
    for name, rule in {**must, **may}.items():
        if name in said and (why := "is too long" if len(said[name]) > LONGEST else rule(said[name], form)):
            wrong.append(f"'{name}' {why}")
    if wrong:
        raise DetainerRefused(f"That cannot be written down: {'; '.join(wrong)}.", means="Nothing was recorded.", do="Mend these.")
