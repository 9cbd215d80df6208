"""The form of a person: its fields in order, from what was typed to `Facts` and back, and what is wrong where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from agent.booking.facts import Facts
from agent.kiosk.asking import Form
from agent.model.booking import Arrest, Charge, Subject
from agent.nist import ncic_offenses
from agent.nist.findings import Finding

MOST_CHARGES = 999  # 2.047 ASL, EBTS 11.0


@dataclass(frozen=True)
class Asked:
    """One field of the form."""

    place: str  # dotted name of the fact: `agent.nist.form_places`
    kind: str  # text, day, select, pick, many
    codes: str = ""  # of `pickers`; "" free text
    needed: bool = False

    @property
    def label(self) -> str:
        """In the catalogue."""
        return f"field.{self.place.rpartition('.')[2]}"


PERSON = (
    Asked("subject.name", "text", needed=True),
    Asked("subject.date_of_birth", "day", needed=True),
    Asked("subject.sex", "select", "sex", needed=True),
    Asked("subject.race", "select", "race", needed=True),
    Asked("subject.height", "text", needed=True),
    Asked("subject.weight", "text", needed=True),
    Asked("subject.eyes", "select", "eyes", needed=True),
    Asked("subject.hair", "select", "hair", needed=True),
    Asked("subject.place_of_birth", "pick", "places", needed=True),
    Asked("subject.citizenship", "many", "citizenships"),
    Asked("subject.aliases", "many"),
    Asked("subject.marks", "many", "marks"),
    Asked("subject.fbi_numbers", "many"),
    Asked("subject.state_id", "text"),
    Asked("subject.social_security", "many"),
    Asked("subject.other_numbers", "many"),
    Asked("subject.residence", "text"),
    Asked("subject.occupation", "text"),
)
ARREST = (
    Asked("arrest.date_of_arrest", "day", needed=True),
    Asked("arrest.caution", "text"),
    Asked("arrest.attention", "text"),
)
_OPTIONAL = frozenset({"subject.state_id", "subject.residence", "subject.occupation", "arrest.caution", "arrest.attention"})


@dataclass(frozen=True)
class Wrong:
    """What is to be mended at one place."""

    place: str
    sentence: str
    rule: str  # id and clause, for whoever asks why


def typed(form: Form, before: Facts) -> tuple[Facts, tuple[Wrong, ...]]:
    """The facts as they are typed now, and what could not be understood of them: that stays as it was `before`."""
    wrong: list[Wrong] = []
    subject = {asked.place.partition(".")[2]: _value(asked, form) for asked in PERSON}
    on = _day(form.text("arrest.date_of_arrest"), "arrest.date_of_arrest", wrong) or before.arrest.date_of_arrest
    arrest = replace(
        before.arrest,
        date_of_arrest=on,
        caution=form.text("arrest.caution") or None,
        attention=form.text("arrest.attention") or None,
        charges=_charges(form, wrong),
    )
    return replace(before, subject=Subject(**subject), arrest=arrest), tuple(wrong)  # type: ignore[arg-type]


def shown(facts: Facts) -> dict[str, str]:
    """Every field of the form as text; several values one a line."""
    out: dict[str, str] = {}
    for asked in (*PERSON, *ARREST):
        room, _, name = asked.place.partition(".")
        value = getattr(facts.subject if room == "subject" else facts.arrest, name)
        out[asked.place] = "\n".join(value) if isinstance(value, tuple) else _spoken(name, _plain(value))
    return out


def differing(jail: Facts | None, facts: Facts) -> Mapping[str, str]:
    """What the jail says, where it says otherwise than what is to be sent, by place."""
    if jail is None:
        return {}
    theirs, ours = shown(jail), shown(facts)
    return {place: said for place, said in theirs.items() if said != ours[place]}


def taken_over(facts: Facts, jail: Facts | None, place: str) -> Facts:
    """With what the jail says at one place; as they are where it says nothing, or there is no such place."""
    room, _, name = place.partition(".")
    if jail is None or place not in [asked.place for asked in (*PERSON, *ARREST)]:
        return facts
    said = getattr(getattr(jail, room), name)
    return replace(facts, **{room: replace(getattr(facts, room), **{name: said})})


def wrong_of(findings: Sequence[Finding]) -> tuple[Wrong, ...]:
    return tuple(Wrong(one.form, one.sentence, f"{one.id} · {one.clause}") for one in findings)


def _value(asked: Asked, form: Form) -> str | tuple[str, ...] | None:
    text = form.text(asked.place)
    if asked.kind == "many":
        lines = [line.strip().upper() for line in text.splitlines()]
        return tuple(_code(line) if asked.codes else line for line in lines if line)
    if asked.place == "subject.date_of_birth":
        return _compact(text)
    if asked.place == "subject.height":
        return _feet(text)
    if asked.place == "subject.weight":
        return text.zfill(3) if text.isdigit() else text
    if asked.codes:
        text = _code(text)
    return text.upper() or (None if asked.place in _OPTIONAL else "")


def _code(text: str) -> str:
    """The code of what a picker left: "TX · Texas" or TX alone."""
    return text.partition(" · ")[0].strip().upper()


def _compact(text: str) -> str:
    """A day as CCYYMMDD: 1985-02-14, 02/14/1985 and 19850214 are the same. Anything else as it is, for the check to name."""
    if match := re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", text):
        return "".join(match.groups())
    if match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        return f"{match[3]}{int(match[1]):02d}{int(match[2]):02d}"
    return text


def _feet(text: str) -> str:
    """5'9", 5 9 and 509 are the same."""
    if match := re.fullmatch(r"(\d)\s*['’ft ]+\s*(\d{1,2})\s*(?:[\"”]|in|'')?", text):
        return f"{match[1]}{int(match[2]):02d}"
    return text.upper()


def _charges(form: Form, wrong: list[Wrong]) -> tuple[Charge, ...]:
    rows = zip(form.texts("charge.literal"), form.texts("charge.day"), strict=False)
    return tuple(
        Charge(ncic_offenses.words(" ".join(literal.upper().split())), _day(day, "arrest.charges", wrong) if day else None)
        for literal, day in list(rows)[:MOST_CHARGES]
        if literal or day
    )


def _day(text: str, place: str, wrong: list[Wrong]) -> date | None:
    compact = _compact(text)
    try:
        return date(int(compact[:4]), int(compact[4:6]), int(compact[6:])) if text else None
    except (ValueError, OverflowError):
        wrong.append(Wrong(place, f"'{text[:20]}' is not a day.", "form"))
        return None


def _spoken(name: str, text: str) -> str:
    """A day and a height as people write them, where they are whole."""
    if name == "date_of_birth" and re.fullmatch(r"\d{8}", text) and text != "00000000":
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if name == "height" and re.fullmatch(r"[1-9]\d{2}", text):
        return f"{text[0]}'{text[1:]}\""
    return text


def _plain(value: object) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


_NAMES = {one.name for one in (*fields(Subject), *fields(Arrest))}
assert all(asked.place.rpartition(".")[2] in _NAMES for asked in (*PERSON, *ARREST)), "a field of the form that no fact has"
