"""The switch with which a person stops the immigration features at once (SOP 1.0): kept over a restart, lifted by somebody else's right."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from agent.casework.errors import CaseworkError
from agent.policy import PolicyFile

LEAST_REASON, LONGEST_REASON = 5, 200  # characters


class SuspensionRefused(CaseworkError):
    """Not without a reason in words."""


class Suspension:
    def __init__(self, policy: PolicyFile) -> None:
        self._policy = policy

    async def suspend(self, reason: str) -> Mapping[str, Any]:
        """In force when this returns. Raises SuspensionRefused."""
        words = " ".join(reason.split())
        if not LEAST_REASON <= len(words) <= LONGEST_REASON or not words.isprintable():
            raise SuspensionRefused(
                "The features are suspended with a reason in words.", means="Nothing was changed.", do="Say why, in 5 to 200 characters."
            )
        await self._do(lambda: self._policy.suspend(words), "Nothing was suspended.")
        return await self.now()

    async def lift(self) -> Mapping[str, Any]:
        await self._do(self._policy.lift, "They are still suspended.")
        return await self.now()

    async def now(self) -> Mapping[str, Any]:
        """suspended: why, by a person or by the file; off: why no immigration response is expected, whatever the reason."""
        policy = await asyncio.to_thread(self._policy)
        return {"suspended": policy.procedure.suspended, "off": policy.why_off}

    async def _do(self, deed: Any, means: str) -> None:
        try:
            await asyncio.to_thread(deed)
        except OSError as error:
            raise CaseworkError(
                f"The disk refused: {error.strerror}.", means=means, do="Set procedure.suspended in the jurisdiction's file."
            ) from error
