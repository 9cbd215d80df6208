"""The attempts at the present step: kept on disk as they are made, with what was read of each for comparing."""

from __future__ import annotations

from agent.capture.attempts import best_first, given_up
from agent.capture.keeping import Keeper
from agent.capture.places import Prints
from agent.model.fingers import Position
from agent.model.impression import Impression


class Trials:
    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._kept: list[Impression] = []
        self._prints: dict[int, Prints] = {}  # by attempt

    @property
    def ranked(self) -> list[Impression]:
        """The best first."""
        return best_first(self._kept)

    @property
    def last(self) -> int:
        """The number of the last attempt, 0 before the first."""
        return max((one.attempt for one in self._kept), default=0)

    def prints(self, impression: Impression) -> Prints | None:
        """What was read of an attempt; None of one that was made before this run."""
        return self._prints.get(impression.attempt)

    async def resume(self, position: Position) -> None:
        """What was tried before this run."""
        self._kept = list(await self._keeper.attempts(position))

    async def add(self, impression: Impression, prints: Prints) -> None:
        room = given_up(self._kept)
        await self._keeper.keep_attempt(impression, room)
        self._kept = [one for one in self._kept if one.attempt != room] + [impression]
        self._prints[impression.attempt] = prints

    def clear(self) -> None:
        self._kept, self._prints = [], {}
