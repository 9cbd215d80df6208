"""How a row of the dictionary is written: a field of a record, its form, how often it occurs and where that is laid down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypedDict, Unpack

ANY = "*"  # in `occurs`: whatever the type of transaction
PRINT = "PRINT"  # as `special`: space to tilde
LINES = "LINES"  # as `special`: PRINT, carriage return, line feed, tab

Count: TypeAlias = int | tuple[int, int]  # 1: exactly once; (0, 9): up to nine times; 0: no part of it

_FORM = re.compile(r"(A?N?S?) ([0-9]+)(?:(-)([0-9]*))?")


class Dates(StrEnum):
    NONE = ""
    FULL = "CCYYMMDD"
    UNKNOWN_ALLOWED = "CCYYMMDD or 00000000"
    MOMENT = "YYYYMMDDHHMMSSZ"


@dataclass(frozen=True)
class Item:
    mnemonic: str
    name: str
    characters: str  # of A letters, N digits, S those of `special`
    least: int  # characters
    most: int | None  # characters; None: no limit
    special: str  # the characters that S stands for, or PRINT or LINES
    codes: Mapping[str, str] | None  # code to meaning; None: no list
    dates: Dates
    required: bool


@dataclass(frozen=True)
class Row:
    type: int  # of the record
    number: int  # of the field
    mnemonic: str
    name: str
    characters: str  # as in Item; so are the next five, and they hold for a subfield without items
    least: int
    most: int | None
    special: str
    codes: Mapping[str, str] | None
    dates: Dates
    items: tuple[Item, ...]
    occurs: Mapping[str, tuple[int, int]]  # (least, most) subfields by type of transaction
    clause: str

    @property
    def tag(self) -> str:
        return f"{self.type}.{self.number:03d}"

    def occurrences(self, tot: str) -> tuple[int, int] | None:
        """(least, most) in this type of transaction; None when it is no part of it."""
        return self.occurs.get(tot, self.occurs.get(ANY))


class More(TypedDict, total=False):
    """What only some rows need."""

    special: str
    codes: Mapping[str, str]
    dates: Dates
    items: tuple[Item, ...]


def item(mnemonic: str, name: str, form: str, *, required: bool = False, **more: Unpack[More]) -> Item:
    """An item; `form` as in the dictionary's head."""
    characters, least, most, special = _read_form(form, more.get("special"))
    return Item(mnemonic, name, characters, least, most, special, more.get("codes"), more.get("dates", Dates.NONE), required)


def row(
    type_: int, number: int, mnemonic: str, name: str, form: str, *, occurs: Mapping[str, Count], clause: str, **more: Unpack[More]
) -> Row:
    """A row; `form` as in the dictionary's head."""
    characters, least, most, special = _read_form(form, more.get("special"))
    return Row(
        type=type_,
        number=number,
        mnemonic=mnemonic,
        name=name,
        characters=characters,
        least=least,
        most=most,
        special=special,
        codes=more.get("codes"),
        dates=more.get("dates", Dates.NONE),
        items=more.get("items", ()),
        occurs={tot: (count, count) if isinstance(count, int) else count for tot, count in occurs.items() if count},
        clause=clause,
    )


def _read_form(form: str, special: str | None) -> tuple[str, int, int | None, str]:
    """ "AS 3-50" is ("AS", 3, 50), "A 2" is ("A", 2, 2), "ANS 1-" is ("ANS", 1, None)."""
    found = _FORM.fullmatch(form)
    if found is None:
        raise ValueError(f"no form of a field: {form!r}")
    characters, least, dash, most = found.groups()
    limit = int(most) if most else None if dash else int(least)
    return characters, int(least), limit, special if special is not None else PRINT if characters == "ANS" else ""
