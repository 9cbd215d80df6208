"""The editions of EBTS: the dictionary is written for the latest, and here stands what was otherwise in the earlier ones.

Sources: EBTS 9.1 (IAFIS-DOC-01078-9.1, 25 May 2010) appendices B, C, D; EBTS 10.0 tables C-1, D-1, L-2; EBTS 11.0 tables C-1, D-1, L-2.
The NCIC lists of places and marks are those of EBTS 10.0 for every edition: the shorter list of places of 9.1 is not at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from agent.errors import ConfigError
from agent.nist import codes
from agent.nist.dictionary import DICTIONARY, EDITION, RECORDS, Limits
from agent.nist.rows import ANY, Dates, Row, item, row

EDITIONS = ("9.1", "10.0", "11.0")

_C1 = "EBTS 11.0 tables C-1, D-1"
_UNTIL_10: tuple[tuple[int, int, Mapping[str, Any]], ...] = (  # type, number, what the row had instead
    (1, 2, {"codes": {code: codes.VERSIONS[code] for code in ("0200", "0201", "0300", "0400", "0500")}}),
    (2, 47, {"occurs": {"CAR": (1, 40)}}),
    (2, 51, {"occurs": {"CAR": (0, 40)}}),
    (2, 70, {"codes": codes.YES_NO}),
)
_FIELDS_UNTIL_10 = (
    row(2, 54, "SSD", "custody begins", "N 8", occurs={"CAR": (0, 1)}, clause=_C1, dates=Dates.FULL),
    row(2, 55, "SLE", "custody in words", "ANS 1-300", occurs={"CAR": (0, 1)}, clause=_C1),
)
_RECORDS_UNTIL_10: Limits = {(13,): (0, 2)}
_UNTIL_9: tuple[tuple[int, int, Mapping[str, Any]], ...] = (
    (1, 2, {"codes": {"0400": codes.VERSIONS["0400"]}}),
    (1, 13, {"occurs": {ANY: (0, 1)}}),
    (2, 18, {"most": 30}),
    (2, 19, {"most": 30}),
    (2, 21, {"occurs": {"CAR": (0, 1)}}),
    (2, 51, {"most": 610, "items": tuple(part for part in DICTIONARY[2, 51].items if part.mnemonic in ("CDD", "COL", "CPL"))}),
    (2, 59, {"codes": {"I": codes.FINDING["I"], "N": codes.FINDING["N"]}}),
    (2, 60, {"occurs": {"SRE": None}}),
    (2, 84, {"occurs": {"CAR": (0, 10)}, "items": (
        item("FGP", "finger", "N 1-2", codes=codes.SINGLE_FINGERS, required=True), DICTIONARY[2, 84].items[1])}),
)  # fmt: skip
_ONLY_FROM_10 = (*((1, number) for number in (16, 17, 18)), (2, 88), (2, 96), (2, 98))  # and every Type-2 field from 2.2000 on
_RECORDS_9: Limits = MappingProxyType({(1,): (1, 1), (2,): (1, 1), (4, 14): (1, 14), (7, 13): (0, 2), (10,): (0, 4), (15,): (0, 8)})


@dataclass(frozen=True)
class Standard:
    """One edition as the check uses it; a state's profile gives another (`agent.nist.profiles`)."""

    edition: str
    fields: Mapping[tuple[int, int], Row]  # by record type and field number
    by_type: Mapping[int, tuple[Row, ...]]
    records: Mapping[str, Limits]  # by type of transaction

    def lookup(self, type_: int, number: int) -> Row | None:
        """The row of a field, or None where the edition does not know it."""
        return self.fields.get((type_, number))

    def rows(self, type_: int) -> tuple[Row, ...]:
        """All rows of a record type, in the order of the standard."""
        return self.by_type.get(type_, ())


def make_standard(edition: str, fields: Mapping[tuple[int, int], Row], records: Mapping[str, Limits]) -> Standard:
    """A standard of these rows."""
    ordered = dict(sorted(fields.items()))
    by_type = {type_: tuple(r for r in ordered.values() if r.type == type_) for type_ in {type_ for type_, _ in ordered}}
    return Standard(edition, MappingProxyType(ordered), MappingProxyType(by_type), MappingProxyType(dict(records)))


@lru_cache(maxsize=8)
def standard(edition: str = EDITION) -> Standard:
    """An edition of EBTS. Raises ConfigError for one that is not known here."""
    if edition not in EDITIONS:
        raise ConfigError(f"EBTS {edition} is not known here.", means="Nothing was checked.", do=f"Use {', '.join(EDITIONS)}.")
    if edition == EDITION:
        return make_standard(edition, DICTIONARY, RECORDS)
    fields = _changed(DICTIONARY, _UNTIL_10) | {(r.type, r.number): r for r in _FIELDS_UNTIL_10}
    records = dict(RECORDS) | {"CAR": {**RECORDS["CAR"], **_RECORDS_UNTIL_10}}
    if edition == "9.1":
        kept = {
            key: r for key, r in _changed(fields, _UNTIL_9).items() if key not in _ONLY_FROM_10 and not (key[0] == 2 and key[1] >= 2000)
        }
        fields, records = kept, records | {"CAR": _RECORDS_9}
    return make_standard(edition, {key: replace(r, clause=r.clause.replace("11.0", edition)) for key, r in fields.items()}, records)


def _changed(fields: Mapping[tuple[int, int], Row], changes: tuple[tuple[int, int, Mapping[str, Any]], ...]) -> dict[tuple[int, int], Row]:
    """The rows with these attributes replaced; of `occurs` only the transactions that are named, None for one it is no part of."""
    new = dict(fields)
    for type_, number, change in changes:
        old = new[type_, number]
        occurs = {tot: span for tot, span in {**old.occurs, **change.get("occurs", {})}.items() if span is not None}
        new[type_, number] = replace(old, **{**change, "occurs": occurs})
    return new
