"""A histogram, and the whole fleet as one square a station, as SVG. Pure; colours are the CSS variables of `SELF_STYLE`."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from agent.fleet.ages import Bar
from agent.fleet.standing import Grade, Standing

WIDTH = 460  # px of a histogram
_LEFT, _ROW, _MOST = 92, 22, 300  # px: where bars begin, height of a row, longest bar
_CELL, _GAP = 14, 3  # px of a station's square
_ACROSS = 56  # squares in a row
_SHAPE = {Grade.FALSE: "x", Grade.CANNOT: "!", Grade.SILENT: "?", Grade.WAITS: "·", Grade.SOON: "", Grade.GOOD: ""}  # not by colour alone

# what a drawing needs when it stands alone
SELF_STYLE = """
:root { --ink: #16191d; --soft: #56606b; --ground: #e6eaee; --bar: #2f6fb3; --late: #b3261e; --paper: #fff;
  --false: #7b1fa2; --cannot: #b3261e; --silent: #5b6470; --waits: #b26a00; --soon: #d9b84a; --good: #2e7d4f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa4ae; --ground: #23282e; --bar: #5b9be0; --late: #ff7b72;
  --paper: #14171a; --false: #d39bff; --cannot: #ff7b72; --silent: #8b95a1; --waits: #f0a83c; --soon: #c8ad4e; --good: #3f9e68; } }
"""
STYLE = """
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); } svg .soft { fill: var(--soft); } svg .end { text-anchor: end; }
svg .ground { fill: var(--ground); } svg .bar { fill: var(--bar); } svg .late { fill: var(--late); }
svg .false { fill: var(--false); } svg .cannot { fill: var(--cannot); } svg .silent { fill: var(--silent); }
svg .waits { fill: var(--waits); } svg .soon { fill: var(--soon); } svg .good { fill: var(--good); }
svg .mark { font: bold 11px system-ui, sans-serif; fill: var(--paper); text-anchor: middle; }
"""


def histogram(bars: Sequence[Bar], title: str) -> str:
    top = max(1, *(bar.count for bar in bars))
    rows = "".join(_bar(place, bar, top) for place, bar in enumerate(bars))
    return _svg(WIDTH, len(bars) * _ROW, rows, title)


def _bar(place: int, bar: Bar, top: int) -> str:
    y, long = place * _ROW, _MOST * bar.count / top
    kind = "late" if bar.bad else "bar"
    drawn = f'<rect x="{_LEFT}" y="{y + 4}" width="{max(long, 2):.1f}" height="14" rx="2" class="{kind if bar.count else "ground"}"/>'
    return (
        f'<text x="{_LEFT - 8}" y="{y + 15}" class="end soft">{bar.name}</text>{drawn}'
        f'<text x="{_LEFT + max(long, 2) + 8:.1f}" y="{y + 15}">{bar.count}</text>'
    )


def squares(standings: Sequence[Standing]) -> str:
    """One square a station, worst first; its name and reason when pointed at."""
    step = _CELL + _GAP
    drawn = "".join(_square(one, place % _ACROSS * step, place // _ACROSS * step) for place, one in enumerate(standings))
    rows = -(-len(standings) // _ACROSS)
    return _svg(_ACROSS * step, rows * step, drawn, "All stations, worst first")


def _square(one: Standing, x: int, y: int) -> str:
    told = f"{one.station} {one.name}: {one.reasons[0][0] if one.reasons else 'good'}"
    mark = _SHAPE[one.grade]
    sign = f'<text x="{x + _CELL / 2}" y="{y + 11}" class="mark">{mark}</text>' if mark else ""
    return f'<g><title>{escape(told)}</title><rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" rx="3" class="{one.grade}"/>{sign}</g>'


def _svg(width: int, height: int, inside: str, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {max(height, 1)}" width="{width}" height="{max(height, 1)}" '
        f'role="img" aria-label="{escape(title)}">{inside}</svg>'
    )
