"""Where a capture's impressions are kept, as the capture sees it: each call returns when what it says is on disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from agent.model.fingers import Position
from agent.model.impression import Impression


class Keeper(Protocol):
    """Of one booking."""

    async def accept(self, impression: Impression) -> None:
        """The impression of its position, instead of any before."""
        ...

    async def keep_attempt(self, attempt: Impression, instead: int | None) -> None:
        """For comparing; `instead`: the number of the attempt at the same position that it takes the place of."""
        ...

    async def attempts(self, position: Position) -> Sequence[Impression]:
        """What is kept of a position, the first attempt first."""
        ...

    async def stored(self) -> Sequence[Impression]:
        """The accepted impressions."""
        ...

    async def confirmed(self) -> bool:
        """Whether the hand was laid down once more, and is this person's."""
        ...

    async def confirm(self) -> None:
        """It was."""
        ...

    async def exchange(self, gone: Collection[Position], impressions: Sequence[Impression]) -> None:
        """The positions `gone` are as if never taken, then each of `impressions` is accepted. Killed in between, they are taken again."""
        ...
