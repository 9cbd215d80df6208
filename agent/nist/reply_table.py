"""How a state's bureau writes its answers, as data: part of its profile (`config/profiles`). Frozen; `submission.reply_forms` reads by it.

No layout of the immigration response is public, so every table that is shipped is invented and says so: NOT AN FBI OR DHS FORMAT.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Tag = Annotated[str, Field(pattern=r"^[12]\.[0-9]{3,4}$")]
Label = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 -]{0,39}$")]


class Form(StrEnum):
    PROFILE_1 = "profile-1"  # this project's own mapping: `submission.replies`
    SRE = "sre"  # an ANSI/NIST SRE or ERRT that carries the answer in fields of the state's own
    MAIL = "mail"  # plain text: lines of a head, an empty line, sections


class Means(StrEnum):
    """What a bureau may say."""

    SRE_IDENT = "SRE_IDENT"
    SRE_NON_IDENT = "SRE_NON_IDENT"
    SRE_UNCLEAR = "SRE_UNCLEAR"  # the FBI's search answered without a finding
    STATE_IDENT = "STATE_IDENT"
    ERRT = "ERRT"
    IDR_MATCH = "IDR_MATCH"
    IDR_NO_MATCH = "IDR_NO_MATCH"
    IDR_ERROR = "IDR_ERROR"
    IAR = "IAR"


class Place(StrEnum):
    """What stands somewhere in an answer."""

    TCN = "tcn"  # the bureau's own control number
    TCR = "tcr"  # ours
    OCA = "oca"
    FBI = "fbi"
    SID = "sid"
    RESULT = "result"  # one of `results`
    MESSAGE = "message"  # any number of them
    ENCOUNTER = "encounter"  # any number of them
    DETERMINATION = "determination"  # LESC's words, to be shown as they are


class Item(StrEnum):
    """What may be said of an encounter."""

    NAME = "NAM"
    BORN = "DOB"
    PLACE = "POB"
    SEX = "SEX"
    LOCATOR = "LOC"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Frozen):
    """Of profile 1: a reply whose field matches is of this kind."""

    tot: Annotated[str, Field(pattern=r"^[A-Z]{3,16}$")]
    tag: Annotated[str, Field(pattern=r"^2\.[0-9]{3,4}$")]
    pattern: Annotated[str, Field(max_length=200)]
    means: Means


class ReplyTable(_Frozen):
    form: Form = Form.PROFILE_1
    clause: str = ""  # of the bureau's interface document
    rules: tuple[Rule, ...] = ()  # profile 1
    tags: Mapping[Place, Tag] = Field(default_factory=dict)  # SRE: a field, "2.2100"
    lines: Mapping[Place, Label] = Field(default_factory=dict)  # mail: the name of a line of the head, or the line that begins a section
    results: Mapping[str, Means] = Field(default_factory=dict)  # as the bureau writes it, to what it means
    items: tuple[Item, ...] = ()  # SRE: of an encounter, in this order
    labels: Mapping[Item, Label] = Field(default_factory=dict)  # mail: the name of a line of an encounter

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """A form that could not tell what was said, or about what, is refused where it is read, not when an answer comes."""
        if self.form is Form.PROFILE_1:
            for rule in self.rules:
                re.compile(rule.pattern)
            return self
        places = self.tags if self.form is Form.SRE else self.lines
        needed = (Place.RESULT, Place.ENCOUNTER, Place.DETERMINATION) + ((Place.TCN, Place.TCR) if self.form is Form.MAIL else ())
        wanting = [place for place in needed if place not in places]
        if wanting or not self.results or not (self.items if self.form is Form.SRE else self.labels):
            raise ValueError(f"wants {', '.join(wanting) or 'results and items of an encounter'}")
        if len({value.upper() for value in places.values()}) != len(places) or len(set(self.items)) != len(self.items):
            raise ValueError("has one place for two things")
        return self
