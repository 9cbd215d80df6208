"""An ANSI/NIST SRE or ERRT that carries the bureau's answer in fields of the state's own. Pure; the table says where each thing stands.

Without a result of its own an SRE is the FBI's plain one (2.059 SRF), an ERRT a rejection.
"""

from __future__ import annotations

from datetime import datetime

from agent.nist.codec import parse
from agent.nist.errors import NistError
from agent.nist.records import TaggedRecord, Transaction
from agent.nist.reply_table import Item, Means, Place, ReplyTable
from agent.submission.read_reply import photos
from agent.submission.replies import Encounter
from agent.submission.reply_forms.answer import Answer, Stated, answered

_USUAL = {Place.TCN: "1.009", Place.TCR: "1.010", Place.OCA: "2.009", Place.FBI: "2.014", Place.SID: "2.015", Place.MESSAGE: "2.060"}
_NUMBERS = (Place.TCN, Place.TCR, Place.OCA, Place.FBI, Place.SID)
_PLAIN = {"I": Means.SRE_IDENT, "N": Means.SRE_NON_IDENT, "D": Means.SRE_UNCLEAR, "Z": Means.SRE_UNCLEAR}  # 2.059 SRF
_FIELD = {Item.NAME: "name", Item.BORN: "date_of_birth", Item.PLACE: "place_of_birth", Item.SEX: "sex", Item.LOCATOR: "locator"}
NOT_A_FILE = {place.value: None for place in _NUMBERS}


class Carrier:
    def __init__(self, table: ReplyTable) -> None:
        self._table = table
        self._tags = {**_USUAL, **table.tags}

    def read(self, data: bytes, received_at: datetime) -> Answer:
        try:
            return answered(data, received_at, self._stated(parse(data)))
        except NistError as error:
            return answered(data, received_at, Stated(None, NOT_A_FILE, why=error.what))

    def _stated(self, tx: Transaction) -> Stated:
        numbers = {place.value: next(iter(self._values(tx, place)), None) for place in _NUMBERS}
        rows = self._items(tx, Place.ENCOUNTER)
        encounters = tuple(self._encounter(items) for items in rows)
        determination = _text(tx, self._tags[Place.DETERMINATION])
        why = "An encounter has more items than this bureau's table." if any(len(one) > len(self._table.items) for one in rows) else ""
        finding = next(iter(_values(tx, "2.059")), None)
        messages = tuple(self._values(tx, Place.MESSAGE))
        means = self._means(tx, finding)
        pictures = photos(tx) if means is Means.IDR_MATCH else ()
        return Stated(means, numbers, messages, determination, encounters, pictures, finding, why)

    def _means(self, tx: Transaction, finding: str | None) -> Means | None:
        results = self._values(tx, Place.RESULT)
        if results:
            found = self._table.results.get(results[0].strip()) if len(results) == 1 else None
            return found if (found is Means.ERRT) == (tx.tot == "ERRT") and tx.tot in ("SRE", "ERRT") else None
        return Means.ERRT if tx.tot == "ERRT" else _PLAIN.get(finding or "") if tx.tot == "SRE" else None

    def _encounter(self, items: tuple[str, ...]) -> Encounter:
        return Encounter(**{_FIELD[item]: value for item, value in zip(self._table.items, items, strict=False)})

    def _values(self, tx: Transaction, place: Place) -> tuple[str, ...]:
        return _values(tx, self._tags.get(place, ""))

    def _items(self, tx: Transaction, place: Place) -> tuple[tuple[str, ...], ...]:
        record, number = _place(tx, self._tags[place])
        return tuple(items for items in record.items(number) if any(items)) if record else ()


def _values(tx: Transaction, tag: str) -> tuple[str, ...]:
    """What subfields stand there; none where the record or the field is not there."""
    if not tag:
        return ()
    record, number = _place(tx, tag)
    return record.values(number) if record else ()


def _text(tx: Transaction, tag: str) -> str | None:
    """The whole of a field, word for word; None where it is not there or empty."""
    record, number = _place(tx, tag)
    return (record.text(number) or None) if record else None


def _place(tx: Transaction, tag: str) -> tuple[TaggedRecord | None, int]:
    type_, _, number = tag.partition(".")
    return tx.first(int(type_)), int(number)
