"""A keeper in memory: what a capture stored, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from agent.model.fingers import Position
from agent.model.impression import Impression


@dataclass
class MemoryKeeper:
    accepted: list[Impression] = field(default_factory=list)  # in the order of their being accepted
    tried: list[Impression] = field(default_factory=list)  # kept attempts
    is_confirmed: bool = False
    on_accept: Callable[[Impression], None] = lambda impression: None

    async def accept(self, impression: Impression) -> None:
        await asyncio.sleep(0.01)
        self.accepted.append(impression)
        self.on_accept(impression)

    async def keep_attempt(self, attempt: Impression, instead: int | None) -> None:
        self.tried = [one for one in self.tried if (one.position, one.attempt) != (attempt.position, instead)] + [attempt]

    async def attempts(self, position: Position) -> Sequence[Impression]:
        return [one for one in self.tried if one.position is position]

    async def stored(self) -> Sequence[Impression]:
        return list(self.accepted)

    async def confirmed(self) -> bool:
        return self.is_confirmed

    async def confirm(self) -> None:
        self.is_confirmed = True

    async def exchange(self, gone: Collection[Position], impressions: Sequence[Impression]) -> None:
        self.accepted = [one for one in self.accepted if one.position not in gone]
        for impression in impressions:
            await self.accept(impression)
