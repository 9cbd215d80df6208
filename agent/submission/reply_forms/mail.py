"""A plain text as a bureau would mail it. Pure; the table names the lines.

    Control: SIB-0001            the head: lines of a name and a value, up to an empty line; only the message may stand twice
    Reference: LS-0001-…
    Subject: IDENT RESPONSE - RECORD FOUND
                                 the rest: any number of encounters, each a line that begins it and lines of its own, then, where there is
    ENCOUNTER                    one, the line that begins the determination: everything behind it is LESC's, word for word, to the end
    Name: …
    DETERMINATION
    …

A line that is none of these makes the whole message one for a person: what is not understood could be what matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from agent.nist.reply_table import Item, Place, ReplyTable
from agent.submission.replies import Encounter
from agent.submission.reply_forms.answer import Answer, Stated, answered

LARGEST = 1024 * 1024  # bytes
_HEAD = (Place.TCN, Place.TCR, Place.OCA, Place.FBI, Place.SID, Place.RESULT, Place.MESSAGE)
_NUMBERS = (Place.TCN, Place.TCR, Place.OCA, Place.FBI, Place.SID)
_FIELD = {Item.NAME: "name", Item.BORN: "date_of_birth", Item.PLACE: "place_of_birth", Item.SEX: "sex", Item.LOCATOR: "locator"}
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")
_NONE: Mapping[str, str | None] = {place.value: None for place in _NUMBERS}


class NotUnderstood(Exception):
    """One sentence for the person who reads it instead."""


class Mail:
    def __init__(self, table: ReplyTable) -> None:
        self._head = {table.lines[place].upper(): place for place in _HEAD if place in table.lines}
        self._begins_encounter = table.lines[Place.ENCOUNTER].upper()
        self._begins_determination = table.lines[Place.DETERMINATION].upper()
        self._labels = {label.upper(): item for item, label in table.labels.items()}
        self._results = table.results

    def read(self, data: bytes, received_at: datetime) -> Answer:
        try:
            return answered(data, received_at, self._stated(data))
        except NotUnderstood as error:
            return answered(data, received_at, Stated(None, _NONE, why=str(error)))

    def _stated(self, data: bytes) -> Stated:
        """What stands in the head is told even where the rest is not understood, so that a person finds the booking."""
        head, rest = _split(_text(data))
        said = self._read_head(head)
        numbers = {place.value: next(iter(said.get(place, ())), None) for place in _NUMBERS}
        result, messages = next(iter(said.get(Place.RESULT, ())), ""), tuple(said.get(Place.MESSAGE, ()))
        means = self._results.get(result)
        try:
            encounters, determination = self._read_rest(rest)
        except NotUnderstood as error:
            return Stated(means, numbers, messages, why=str(error))
        return Stated(means, numbers, messages, determination, encounters)

    def _read_head(self, lines: Iterable[str]) -> dict[Place, list[str]]:
        said: dict[Place, list[str]] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            place = self._head.get(name.strip().upper()) if colon else None
            if place is None:
                raise NotUnderstood("Its head has a line that this bureau's table does not know.")
            said.setdefault(place, []).append(value.strip())
        if any(len(values) > 1 for place, values in said.items() if place is not Place.MESSAGE):
            raise NotUnderstood("Its head says one thing twice.")
        return said

    def _read_rest(self, text: str) -> tuple[tuple[Encounter, ...], str | None]:
        found: list[dict[str, str]] = []
        for line, ends_at in _lines(text):
            word = line.strip().upper()
            if word == self._begins_determination:
                return tuple(Encounter(**one) for one in found), text[ends_at:]
            if word == self._begins_encounter:
                found.append({})
            elif word:
                self._item(line, found)
        return tuple(Encounter(**one) for one in found), None

    def _item(self, line: str, found: list[dict[str, str]]) -> None:
        name, colon, value = line.partition(":")
        item = self._labels.get(name.strip().upper()) if colon else None
        if item is None or not found or _FIELD[item] in found[-1]:
            raise NotUnderstood("It has a line that this bureau's table does not know, or one twice.")
        found[-1][_FIELD[item]] = value.strip()


def _text(data: bytes) -> str:
    if len(data) > LARGEST:
        raise NotUnderstood("It is longer than a message of this bureau can be.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotUnderstood("It is no text in UTF-8.") from None


def _split(text: str) -> tuple[list[str], str]:
    """The lines of the head, and what follows the empty line."""
    head: list[str] = []
    for line, ends_at in _lines(text):
        if not line.strip():
            return head, text[ends_at:]
        head.append(line)
    return head, ""


def _lines(text: str) -> Iterable[tuple[str, int]]:
    """Each line with the place at which the next one begins."""
    for found in _LINE.finditer(text):
        yield found[1], found.end()
        if found.end() == len(text):
            return
