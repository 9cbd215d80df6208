"""One arrival as the jail system writes it, in JSON or as a line of CSV, and what is wrong with it, field by field. Pure.

The jail's list is often incomplete when a person arrives, and prints are wanted at the earliest point (SOP 3.1.1): whatever is of the
right type is taken, what the bureau would refuse is listed as still to be mended, and only what cannot be read is refused. A value is
never repeated in an error.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypedDict

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from agent.booking.facts import Facts
from agent.errors import LivescanError
from agent.model.booking import Arrest, Charge, Subject
from agent.nist import ncic_offenses

LARGEST = 16 * 1024 * 1024  # bytes of a file
MOST_CHARGES = 100
NUMBER = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$"

Text = Annotated[str, Field(max_length=300)]
Texts = Annotated[tuple[Text, ...], Field(max_length=10)]


class FieldError(TypedDict):
    field: str  # "subject.date_of_birth"
    rule: str  # what kind of rule, "2.022/date" for one of the bureau
    sentence: str


class ArrivalError(LivescanError):
    """What the jail system said cannot be taken over; `errors` says where."""

    def __init__(self, what: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(what, means="Nothing was taken over.", do="Mend these fields and send it again.")
        self.errors = tuple(errors)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JailSubject(_Strict):
    """Of the person, as far as it is known. Codes are those of EBTS 11.0 appendix C; nothing is guessed from anything."""

    name: Text = Field(default="", description="SURNAME,GIVEN MIDDLE (EBTS 2.018)")
    date_of_birth: Text = Field(default="", description="CCYYMMDD (EBTS 2.022)")
    place_of_birth: Text = Field(default="", description="NCIC code (EBTS 2.020)")
    sex: Text = Field(default="", description="EBTS 2.024")
    race: Text = Field(default="", description="EBTS 2.025")
    height: Text = Field(default="", description="feet and inches, 3 digits (EBTS 2.027)")
    weight: Text = Field(default="", description="pounds, 3 digits (EBTS 2.029)")
    eyes: Text = Field(default="", description="EBTS 2.031")
    hair: Text = Field(default="", description="EBTS 2.032")
    aliases: Texts = Field(default=(), description="EBTS 2.019")
    citizenship: Texts = Field(default=(), description="EBTS 2.021")
    marks: Texts = Field(default=(), description="scars, marks and tattoos (EBTS 2.026)")
    fbi_numbers: Texts = Field(default=(), description="EBTS 2.014")
    state_id: Text | None = Field(default=None, description="EBTS 2.015")
    social_security: Texts = Field(default=(), description="EBTS 2.016")
    other_numbers: Texts = Field(default=(), description="EBTS 2.017")
    residence: Text | None = Field(default=None, description="EBTS 2.041")
    occupation: Text | None = Field(default=None, description="EBTS 2.040")


class JailCharge(_Strict):
    """Words are what is sent. A code is an aid to find them: EBTS demands none, and where there are words it changes nothing."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["literal"]}, {"required": ["code"]}]})

    literal: Text = Field(default="", description="the offense in words (EBTS 2.047 AOL); where only a code is given, the words of that")
    code: str = Field(default="", pattern=r"^([0-9]{4})?$", description="NCIC uniform offense code, four digits; not sent")
    offense_date: date | None = Field(default=None, description="EBTS 2.047 DOO")

    @model_validator(mode="after")
    def _has_either(self) -> JailCharge:
        if not self.model_fields_set & {"literal", "code"}:
            raise PydanticCustomError("missing", "words are needed, or a code that has some")
        return self

    @property
    def said(self) -> str:
        """The words; those of the code where there are none. A code without words stays as it is, for the check to name."""
        return self.literal or ncic_offenses.words(self.code)


class JailArrival(_Strict):
    """Somebody was booked in."""

    booking_number: str = Field(pattern=NUMBER, description="the jail's own; the same number is the same person")
    arrived_at: AwareDatetime = Field(description="ISO 8601 with its offset", json_schema_extra={"pattern": "^20[0-9]{2}-"})
    subject: JailSubject = JailSubject()
    date_of_arrest: date | None = Field(default=None, description="local date (EBTS 2.045); the day of arrival where it is not given")
    charges: Annotated[tuple[JailCharge, ...], Field(max_length=MOST_CHARGES)] = ()

    @field_validator("arrived_at")
    @classmethod
    def _of_this_century(cls, at: datetime) -> datetime:
        if not 2000 <= at.year < 2100:
            raise ValueError("the year is none of this century")
        return at


@dataclass(frozen=True)
class Arrived:
    number: str
    at: datetime  # UTC
    facts: Facts


def arrival_from_python(raw: Any) -> Arrived:
    """From parsed JSON. Raises ArrivalError naming each field that cannot be read."""
    try:
        said = JailArrival.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        wrong = [_field_error(one["type"], one["loc"], one["msg"]) for one in error.errors(include_input=False, include_url=False)]
        raise ArrivalError(
            "The arrival cannot be read: " + "; ".join(f"{one['field']}: {one['sentence']}" for one in wrong), wrong
        ) from None
    except (ValueError, RecursionError):
        raise ArrivalError("The arrival is no JSON object.") from None
    return _arrived(said)


def arrivals_of_file(data: bytes) -> list[Any]:
    """The arrivals of a file, each as parsed JSON and not checked: a JSON object, a list of them, or CSV with a head line.

    Raises ArrivalError for a file that is none of these.
    """
    if len(data) > LARGEST:
        raise ArrivalError("The file is larger than 16 MB.")
    try:
        text = data.decode("utf-8-sig")
        found = json.loads(text) if text.lstrip().startswith(("[", "{")) else list(_of_csv(text))
    except (UnicodeDecodeError, ValueError, RecursionError, csv.Error):
        raise ArrivalError("The file is neither JSON nor CSV with a head line, in UTF-8.") from None
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list) or not found:
        raise ArrivalError("There is no arrival in the file.")
    return found


def _of_csv(text: str) -> Iterable[dict[str, Any]]:
    """Columns by name: booking_number, arrived_at, date_of_arrest, charge_1, charge_1_code, charge_1_date …, the fields of the subject.

    Several values of one field are separated by semicolons. A line with more fields than the head keeps them under a name that is refused.
    """
    for row in csv.DictReader(io.StringIO(text), restkey="too many fields", strict=True):
        yield _of_line({str(key): value for key, value in row.items() if value not in (None, "")})


def _of_line(row: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {key: row[key] for key in ("booking_number", "arrived_at", "date_of_arrest") if key in row}
    charges = sorted({found[1] for key in row if (found := _CHARGE.fullmatch(key))}, key=lambda name: int(name[7:]))
    out["charges"] = [_charge(row, name) for name in charges]
    used = {*out, *(f"{name}{part}" for name in charges for part in ("", "_code", "_date"))}
    out["subject"] = {key: value.split(";") if key in _SEVERAL else value for key, value in row.items() if key not in used}
    return out


def _charge(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    said = {"literal": row.get(name), "code": row.get(f"{name}_code")}
    return {key: value for key, value in said.items() if value is not None} | {"offense_date": row.get(f"{name}_date")}


_CHARGE = re.compile(r"(charge_[0-9]{1,3})(?:_code)?")
_SEVERAL = frozenset(name for name, field in JailSubject.model_fields.items() if field.default == ())


def _arrived(said: JailArrival) -> Arrived:
    charges = tuple(Charge(one.said, one.offense_date) for one in said.charges)
    arrest = Arrest(said.date_of_arrest or said.arrived_at.date(), charges)
    return Arrived(said.booking_number, said.arrived_at.astimezone(UTC), Facts(Subject(**said.subject.model_dump()), arrest))


def _field_error(kind: str, place: tuple[int | str, ...], message: str) -> FieldError:
    unknown = kind == "extra_forbidden"
    field = ".".join(str(part) for part in (place[:-1] if unknown else place)) or "the arrival"
    return FieldError(field=field, rule=kind, sentence="a key that is not known" if unknown else message)
