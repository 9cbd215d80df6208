"""The first page: who, and the prints in the boxes of FD-249."""

from __future__ import annotations

from collections.abc import Mapping

from agent.card.content import CardFile, day, grouped, height, weight
from agent.card.places import CAPTION, CAPTIONS, FORM_HEIGHT, LEFT, PLATEN_HEIGHT, WIDTH, Box
from agent.card.places import boxes as places
from agent.card.prints import CardPrint
from agent.card.sheet import FAINT, FORM, INK, Sheet
from agent.model.fingers import Position
from agent.submission.pictures import fingers

PLAIN_ROW = (
    Position.PLAIN_LEFT_FOUR,
    Position.PLAIN_THUMBS,
    Position.PLAIN_LEFT_THUMB,
    Position.PLAIN_RIGHT_THUMB,
    Position.PLAIN_RIGHT_FOUR,
)
_HEAD = 0.62  # inches, upper edge of the head
_ROW = 0.34  # inches, height of a row of the head
_CARD_MARGIN = 0.1  # inches by which scans of cards are larger than their boxes
_WHY = {"XX": "AMPUTATED", "UP": "UNABLE TO PRINT"}


def draw_front(sheet: Sheet, file: CardFile, prints: Mapping[Position, CardPrint], pages: int) -> None:
    title(sheet, file, 1, pages)
    _head(sheet, file)
    row = boxes(file)
    for position, box in row.items():
        _print(sheet, box, position, prints.get(position), file.without_print.get(int(position), ""))
    bottom = row[Position.PLAIN_LEFT_FOUR].bottom
    sheet.box(Box(LEFT, _HEAD, WIDTH, bottom - _HEAD), line=1.4)
    _foot(sheet, file, prints, bottom + 0.66)
    footer(sheet, file)


def boxes(file: CardFile) -> dict[Position, Box]:
    """The boxes of this card: the plain row as high as its images need, one box for both thumbs where the file has them in one image."""
    found = fingers(file.pictures)
    apart = {Position.PLAIN_LEFT_THUMB, Position.PLAIN_RIGHT_THUMB} & found.keys()
    tallest = max((picture.height / picture.ppi for at, picture in found.items() if at in PLAIN_ROW and picture.ppi), default=0.0)
    return places(
        PLATEN_HEIGHT if tallest > FORM_HEIGHT + _CARD_MARGIN else FORM_HEIGHT, both_thumbs=Position.PLAIN_THUMBS in found and not apart
    )


def title(sheet: Sheet, file: CardFile, page: int, pages: int) -> None:
    name = {1: "FINGERPRINTS", 2: "PERSON AND ARREST"}.get(page, "CONTINUED")
    sheet.text(LEFT, 0.42, "CRIMINAL TEN-PRINT CARD", size=12, bold=True, color=FORM)
    sheet.text(LEFT, 0.55, f"FD-249 style. Transaction {file.tx.tot}, {day(file.of_head(5))}. {name}.", size=6, color=FAINT)
    agency = file.agencies[1] or file.of_head(8)
    sheet.text(LEFT + WIDTH, 0.42, agency, size=9, bold=True, align="right", width=4.4)
    sheet.text(LEFT + WIDTH, 0.55, f"page {page} of {pages}", size=6, color=FAINT, align="right")


def footer(sheet: Sheet, file: CardFile) -> None:
    """On every page: which bytes this is a picture of."""
    top = 10.36
    sheet.line(LEFT, top, LEFT + WIDTH, top)
    sheet.text(LEFT, top + 0.13, "SHA-256 of the file", size=5.5, color=FORM)
    sheet.text(LEFT + 0.95, top + 0.13, grouped(file.sha256), size=7, bold=True, width=5.7)
    sheet.text(LEFT + WIDTH, top + 0.13, f"{file.size:,} bytes", size=6, align="right")
    sheet.text(LEFT, top + 0.26, "TCN", size=5.5, color=FORM)
    sheet.text(LEFT + 0.95, top + 0.26, file.tx.tcn, size=6)
    sheet.text(LEFT + WIDTH, top + 0.26, "Drawn from these bytes; the file counts, not this paper.", size=5.5, color=FAINT, align="right")


def _head(sheet: Sheet, file: CardFile) -> None:
    text = file.text
    charges = file.charges
    more = f"  (and {len(charges) - 1} more, page 2)" if len(charges) > 1 else ""
    gone = ", ".join(f"{position} {code}" for position, code in sorted(file.without_print.items()))
    rows = (
        ((3.9, "NAME  last, first middle", text(18)), (2.3, "ALIASES", text(19)), (1.8, "CONTRIBUTOR  ORI", file.of_head(8))),
        (
            (1.0, "DATE OF BIRTH", file.day(22)),
            (0.5, "SEX", text(24)),
            (0.5, "RACE", text(25)),
            (0.7, "HEIGHT", height(file.first(27))),
            (0.8, "WEIGHT", weight(file.first(29))),
            (0.6, "EYES", text(31)),
            (0.6, "HAIR", text(32)),
            (1.6, "PLACE OF BIRTH", file.coded(20)),
            (1.7, "DATE OF ARREST", file.day(45)),
        ),
        (
            (2.2, "CASE NUMBER  OCA", text(9)),
            (1.5, "FBI NUMBER", text(14)),
            (1.5, "STATE ID", text(15)),
            (1.4, "SOCIAL SECURITY", text(16)),
            (1.4, "MISSING FINGERS", gone or "none stated"),
        ),
        ((8.0, "CHARGE", (charges[0][1] + more) if charges else ""),),
        (
            (3.1, "SIGNATURE OF PERSON FINGERPRINTED", ""),
            (3.4, "SIGNATURE AND NUMBER OF OFFICIAL TAKING FINGERPRINTS", ""),
            (1.5, "DATE", ""),
        ),
    )
    for number, row in enumerate(rows):
        sheet.cells(_HEAD + number * _ROW, _ROW, LEFT, row)


def _print(sheet: Sheet, box: Box, position: Position, taken: CardPrint | None, gone: str) -> None:
    """The caption above, the print in the middle of its box, one pixel to one pixel's size."""
    caption = Box(box.left, box.top - CAPTION, box.width, CAPTION)
    if taken is not None and not taken.problem:
        width, tall = taken.size
        sheet.image(taken.pixels, box.left + (box.width - width) / 2, box.top + (box.height - tall) / 2, taken.ppi)
    else:
        words = taken.problem if taken is not None else _WHY.get(gone, "NO IMAGE IN FILE")
        sheet.text(
            box.left + box.width / 2, box.top + box.height / 2, words, size=8, bold=True, color=FAINT, align="center", width=box.width - 0.1
        )
    sheet.box(box)
    sheet.box(caption)
    note = "ridges beyond the box are cut" if taken is not None and taken.cut else ""
    sheet.text(box.left + 0.05, box.top - 0.045, CAPTIONS[position], size=5.8, bold=True, color=FORM, width=box.width - 0.1)
    if note:
        sheet.text(box.right - 0.05, box.top - 0.045, note, size=4.6, color=INK, align="right", width=box.width * 0.4)


def _foot(sheet: Sheet, file: CardFile, prints: Mapping[Position, CardPrint], top: float) -> None:
    """The ruler that proves the scale, and what the prints are."""
    _ruler(sheet, LEFT + 0.1, top)
    drawn = [one for one in prints.values() if not one.problem]
    resolutions = " and ".join(f"{ppi} ppi" for ppi in sorted({one.ppi for one in drawn}))
    codings = ", ".join(sorted({picture.coding for picture in file.pictures if picture.finger is not None}))
    live = {picture.live for picture in file.pictures if picture.finger is not None}
    source = {frozenset({True}): "live scan", frozenset({False}): "scanned from a card"}.get(frozenset(live), "live scan and card")
    lines = (
        ("PRINTS", f"{len(drawn)} images, {resolutions}, {codings}, {source}" if drawn else "none"),
        ("SCANNER", file.scanner or "not named"),
        ("CONTROLLING AGENCY", file.text(73)),
        ("DESTINATION", file.of_head(7)),
    )
    for number, (label, value) in enumerate(lines):
        sheet.text(LEFT + 4.5, top - 0.3 + number * 0.2, label, size=5, color=FORM)
        sheet.text(LEFT + 5.55, top - 0.3 + number * 0.2, value, size=7, width=2.45)


def _ruler(sheet: Sheet, left: float, top: float) -> None:
    """Four inches in tenths above, ten centimetres in millimetres below."""
    sheet.text(left, top - 0.34, "SCALE 1:1", size=7, bold=True, color=FORM)
    sheet.text(left + 0.75, top - 0.34, "print at 100 %, never fitted to the page", size=6, color=FAINT)
    sheet.line(left, top, left + 4.0, top, width=0.8, color=INK)
    for tenth in range(41):
        tall = 0.14 if tenth % 10 == 0 else 0.09 if tenth % 5 == 0 else 0.05
        sheet.line(left + tenth / 10, top, left + tenth / 10, top - tall, width=0.5, color=INK)
        if tenth % 10 == 0:
            sheet.text(left + tenth / 10, top - 0.17, f"{tenth // 10} in" if tenth == 40 else str(tenth // 10), size=5, align="center")
    for millimetre in range(101):
        at = left + millimetre / 25.4
        tall = 0.14 if millimetre % 10 == 0 else 0.09 if millimetre % 5 == 0 else 0.05
        sheet.line(at, top, at, top + tall, width=0.4, color=INK)
        if millimetre % 10 == 0:
            sheet.text(at, top + 0.23, "10 cm" if millimetre == 100 else str(millimetre // 10), size=5, align="center")
