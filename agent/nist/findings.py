"""What a check finds: always the field, the rule, the clause and a sentence, never the value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


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
    RESOLUTION = "resolution"
    IMAGE = "image"
    COMPLETENESS = "completeness"  # fingers, their images and AMP


@dataclass(frozen=True)
class Finding:
    field: str  # "2.020"; a whole record is named by its type: "14"
    rule: Rule
    clause: str  # document and place
    severity: Severity
    sentence: str  # for a person


def error(field: str, rule: Rule, clause: str, sentence: str) -> Finding:
    return Finding(field, rule, clause, Severity.ERROR, sentence)


def warning(field: str, rule: Rule, clause: str, sentence: str) -> Finding:
    return Finding(field, rule, clause, Severity.WARNING, sentence)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stand in the way of sending."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
