"""The fourteen places of a ten-print card, and which of them a transaction fills or explains."""

from __future__ import annotations

from types import MappingProxyType

from agent.model.fingers import FINGERS, Position, fingers_of
from agent.nist.records import BinaryRecord, TaggedRecord, Transaction

PLAINS = (Position.PLAIN_RIGHT_THUMB, Position.PLAIN_LEFT_THUMB, Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR)
CARD = (*FINGERS, *PLAINS)
ROLLED_TYPES, PLAIN_TYPES = frozenset({1, 3}), frozenset({0, 2})  # x.003 IMP: live, and from a card

# What EBTS 11.0 appendix F lets a scanner take at least, in pixels at 500 ppi (width, height): a roll 1.6 x 1.5 inches, a thumb 1.0 x 2.0,
# four fingers 3.2 x 2.0. Nominal images are of these sizes or, for four fingers, 1600 x 1500 (§3.8.4); larger ones are accepted.
LEAST_SIZES = MappingProxyType(
    dict.fromkeys(FINGERS, (800, 750)) | dict.fromkeys(PLAINS[:2], (500, 1000)) | dict.fromkeys(PLAINS[2:], (1600, 1000))
)


def positions(tx: Transaction) -> list[int]:
    """The finger position of every image, Type-4 and Type-14, in file order."""
    found: list[int] = []
    for record in tx.records:
        if isinstance(record, BinaryRecord) and record.type == 4 and record.header is not None:
            found.append(record.header.position)
        elif isinstance(record, TaggedRecord) and record.type == 14:
            found += [int(text) for text in record.values(13) if is_position(text)]
    return found


def is_position(text: str) -> bool:
    """One or two digits."""
    return text.isascii() and text.isdigit() and len(text) <= 2


def explained(tx: Transaction) -> set[int]:
    """The positions that 2.084 AMP explains."""
    type2 = tx.first(2)
    texts = [items[0] for items in (type2.items(84) if type2 else ())]
    return {int(text) for text in texts if is_position(text)}


def is_explained(position: Position, by: set[int]) -> bool:
    """By its own entry; a plain impression also by its fingers, a plain thumb also by position 15."""
    by_both = position in PLAINS[:2] and Position.PLAIN_THUMBS in by
    return position in by or by_both or all(finger in by for finger in fingers_of(position))
