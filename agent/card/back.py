"""The pages behind the prints: the person, the arrest, the transaction, and every image with its digest. As many as the charges need."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from agent.card.content import CardFile, day, height, weight, why
from agent.card.front import footer, title
from agent.card.places import LEFT, WIDTH, Box
from agent.card.sheet import FAINT, FORM, Sheet, wrapped
from agent.submission.pictures import Picture

_ROW, _HEAD, _GAP = 0.34, 0.18, 0.12  # inches: a row of cells, the bar above a part, the space between parts
_TOP, _BOTTOM = 0.68, 10.26  # inches: what a page has for its parts
_LINE = 0.135  # inches: a line of a table
PHOTO = (1.9, 1.88)  # inches


class Back:
    """Parts one below the other; a new page where the sheet is full."""

    def __init__(self, sheet: Sheet, file: CardFile, pages: int) -> None:
        self._sheet = sheet
        self._file = file
        self._pages = pages
        self._y = _TOP
        self._name = ""  # of the part that is being drawn
        self.page = 1

    def draw(self, photo: NDArray[np.uint8] | None) -> None:
        self._new_page()
        self._person(photo)
        self._arrest()
        self._transaction()
        self._others()
        self._images()

    def _new_page(self) -> None:
        self._sheet.next_page()
        self.page += 1
        title(self._sheet, self._file, self.page, self._pages)
        footer(self._sheet, self._file)
        self._y = _TOP

    def _room(self, inches: float) -> None:
        if self._y + inches > _BOTTOM:
            self._new_page()

    def _part(self, name: str, least: float) -> None:
        """The bar of a part, with at least so much of it on the same page."""
        if self._y > _TOP:
            self._y += _GAP
        self._room(_HEAD + least)
        self._name = name
        self._bar(name)

    def _bar(self, text: str) -> None:
        self._sheet.head(Box(LEFT, self._y, WIDTH, _HEAD), text)
        self._y += _HEAD

    def _cells(self, *row: tuple[float, str, str]) -> None:
        self._room(_ROW)
        self._sheet.cells(self._y, _ROW, LEFT, row)
        self._y += _ROW

    def _person(self, photo: NDArray[np.uint8] | None) -> None:
        file = self._file
        self._part("PERSON", 6 * _ROW)
        top, wide = self._y, WIDTH - PHOTO[0]
        self._cells((wide, "NAME  last, first middle", file.text(18)))
        self._cells((wide, "ALIASES", file.text(19)))
        self._cells(
            (1.5, "DATE OF BIRTH", file.day(22)), (2.3, "PLACE OF BIRTH", file.coded(20)), (wide - 3.8, "CITIZENSHIP", file.coded(21))
        )
        self._cells(
            (1.1, "SEX", file.coded(24)),
            (1.7, "RACE", file.coded(25)),
            (0.9, "HEIGHT", height(file.first(27))),
            (1.0, "WEIGHT", weight(file.first(29))),
            (wide - 4.7, "EYES", file.coded(31)),
        )
        self._cells((1.5, "HAIR", file.coded(32)), (wide - 1.5, "SCARS, MARKS, TATTOOS", file.coded(26)))
        self._photo(Box(LEFT + wide, top, PHOTO[0], self._y - top), photo)
        self._cells((5.0, "RESIDENCE", file.text(41)), (3.0, "OCCUPATION", file.text(40)))
        self._cells(
            (1.8, "FBI NUMBER", file.text(14)),
            (1.6, "STATE ID", file.text(15)),
            (1.8, "SOCIAL SECURITY", file.text(16)),
            (2.8, "OTHER NUMBERS", file.text(17)),
        )

    def _photo(self, box: Box, photo: NDArray[np.uint8] | None) -> None:
        self._sheet.box(box)
        if photo is None:
            self._sheet.text(box.left + box.width / 2, box.top + box.height / 2, "NO PHOTO IN FILE", size=6.5, color=FAINT, align="center")
            return
        scale = min((box.width - 0.08) / photo.shape[1], (box.height - 0.08) / photo.shape[0])
        width, tall = photo.shape[1] * scale, photo.shape[0] * scale
        self._sheet.image(photo, box.left + (box.width - width) / 2, box.top + (box.height - tall) / 2, 1 / scale)

    def _arrest(self) -> None:
        file = self._file
        yes = {"Y": "yes", "N": "no"}
        self._part("ARREST", 3 * _ROW)
        self._cells(
            (1.4, "DATE OF ARREST", file.day(45)),
            (1.9, "CASE NUMBER  OCA", file.text(9)),
            (0.9, "TO BE RETAINED", yes.get(file.text(5), file.text(5))),
            (1.0, "TREAT AS ADULT", yes.get(file.text(87), "")),
            (2.8, "CAUTION", file.text(56)),
        )
        gone = "; ".join(why(position, code) for position, code in sorted(file.without_print.items()))
        self._cells((8.0, "FINGERS WITHOUT PRINT", gone or "none stated"))
        rows = [(str(number), *charge) for number, charge in enumerate(file.charges, start=1)]
        self._table((("NO.", 0.4), ("OFFENSE DATE", 1.0), ("CHARGE", 6.6)), rows)

    def _transaction(self) -> None:
        file, head = self._file, self._file.of_head
        bureau, agency = file.agencies
        self._part("TRANSACTION", 3 * _ROW)
        self._cells(
            (2.0, "CONTRIBUTOR  ORI", head(8)), (2.6, "AGENCY", agency), (2.0, "DESTINATION  DAI", head(7)), (1.4, "BUREAU", bureau)
        )
        self._cells((3.6, "CONTROL NUMBER  TCN", head(9)), (3.0, "CORRECTS  TCR", head(10)), (1.4, "DATE", day(head(5))))
        self._cells(
            (2.6, "CONTROLLING AGENCIES  CRI", file.text(73)),
            (2.0, "ATTENTION", file.text(6)),
            (2.2, "SCANNER", file.scanner),
            (1.2, "STANDARD", file.standard),
        )

    def _others(self) -> None:
        rows = self._file.others
        if rows:
            self._part("OTHER FIELDS OF THE FILE", 3 * _LINE)
            self._table((("FIELD", 1.6), ("VALUE", 6.4)), rows)

    def _images(self) -> None:
        self._part("IMAGES OF THE FILE", 4 * _LINE)
        columns = (
            ("IDC", 0.35),
            ("POSITION", 1.45),
            ("KIND", 1.0),
            ("PIXELS", 0.8),
            ("PPI", 0.35),
            ("CODING", 0.55),
            ("BYTES", 0.6),
            ("SHA-256 OF THE IMAGE", 2.9),
        )
        self._table(columns, [_image_row(picture) for picture in self._file.pictures], size=5.6, wrap=False)

    def _table(self, columns: Sequence[tuple[str, float]], rows: Sequence[Sequence[str]], *, size: float = 7.0, wrap: bool = True) -> None:
        """Columns of name and inches; the last one is broken into lines, the others are set smaller where they must be."""
        self._columns(columns)
        for row in rows:
            lines = wrapped(row[-1], size, columns[-1][1] - 0.1) if wrap else [row[-1]]
            for number, line in enumerate(lines):
                if self._y + _LINE > _BOTTOM:
                    self._new_page()
                    self._bar(f"{self._name}, continued")
                    self._columns(columns)
                texts = [*(row[:-1] if number == 0 else [""] * (len(row) - 1)), line]
                self._line([(text, width) for text, (_, width) in zip(texts, columns, strict=True)], size, self._body_text)
            self._sheet.line(LEFT, self._y, LEFT + WIDTH, self._y, width=0.25)

    def _columns(self, columns: Sequence[tuple[str, float]]) -> None:
        self._room(_LINE)
        self._line(columns, 4.8, self._head_text)
        self._sheet.line(LEFT, self._y, LEFT + WIDTH, self._y, width=0.25)

    def _line(self, cells: Sequence[tuple[str, float]], size: float, draw: Callable[[float, str, float, float], None]) -> None:
        left = LEFT
        for text, width in cells:
            draw(left + 0.05, text, width - 0.08, size)
            left += width
        self._y += _LINE
        for x in (LEFT, LEFT + WIDTH):
            self._sheet.line(x, self._y - _LINE, x, self._y)

    def _head_text(self, left: float, text: str, width: float, size: float) -> None:
        self._sheet.text(left, self._y + _LINE - 0.04, text, size=size, color=FORM, width=width)

    def _body_text(self, left: float, text: str, width: float, size: float) -> None:
        self._sheet.text(left, self._y + _LINE - 0.035, text, size=size, width=width)


def _image_row(picture: Picture) -> tuple[str, ...]:
    kind = "" if picture.finger is None else picture.kind.value + ("" if picture.live else ", from a card")
    return (
        f"{picture.idc:02d}",
        picture.words if picture.finger is None else f"{picture.position} {picture.words}",
        kind,
        f"{picture.width} x {picture.height}",
        str(picture.ppi) if picture.ppi else "",
        picture.coding,
        f"{len(picture.data):,}",
        picture.digest,
    )
