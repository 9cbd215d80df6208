"""The confusion matrix of `bench advice` as an SVG."""

from __future__ import annotations

from collections.abc import Sequence

from agent.bench.advice import Trial, confusion
from agent.model.quality import Cause

CELL, LEFT, TOP = 72, 150, 110  # pixels


def drawn(done: Sequence[Trial]) -> str:
    """Rows are what was injected, columns what was named first; the darker the more."""
    table = confusion(done)
    columns = [cause for cause in Cause if any(named[cause] for named in table.values())]
    parts = [_text(LEFT + n * CELL + CELL / 2, TOP - 10, str(cause), turn=-35) for n, cause in enumerate(columns)]
    for row, (injected, named) in enumerate(table.items()):
        parts.append(_text(LEFT - 8, TOP + row * CELL * 0.6 + 27, str(injected), anchor="end"))
        parts += [_cell(row, n, named[cause], named.total(), injected is cause) for n, cause in enumerate(columns)]
    width, height = LEFT + len(columns) * CELL + 70, TOP + len(table) * CELL * 0.6 + 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>', *parts, "</svg>", ""])


def _cell(row: int, column: int, hits: int, total: int, right: bool) -> str:
    share = hits / total
    x, y = LEFT + column * CELL, TOP + row * CELL * 0.6
    colour = f"rgba({'30,110,60' if right else '180,40,30'},{max(0.04, share):.2f})"
    box = f'<rect x="{x:.0f}" y="{y:.0f}" width="{CELL - 2}" height="{CELL * 0.6 - 2:.0f}" fill="{colour}"/>'
    return box + (_text(x + CELL / 2, y + 27, str(hits), colour="white" if share > 0.5 else "black") if hits else "")


def _text(x: float, y: float, words: str, *, anchor: str = "", turn: int = 0, colour: str = "black") -> str:
    anchor = anchor or ("start" if turn else "middle")
    turned = f' transform="rotate({turn} {x:.0f} {y:.0f})"' if turn else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}"{turned}>{words}</text>'
