"""An image becomes an impression with its report, and with prints that can be compared: in the worker processes, as many as there are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.capture.places import Prints
from agent.capture.reading import RollRead, TipRead, read_prints, read_roll, read_tip
from agent.imaging.segment import Fingertip
from agent.model.fingers import Position
from agent.model.impression import FingerQuality, Impression, ImpressionKind, QualityReport
from agent.quality.assess import Asked, Cut, cut_up, observed
from agent.quality.measures import Measures
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import judge, unchecked
from agent.workers import WorkerDied, Workers


@dataclass(frozen=True, eq=False)
class Checked:
    report: QualityReport
    prints: Prints = field(default_factory=dict, repr=False)  # of the fingers that show enough


class Checker:
    def __init__(self, workers: Workers, limits: QualityThresholds) -> None:
        self._workers = workers
        self._limits = limits

    async def check(self, impression: Impression, missing: frozenset[Position], tries: int) -> Checked:
        """`tries`: at this position, with this one. A check that breaks down is a report too: the finger is taken again."""
        asked = Asked(impression.position, impression.kind, missing, impression.ppi)
        try:
            if impression.kind is ImpressionKind.ROLLED:
                return self._of_roll(asked, await self._workers.run(read_roll, impression.pixels, asked), tries)
            cut = await self._workers.run(cut_up, impression.pixels, asked)
            return self._of_tips(asked, cut, await self._read(cut, impression.ppi), tries)
        except WorkerDied:
            return Checked(unchecked(asked.position, len(asked.wanted), self._limits, tries))

    async def prints(self, impression: Impression, missing: frozenset[Position]) -> Prints:
        """What can be compared of an impression that was judged before; nothing where that breaks down."""
        asked = Asked(impression.position, impression.kind, missing, impression.ppi)
        try:
            return await self._workers.run(read_prints, impression.pixels, asked)
        except WorkerDied:
            return {}

    async def _read(self, cut: Cut, ppi: int) -> Mapping[Position, TipRead]:
        """Each fingertip in a process of its own, the largest first."""
        tips = sorted(cut.tips, key=lambda tip: tip.pixels.size, reverse=True)
        read = await asyncio.gather(*(self._tip(tip, ppi) for tip in tips))
        return {tip.finger: one for tip, one in zip(tips, read, strict=True)}

    async def _tip(self, tip: Fingertip, ppi: int) -> TipRead:
        return await self._workers.run(read_tip, tip, ppi)

    def _of_tips(self, asked: Asked, cut: Cut, read: Mapping[Position, TipRead], tries: int) -> Checked:
        fingers = [tip.finger for tip in cut.tips]
        report = self._judged(asked, cut, {f: read[f].quality for f in fingers}, {f: read[f].measures for f in fingers}, tries)
        return Checked(report, {f: p for f in fingers if (p := read[f].print_) is not None})

    def _of_roll(self, asked: Asked, read: RollRead, tries: int) -> Checked:
        tips = dict(zip((tip.finger for tip in read.cut.tips), read.tips, strict=True))
        report = self._judged(asked, read.cut, {f: t.quality for f, t in tips.items()}, {f: t.measures for f, t in tips.items()}, tries)
        return Checked(report, {} if read.print_ is None else {asked.position: read.print_})

    def _judged(
        self, asked: Asked, cut: Cut, scores: Mapping[Position, FingerQuality], measures: Mapping[Position, Measures], tries: int
    ) -> QualityReport:
        return judge(observed(asked, cut, scores, measures), self._limits, tries)
