"""What a check finds: always the field, the rule, the clause and a sentence, never the value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

from agent.nist.form_places import place_of


class Severity(StrEnum):
    ERROR = "error"  # the FBI or the bureau will reject it: it is not sealed
    WARNING = "warning"  # it will be dropped, clamped or questioned


class Rule(StrEnum):
    STRUCTURE = "structure"  # lengths, counts, records, separators
    UNDEFINED = "undefined"  # a record or field that is no part of this type of transaction
    MANDATORY = "mandatory"
    OCCURRENCES = "occurrences"
    LENGTH = "length"
    CHARACTERS = "characters"
    CODE = "code"
    DATE = "date"
    SYNTAX = "syntax"  # of a name, a number, a height
    LITERAL = "literal"  # an offense needs words
    AGENCY = "agency"  # who sends, to whom, and who gets copies
    RESOLUTION = "resolution"
    IMAGE = "image"
    SIZE = "size"  # of an image
    COMPRESSION = "compression"
    QUALITY = "quality"  # scores and segments beside an image
    COMPLETENESS = "completeness"  # fingers, their images and AMP
    STATE = "state"  # what a state's profile asks for


class FindingJson(TypedDict):
    id: str
    field: str
    rule: str
    clause: str
    severity: str
    sentence: str
    form: str


@dataclass(frozen=True)
class Finding:
    field: str  # "2.020"; a whole record is named by its type: "14"
    rule: Rule
    clause: str  # document and place
    severity: Severity
    sentence: str  # for a person
    form: str = ""  # where on the booking form it is mended, "" where nothing is typed in: see `form_places`

    @property
    def id(self) -> str:
        """The same for every file that breaks this rule in this field: "2.020/code"."""
        return f"{self.field}/{self.rule}"

    def as_json(self) -> FindingJson:
        """Plain values for `json`."""
        return FindingJson(
            id=self.id,
            field=self.field,
            rule=self.rule.value,
            clause=self.clause,
            severity=self.severity.value,
            sentence=self.sentence,
            form=self.form,
        )


def error(field: str, rule: Rule, clause: str, sentence: str, *, position: int | None = None) -> Finding:
    return Finding(field, rule, clause, Severity.ERROR, sentence, place_of(field, position))


def warning(field: str, rule: Rule, clause: str, sentence: str, *, position: int | None = None) -> Finding:
    return Finding(field, rule, clause, Severity.WARNING, sentence, place_of(field, position))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stand in the way of sending."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
