"""The test book's summary as PDF: one line for each case, for the person at the bureau who ticks them off."""

from __future__ import annotations

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import inch
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

Line = tuple[str, str, str, int, str, str]  # case, title, records, bytes, SHA-256, expected result

_MARGIN = 0.6 * inch
_WIDTHS = [w * inch for w in (0.35, 1.5, 2.35, 0.85, 0.6, 1.65)]
_GRID = TableStyle([
    ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
])  # fmt: skip


def summary_pdf(book: str, lines: Sequence[Line]) -> bytes:
    """The summary; the same lines give the same bytes. Letter format, as American bureaus print."""
    out = io.BytesIO()
    title = f"Conformance test book: {book}"
    document = SimpleDocTemplate(
        out, pagesize=letter, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN, title=title, invariant=1
    )
    styles = getSampleStyleSheet()
    small = ParagraphStyle("small", parent=styles["BodyText"], fontSize=7, leading=8.5, wordWrap="CJK")
    story = [Paragraph(escape(title), styles["Title"]), *(Paragraph(text, styles["BodyText"]) for text in _HEAD), Spacer(1, 0.15 * inch)]
    document.build([*story, _table(lines, small)])
    return out.getvalue()


_HEAD = (
    "Invented person, drawn prints that carry the word SPECIMEN: nothing here is about anyone. "
    "Each case is a file NAME.an2 with its expected result beside it in NAME.json; index.json has them all.",
    "Expected result: what a check must find, as field/rule; an accepted file may be questioned. "
    "The digits under a case are the first sixteen of the file's SHA-256.",
)


def _table(lines: Sequence[Line], style: ParagraphStyle) -> Table:
    rows = [[Paragraph(f"<b>{head}</b>", style) for head in ("", "case", "what it shows", "records", "bytes", "expected result")]]
    for number, (name, title, records, size, sha256, result) in enumerate(lines, start=1):
        cells = (str(number), f"{escape(name)}<br/><font color='grey'>{sha256[:16]}</font>", escape(title), escape(records), str(size))
        rows.append([Paragraph(cell, style) for cell in (*cells, escape(result))])
    table = Table(rows, colWidths=_WIDTHS, repeatRows=1)
    table.setStyle(_GRID)
    return table
