"""Drawing on letter sheets: inches from the upper left, form lines in the FD-249's red, what was filled in in black."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from reportlab import rl_config
from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from agent.card.places import PAPER, Box
from agent.nist.show import visible

PLAIN, BOLD = "Vera", "VeraBd"  # Bitstream Vera, in reportlab's own wheel: embedded, so that paper looks alike everywhere
FORM = Color(0.70, 0.12, 0.14)  # FD-249 is printed in red
TINT = Color(0.99, 0.955, 0.945)  # behind captions and heads
INK, FAINT = Color(0.05, 0.05, 0.08), Color(0.45, 0.45, 0.45)
GRID = 500  # images begin at a multiple of 1/500 inch, so that at 500 dpi their pixels are the paper's
POINTS = 72.0  # per inch
# Points by which an image is drawn smaller at each edge: poppler and pdfium round an image's edges outwards, and one that ends exactly on a
# pixel of the paper would be stretched by one more. 0.002 points are 0.7 micrometres, a seventieth of a 500 ppi pixel.
_INSET = 0.002
_SHRINK = 0.5  # of the wished size, the smallest a text is set in before it is cut off


class Sheet:
    """Pages of one PDF. The same calls give the same bytes: no time and no random number goes in."""

    def __init__(self, title: str) -> None:
        _fonts()
        rl_config.useA85 = 0  # reportlab's own switch: streams in binary, a fifth smaller
        self._out = io.BytesIO()
        size = (PAPER[0] * POINTS, PAPER[1] * POINTS)
        self._canvas = Canvas(self._out, pagesize=size, invariant=1, pageCompression=1, initialFontName=PLAIN)
        self._canvas.setTitle(title)
        self._canvas.setSubject("Ten-print card, prints true to scale at 100 %")
        self._canvas.setAuthor("livescan-agent")
        self._canvas.setCreator("livescan-agent")

    def next_page(self) -> None:
        self._canvas.showPage()

    def finish(self) -> bytes:
        self._canvas.showPage()
        self._canvas.save()
        return self._out.getvalue()

    def text(
        self,
        left: float,
        baseline: float,
        text: str,
        *,
        size: float = 7.0,
        bold: bool = False,
        color: Color = INK,
        align: str = "left",
        width: float | None = None,
    ) -> None:
        """One line; size in points. Within `width` inches it is set smaller, and at last cut off with an ellipsis."""
        font = BOLD if bold else PLAIN
        shown = printable(text)
        if width is not None:
            shown, size = _fitting(shown, font, size, width * POINTS)
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(color)
        x, y = left * POINTS, (PAPER[1] - baseline) * POINTS
        draw = {"left": self._canvas.drawString, "right": self._canvas.drawRightString, "center": self._canvas.drawCentredString}
        draw[align](x, y, shown)

    def box(self, box: Box, *, fill: Color | None = None, line: float = 0.6, color: Color = FORM) -> None:
        """A frame, line in points."""
        self._canvas.setLineWidth(line)
        self._canvas.setStrokeColor(color)
        if fill is not None:
            self._canvas.setFillColor(fill)
        self._canvas.rect(
            box.left * POINTS,
            (PAPER[1] - box.bottom) * POINTS,
            box.width * POINTS,
            box.height * POINTS,
            stroke=int(line > 0),
            fill=int(fill is not None),
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, *, width: float = 0.6, color: Color = FORM) -> None:
        self._canvas.setLineWidth(width)
        self._canvas.setStrokeColor(color)
        self._canvas.line(x1 * POINTS, (PAPER[1] - y1) * POINTS, x2 * POINTS, (PAPER[1] - y2) * POINTS)

    def cell(self, box: Box, label: str, value: str, *, size: float = 8.5, bold: bool = False) -> None:
        """A box of a form: its label small in the corner, what was filled in below."""
        self.box(box)
        self.text(box.left + 0.04, box.top + 0.09, label, size=4.8, color=FORM, width=box.width - 0.08)
        self.text(box.left + 0.06, box.bottom - 0.07, value, size=size, bold=bold, width=box.width - 0.1)

    def cells(self, top: float, height: float, left: float, row: Sequence[tuple[float, str, str]]) -> None:
        """Boxes side by side: each width in inches, label, value."""
        for width, label, value in row:
            self.cell(Box(left, top, width, height), label, value)
            left += width

    def head(self, box: Box, text: str) -> None:
        """A bar above a part of the form."""
        self.box(box, fill=TINT)
        self.text(box.left + 0.06, box.bottom - 0.05, text, size=6.5, bold=True, color=FORM)

    def image(self, pixels: NDArray[np.uint8], left: float, top: float, ppi: float) -> None:
        """Pixels, grey or color, one to 1/ppi inch; the corner is moved to the grid, by less than 1/1000 inch."""
        left, top = (round(value * GRID) / GRID for value in (left, top))
        width, height = pixels.shape[1] / ppi, pixels.shape[0] / ppi
        x, y = left * POINTS + _INSET, (PAPER[1] - top - height) * POINTS + _INSET
        picture = ImageReader(Image.fromarray(pixels))
        self._canvas.drawImage(picture, x, y, width * POINTS - 2 * _INSET, height * POINTS - 2 * _INSET)


def printable(text: str) -> str:
    """On one line, with characters that the font has."""
    known = _fonts()
    return "".join(character if ord(character) in known else "?" for character in visible(text))


def wrapped(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Lines of at most `width` inches, broken at blanks where there are any."""
    font = BOLD if bold else PLAIN
    lines, line = [], ""
    for word in printable(text).split(" "):
        for piece in _pieces(word, font, size, width * POINTS):
            joined = f"{line} {piece}" if line else piece
            if pdfmetrics.stringWidth(joined, font, size) > width * POINTS and line:
                lines.append(line)
                joined = piece
            line = joined
    return [*lines, line]


def _pieces(word: str, font: str, size: float, width: float) -> list[str]:
    """A word longer than a line in as many parts as it needs."""
    if pdfmetrics.stringWidth(word, font, size) <= width or len(word) < 2:
        return [word]
    half = len(word) // 2
    return [*_pieces(word[:half], font, size, width), *_pieces(word[half:], font, size, width)]


def _fitting(text: str, font: str, size: float, width: float) -> tuple[str, float]:
    natural = pdfmetrics.stringWidth(text, font, size)
    if natural <= width:
        return text, size
    if natural * _SHRINK <= width:
        return text, size * width / natural
    size *= _SHRINK
    while text and pdfmetrics.stringWidth(text + "…", font, size) > width:
        text = text[:-1]
    return text + "…", size


@cache
def _fonts() -> frozenset[int]:
    """Registers both; the code points that the plain one has."""
    faces = {name: TTFont(name, f"{name}.ttf") for name in (PLAIN, BOLD)}
    for face in faces.values():
        pdfmetrics.registerFont(face)
    return frozenset(faces[PLAIN].face.charToGlyph)
