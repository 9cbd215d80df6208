"""A card as PDF, from the bytes of a transaction and its decoded prints. Pure: the same bytes give the same card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.card.back import Back
from agent.card.content import CardFile
from agent.card.front import boxes, draw_front
from agent.card.prints import CardPrint, Wanted
from agent.card.sheet import Sheet
from agent.model.fingers import Position
from agent.submission.pictures import Picture, fingers


@dataclass(frozen=True)
class Decoded:
    """What the workers made of a file's pictures."""

    prints: Mapping[Position, CardPrint] = field(default_factory=dict)
    photo: NDArray[np.uint8] | None = None  # color


def wanted(file: CardFile) -> dict[Position, Wanted]:
    """What is to be decoded of it, for `prints.card_print`: the picture of each box."""
    found = fingers(file.pictures)
    return {position: _wanted(found[position], (box.width, box.height)) for position, box in boxes(file).items() if position in found}


def photo_of(file: CardFile) -> bytes | None:
    """The first photograph, as a file of its own."""
    return next((bytes(picture.data) for picture in file.pictures if picture.record_type == 10), None)


def draw(file: CardFile, decoded: Decoded) -> bytes:
    """Two pages, more where the charges need them."""
    return _drawn(file, decoded, _drawn(file, Decoded(), 0)[1])[0]


def _drawn(file: CardFile, decoded: Decoded, pages: int) -> tuple[bytes, int]:
    sheet = Sheet(f"Ten-print card {file.tx.tcn}")
    draw_front(sheet, file, decoded.prints, pages)
    back = Back(sheet, file, pages)
    back.draw(decoded.photo)
    return sheet.finish(), back.page


def _wanted(picture: Picture, room: tuple[float, float]) -> Wanted:
    return Wanted(bytes(picture.data), picture.coding, picture.width, picture.height, picture.ppi, room)
