"""Pictures of `livescan bench roll`: composed prints with their seams and faults drawn in, and the figures as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.roll import RolledPrint

Colour = NDArray[np.uint8]  # (rows, columns, 3) BGR

SEAM, FAULT = (60, 60, 220), (200, 90, 0)  # BGR
LEVELS, INK = 16, 160  # greys of a drawn print: a small file; a row with less is bare
WIDTH, LEFT, ROW, BAR = 860, 250, 62, 14  # px
COLOURS = ("#1f6f8b", "#b23a48", "#c98b2b")


def draw_print(found: RolledPrint) -> Colour:
    """The print in LEVELS greys with every seam as a line from its top to its bottom, and every fault as a ring where it began."""
    coarse = (found.pixels // (256 // LEVELS) * (255 // (LEVELS - 1))).astype(np.uint8)
    sheet = cv2.cvtColor(coarse, cv2.COLOR_GRAY2BGR)
    inked = np.flatnonzero(found.pixels.min(axis=1) < INK)
    rows = np.arange(inked[0], inked[-1] + 1) if inked.size else np.arange(0)
    for line in found.seams:
        points = np.stack([line.columns[rows], rows.astype(np.float32)], axis=1)
        cv2.polylines(sheet, [np.rint(points).astype(np.int32)], False, SEAM, 1, cv2.LINE_AA)
    for number, fault in enumerate(found.faults):
        place = (round(fault.x), round(fault.y))
        cv2.circle(sheet, place, 30, FAULT, 3, cv2.LINE_AA)
        cv2.putText(
            sheet, fault.words, (12, found.pixels.shape[0] - 16 - 24 * number), cv2.FONT_HERSHEY_SIMPLEX, 0.55, FAULT, 1, cv2.LINE_AA
        )
    return np.asarray(sheet, np.uint8)


def write_prints(prints: Mapping[str, RolledPrint], path: Path) -> None:
    """Side by side, each under its name."""
    sheets = [_titled(draw_print(found), name) for name, found in prints.items()]
    cv2.imwrite(str(path), np.concatenate(sheets, axis=1), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def _titled(sheet: Colour, name: str) -> Colour:
    head = np.full((36, sheet.shape[1], 3), 255, np.uint8)
    cv2.putText(head, name, (12, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.65, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([head, sheet])


def plot(rows: Sequence[Mapping[str, Any]]) -> str:
    """Two columns of bars: local displacement at the 95th percentile in ridges, and PSNR, by situation and method."""
    rows = [row for row in rows if row["windows"]]
    situations = list(dict.fromkeys(row["situation"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    height = 70 + ROW * len(situations)
    parts = [_legend(methods), _one_ridge(height)]
    for row in rows:
        top = 60 + ROW * situations.index(row["situation"]) + (BAR + 2) * methods.index(row["method"])
        colour = COLOURS[methods.index(row["method"])]
        parts += _bars(row, top, colour)
    parts += [f'<text x="8" y="{60 + ROW * n + 28}">{escape(name)}</text>' for n, name in enumerate(situations)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *parts, "</svg>"]) + "\n"


def _legend(methods: Sequence[str]) -> str:
    marks = (
        f'<rect x="{x}" y="8" width="12" height="12" fill="{colour}"/><text x="{x + 18}" y="19">{escape(one)}</text>'
        for x, colour, one in zip(range(LEFT, WIDTH, 190), COLOURS, methods, strict=False)
    )
    titles = f'<text x="{LEFT}" y="46">displaced, ridges, 95th percentile</text><text x="{LEFT + 320}" y="46">PSNR, dB</text>'
    return "".join(marks) + titles


def _one_ridge(height: int) -> str:
    x = LEFT + 220
    return f'<line x1="{x}" x2="{x}" y1="52" y2="{height - 8}" stroke="#888" stroke-dasharray="4 3"/>'


def _bars(row: Mapping[str, Any], top: int, colour: str) -> list[str]:
    displaced, psnr = float(row["displaced_ridges_p95"]), float(row["psnr_db_median"])
    found = ((LEFT, 220 * displaced, f"{displaced:.2f}"), (LEFT + 320, 200 * psnr / 40, f"{psnr:.1f}"))
    return [
        f'<rect x="{x}" y="{top}" width="{max(1.0, wide):.1f}" height="{BAR}" fill="{colour}"/>'
        f'<text x="{x + wide + 6:.1f}" y="{top + 12}" font-size="11">{text}</text>'
        for x, wide, text in found
    ]
