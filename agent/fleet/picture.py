"""All stations as PNG: the same squares as the drawing, with a word and a number for each colour. Pure."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from agent.fleet.page import WORDS
from agent.fleet.standing import Grade, Standing

_COLOUR = {
    Grade.FALSE: "#7b1fa2",
    Grade.CANNOT: "#b3261e",
    Grade.SILENT: "#5b6470",
    Grade.WAITS: "#b26a00",
    Grade.SOON: "#d9b84a",
    Grade.GOOD: "#2e7d4f",
}
_ACROSS, _STEP, _CELL, _EDGE = 56, 22, 18, 24  # squares in a row; px
_HEAD = 64  # px for the words


def picture(standings: Sequence[Standing]) -> bytes:
    ours = [one for one in standings if one.on_roster]
    rows = max(1, -(-len(ours) // _ACROSS))
    sheet = Image.new("RGB", (_ACROSS * _STEP + 2 * _EDGE, rows * _STEP + _HEAD + 2 * _EDGE), "white")
    draw = ImageDraw.Draw(sheet)
    _legend(draw, Counter(one.grade for one in ours))
    for place, one in enumerate(ours):
        x, y = _EDGE + place % _ACROSS * _STEP, _EDGE + _HEAD + place // _ACROSS * _STEP
        draw.rounded_rectangle((x, y, x + _CELL, y + _CELL), 3, fill=_COLOUR[one.grade])
    made = io.BytesIO()
    sheet.save(made, "PNG", optimize=True)
    return made.getvalue()


def _legend(draw: ImageDraw.ImageDraw, counts: Counter[Grade]) -> None:
    font, x = ImageFont.load_default(20), float(_EDGE)
    for grade in Grade:
        words = f"{counts[grade]} {WORDS[grade]}"
        draw.rounded_rectangle((x, _EDGE + 4, x + _CELL, _EDGE + 4 + _CELL), 3, fill=_COLOUR[grade])
        draw.text((x + _CELL + 8, _EDGE), words, fill="#16191d", font=font)
        x += _CELL + 8 + draw.textlength(words, font=font) + 28
