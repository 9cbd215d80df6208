"""Plots of a report as inline SVG: what was told when, and how late each preview came. Pure; colours are the page's CSS variables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from agent.rig.outcome import Mark, Outcome, StepOutcome

WIDTH, LEFT, RIGHT = 920, 120, 16  # px
LANE = 22  # px
LANES = (
    ("state", "state", frozenset({"ready", "await_clear", "armed", "tracking", "roll_active", "taking"})),
    ("frames", "previews", frozenset({"preview", "roll-frame"})),
    ("result", "results", frozenset({"result"})),
    ("trouble", "trouble", frozenset({"gone", "busy", "timeout", "garbled", "refused", "trouble", "lost", "error"})),
)
HEIGHT = 150  # px of the plot of lateness


def timeline(outcome: Outcome) -> str:
    """A lane for the steps, and one for each kind of thing that was told; one second is the same width in all."""
    end = max(outcome.seconds, 0.001)
    lanes = ["".join(_step(step, end) for step in outcome.steps), *(_marks(outcome.marks, lane, end) for lane in range(len(LANES)))]
    names = ["steps", *(title for _, title, _ in LANES)]
    rows = "".join(
        f'<g transform="translate(0 {n * LANE})"><text x="{LEFT - 10}" y="15" class="name">{name}</text>'
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{LANE - 2}" y2="{LANE - 2}" class="grid"/>{lane}</g>'
        for n, (name, lane) in enumerate(zip(names, lanes, strict=True))
    )
    height = len(names) * LANE
    return _svg(height + 26, f"{rows}{_seconds(end, height)}", f"What happened in {outcome.name}, over {end:.1f} seconds")


def lateness(values: Sequence[float], period_ms: float = 1000 / 15) -> str:
    """Each preview as a bar: ms later than the promptest one. The line is one frame's time: above it a preview is late."""
    if len(values) < 3:
        return ""
    top = max(*values, period_ms) * 1.1
    step = (WIDTH - LEFT - RIGHT) / len(values)
    bars = "".join(
        f'<rect x="{LEFT + n * step:.1f}" y="{_y(value, top):.1f}" width="{max(1.0, step - 1):.1f}" height="{HEIGHT - _y(value, top):.1f}" '
        f'class="{"late" if value > period_ms else "bar"}"><title>preview {n + 1}: {value:.1f} ms</title></rect>'
        for n, value in enumerate(values)
    )
    limit = f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(period_ms, top):.1f}" y2="{_y(period_ms, top):.1f}" class="limit"/>'
    names = "".join(
        f'<text x="{LEFT - 10}" y="{_y(value, top) + 4:.1f}" class="name">{value:.0f} ms</text>'
        for value in (0.0, period_ms, max(values))
        if value in (0.0, period_ms) or (abs(value - period_ms) > top * 0.1 and value > top * 0.1)
    )
    axis = f'<text x="{LEFT}" y="{HEIGHT + 18}" class="tick">preview 1</text>'
    last = f'<text x="{WIDTH - RIGHT}" y="{HEIGHT + 18}" class="tick end">{len(values)}</text>'
    return _svg(HEIGHT + 26, bars + limit + names + axis + last, "How late each preview came")


def gauge(value: float, limit: float, *, at_most: bool) -> str:
    """A bar against its limit, which stands at two thirds of the width."""
    wide, mark = 180.0, 120.0
    filled = min(wide, mark * value / limit) if limit > 0 else (0.0 if value <= 0 else wide)
    good = value <= limit if at_most else value >= limit
    return (
        f'<svg viewBox="0 0 {wide:.0f} 14" width="{wide:.0f}" height="14" role="img" '
        f'aria-label="{"within" if good else "beyond"} its limit">'
        f'<rect width="{wide:.0f}" height="14" class="ground"/><rect width="{max(filled, 1.5):.1f}" height="14" '
        f'class="{"bar" if good else "late"}"/><line x1="{mark}" x2="{mark}" y1="0" y2="14" class="limit"/></svg>'
    )


def _step(step: StepOutcome, end: float) -> str:
    begin, width = _x(step.at, end), max(2.0, _x(step.at + step.seconds, end) - _x(step.at, end) - 1)
    title = escape(f"{step.what}: {step.verdict}, {step.seconds:.2f} s")
    return f'<rect x="{begin:.1f}" y="3" width="{width:.1f}" height="14" class="step {step.verdict}"><title>{title}</title></rect>'


def _marks(marks: Sequence[Mark], lane: int, end: float) -> str:
    kind, _, words = LANES[lane]
    drawn = []
    for mark in marks:
        if mark.what in words:
            title = escape(f"{mark.what} at {mark.at:.2f} s" + (f", scanner {mark.scanner}" if mark.scanner > 1 else ""))
            drawn.append(f'<rect x="{_x(mark.at, end) - 1.5:.1f}" y="4" width="3" height="12" class="{kind}"><title>{title}</title></rect>')
    return "".join(drawn)


def _seconds(end: float, y: int) -> str:
    step = next(size for size in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 600) if end / size <= 10 or size == 600)
    return "".join(f'<text x="{_x(n * step, end):.1f}" y="{y + 16}" class="tick">{n * step:g} s</text>' for n in range(int(end / step) + 1))


def _x(at: float, end: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(at, end) / end


def _y(value: float, top: float) -> float:
    return HEIGHT - (HEIGHT - 8) * value / top


def _svg(height: float, inner: str, label: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">{inner}</svg>'
