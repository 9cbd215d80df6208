"""Histograms of several series above each other as one SVG, in shares of each series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, ROW, LEFT, BOTTOM = 760, 110, 30, 40  # pixels
COLOURS = ("#2a6f97", "#61a5c2", "#c1121f", "#e07a5f")
BINS = 60


@dataclass(frozen=True)
class Series:
    name: str
    values: Sequence[int]


def histogram(series: Sequence[Series], unit: str) -> str:
    top = max(max(one.values) for one in series) + 1
    edges = np.linspace(0, top, BINS + 1)
    height = ROW * len(series) + BOTTOM
    parts = [_row(one, edges, n) for n, one in enumerate(series)] + [_axis(top, height, unit)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *parts, "</svg>"]) + "\n"


def _row(one: Series, edges: np.ndarray, n: int) -> str:
    counts, _edges = np.histogram(one.values, edges)
    base, wide = ROW * (n + 1), (WIDTH - 2 * LEFT) / BINS
    tallest = counts.max()
    bars = [
        f'<rect x="{LEFT + k * wide:.1f}" y="{base - count / tallest * (ROW - 30):.1f}" width="{wide - 1:.1f}"'
        f' height="{count / tallest * (ROW - 30):.1f}" fill="{COLOURS[n % len(COLOURS)]}"/>'
        for k, count in enumerate(counts)
        if count
    ]
    low, middle, high = np.percentile(one.values, (0, 50, 100)).astype(int)
    label = f"{one.name}: n {len(one.values)}, min {low}, median {middle}, max {high}"
    return "\n".join([*bars, f'<text x="{LEFT}" y="{base - ROW + 20}">{label}</text>'])


def _axis(top: int, height: int, unit: str) -> str:
    step = next(s for s in (5, 10, 20, 25, 50, 100, 200, 500) if top / s <= 12)
    ticks = [
        f'<text x="{LEFT + value / top * (WIDTH - 2 * LEFT):.1f}" y="{height - 22}" text-anchor="middle">{value}</text>'
        for value in range(0, top, step)
    ]
    return "\n".join([*ticks, f'<text x="{WIDTH / 2}" y="{height - 5}" text-anchor="middle">{unit}</text>'])
