"""What a state's bureau lays down beyond EBTS, read from TOML: `config/profiles/example-state.toml` explains every key by an example.

A profile changes the dictionary (private fields, extra mandatory fields, limits of records) and adds rules that need more than a field
(`agent.nist.check_state`). Pure: whoever has the file parses it and passes the dictionary in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from agent.errors import ConfigError
from agent.nist.dictionary import EDITION, RECORDS
from agent.nist.editions import EDITIONS, Standard, make_standard, standard
from agent.nist.reply_table import ReplyTable
from agent.nist.rows import LINES, PRINT, Dates, Row, row

Tag = Annotated[str, Field(pattern=r"^2\.[0-9]{3,4}$")]
Span = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0, le=9999)]]  # (least, most)
_SPECIAL = {"PRINT": PRINT, "LINES": LINES}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class PrivateField(_Frozen):
    """A Type-2 field of the state's own."""

    tag: Tag
    mnemonic: str = Field(pattern=r"^[A-Z0-9]{2,6}$")
    name: str = Field(min_length=1, max_length=60)
    form: str = Field(pattern=r"^A?N?S? [0-9]+(-[0-9]*)?$")  # as in the dictionary: "AN 2", "ANS 1-30"
    occurs: Span = (0, 1)
    special: str = ""  # the characters that S stands for, or PRINT or LINES; empty: PRINT where the form is ANS
    codes: Mapping[str, str] = Field(default_factory=dict)  # code to meaning; empty: no list
    date: bool = False  # CCYYMMDD
    clause: str = ""


class TransactionRules(_Frozen):
    mandatory: tuple[Tag, ...] = ()  # of EBTS's own optional fields
    forbidden: tuple[Tag, ...] = ()
    records: Mapping[Annotated[str, Field(pattern=r"^[0-9]{1,2}$")], Span] = Field(default_factory=dict)
    fields: tuple[PrivateField, ...] = ()


class StateProfile(_Frozen):
    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    name: str = Field(min_length=1, max_length=80)
    edition: str = EDITION
    dai: str = Field(pattern=r"^[A-Z]{2}[A-Z0-9]{7}$")  # 1.007: the bureau's ORI
    nff: bool = False  # the state takes part in the National Fingerprint File
    private: tuple[tuple[int, int], ...] = ()  # Type-2 field numbers allocated to it, EBTS 11.0 table L-5
    clause: str = ""  # the interface document that findings quote
    replies: ReplyTable = ReplyTable()  # how its answers are written
    transactions: Mapping[str, TransactionRules] = Field(default_factory=dict)  # by type of transaction

    @field_validator("edition")
    @classmethod
    def _known_edition(cls, edition: str) -> str:
        if edition not in EDITIONS:
            raise ValueError(f"is none of {', '.join(EDITIONS)}")
        return edition

    @model_validator(mode="after")
    def _fields_have_their_place(self) -> StateProfile:
        """Private fields lie in the state's ranges and are not EBTS's; what is mandatory or forbidden is a field that exists."""
        base = standard(self.edition)
        for tot, rules in self.transactions.items():
            if tot not in RECORDS:
                raise ValueError(f"transaction {tot} is none of {', '.join(RECORDS)}")
            for private in rules.fields:
                number = _number(private.tag)
                if base.lookup(2, number) is not None or not any(low <= number <= high for low, high in self.private):
                    raise ValueError(f"{private.tag} is not in the state's private ranges")
            for tag in (*rules.mandatory, *rules.forbidden):
                known = base.lookup(2, _number(tag))
                if known is None or known.occurrences(tot) is None:
                    raise ValueError(f"{tag} is no field of {tot} in EBTS {self.edition}")
        return self

    @cached_property
    def standard(self) -> Standard:
        """The edition's dictionary with this state's changes."""
        base = standard(self.edition)
        fields, records = dict(base.fields), {tot: dict(limits) for tot, limits in base.records.items()}
        for tot, rules in self.transactions.items():
            fields |= {(2, r.number): r for r in (_row(f, tot, self.clause) for f in rules.fields)}
            fields |= {(2, _number(tag)): _wanted(base.fields[2, _number(tag)], tot) for tag in rules.mandatory}
            records[tot] |= {(int(type_),): span for type_, span in rules.records.items()}
        return make_standard(self.edition, fields, records)

    def forbidden(self, tot: str) -> frozenset[int]:
        """Numbers of the Type-2 fields that this bureau does not take."""
        return frozenset(_number(tag) for tag in self.transactions[tot].forbidden) if tot in self.transactions else frozenset()


def read_profile(raw: Mapping[str, Any], source: str) -> StateProfile:
    """The profile of a parsed TOML document. Raises ConfigError naming every wrong key; an unknown key is one."""
    try:
        return StateProfile.model_validate(dict(raw))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in e['loc']) or 'profile'}: {e['msg'].lower()}" for e in error.errors())
        raise ConfigError(f"{source}: {wrong}.", means="This state's rules are not known.", do="Mend these keys.") from error


def _number(tag: str) -> int:
    return int(tag.partition(".")[2])


def _wanted(known: Row, tot: str) -> Row:
    """The row, at least once in this transaction."""
    least, most = known.occurrences(tot) or (0, 1)
    return replace(known, occurs={**known.occurs, tot: (max(least, 1), most)})


def _row(private: PrivateField, tot: str, clause: str) -> Row:
    made = row(
        2,
        _number(private.tag),
        private.mnemonic,
        private.name,
        private.form,
        occurs={tot: private.occurs},
        clause=private.clause or clause,
        dates=Dates.FULL if private.date else Dates.NONE,
    )
    special = _SPECIAL.get(private.special, private.special) or (PRINT if re.match("ANS", private.form) else "")
    return replace(made, special=special, codes=dict(private.codes) or None)
