"""What a transaction says, as a card shows it: values as sent, codes with their meaning beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from agent.nist.codec import parse
from agent.nist.codes import POSITIONS, WHY_NO_PRINT
from agent.nist.dictionary import lookup
from agent.nist.records import TaggedRecord, Transaction
from agent.submission.pictures import Picture, pictures_of

SHOWN = frozenset((  # Type-2 fields that have a place of their own on the card
    1, 2, 5, 6, 9, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25, 26, 27, 29, 31, 32, 35, 36, 40, 41, 45, 47, 56, 67, 73, 84, 87,
))  # fmt: skip
SEVERAL = "; "


@dataclass(frozen=True)
class CardFile:
    """A transaction and the digest of exactly its bytes."""

    tx: Transaction
    size: int  # bytes
    sha256: str  # hex
    pictures: tuple[Picture, ...]

    @property
    def type2(self) -> TaggedRecord:
        return self.tx.first(2) or TaggedRecord(2, ())

    def text(self, number: int) -> str:
        """Every value of a Type-2 field, as sent."""
        return SEVERAL.join(self.type2.values(number))

    def first(self, number: int) -> str:
        """The first value of a Type-2 field."""
        return (self.type2.values(number) or ("",))[0]

    def of_head(self, number: int) -> str:
        """The value of a Type-1 field."""
        return self.tx.type1.text(number) or ""

    def coded(self, number: int) -> str:
        """'BRO brown; ...': every value with its meaning, where the dictionary has one."""
        row = lookup(2, number)
        codes = (row.codes if row else None) or {}
        return SEVERAL.join(f"{value} {codes[value]}" if value in codes else value for value in self.type2.values(number))

    def day(self, number: int) -> str:
        return SEVERAL.join(day(value) for value in self.type2.values(number))

    @property
    def charges(self) -> list[tuple[str, str]]:
        """Date of offense (perhaps empty) and words of each."""
        return [(day(items[0]) if len(items) > 1 else "", items[-1]) for items in self.type2.items(47) if any(items)]

    @property
    def without_print(self) -> dict[int, str]:
        """2.084 AMP, and 14.018 AMP of the single images: position to the code, XX or UP."""
        records = [self.type2, *(record for record in self.tx.of_type(14) if isinstance(record, TaggedRecord))]
        fields = [record.items(84 if record.type == 2 else 18) for record in records]
        pairs = [items for field in fields for items in field if len(items) == 2]
        return {int(finger): code for finger, code in pairs if finger.isascii() and finger.isdigit() and len(finger) <= 2}

    @property
    def scanner(self) -> str:
        return SEVERAL.join(" ".join(part for part in items if part) for items in self.type2.items(67) if any(items))

    @property
    def agencies(self) -> tuple[str, str]:
        """1.017 ANM: the bureau's name and the agency's, empty where the file names none."""
        names = next(iter(self.tx.type1.items(17)), ())
        return (names[0], names[1]) if len(names) == 2 else ("", "")

    @property
    def standard(self) -> str:
        """1.013 DOM: 'NORAM EBTS 11.0'."""
        return " ".join(part for items in self.tx.type1.items(13) for part in items if part)

    @property
    def others(self) -> list[tuple[str, str]]:
        """Name and value of every Type-2 field without a place of its own."""
        return [(_name(f.tag, f.number), _joined(f.subfields)) for f in self.type2.fields if f.number not in SHOWN and f.raw]


def read(data: bytes) -> CardFile:
    """Raises NistError for what is no ANSI/NIST file."""
    tx = parse(data)
    return CardFile(tx, len(data), hashlib.sha256(data).hexdigest(), tuple(pictures_of(tx)))


def day(text: str) -> str:
    """'1985-02-14' of CCYYMMDD; anything else as it is."""
    if text == "00000000":
        return "unknown"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text


def why(position: int, code: str) -> str:
    """'9 left ring: amputated'."""
    return f"{position} {POSITIONS.get(f'{position:02d}', '')}: {WHY_NO_PRINT.get(code, code)}"


def height(text: str) -> str:
    """5'09" of 509, as a person says it."""
    feet_inches = len(text) == 3 and text.isdigit() and text != "000"
    return f"{text[0]}'{text[1:]}\"" if feet_inches else {"000": "unknown"}.get(text, text)


def weight(text: str) -> str:
    return {"000": "unknown", "": ""}.get(text, f"{text} lb")


def grouped(digest: str) -> str:
    """Hexadecimal digits in eights, so that a person can compare them."""
    return " ".join(digest[i : i + 8] for i in range(0, len(digest), 8))


def _name(tag: str, number: int) -> str:
    row = lookup(2, number)
    return f"{tag} {row.mnemonic}" if row else tag


def _joined(subfields: Sequence[Sequence[str]]) -> str:
    return SEVERAL.join(" / ".join(items) for items in subfields)
