"""What can be broken in casework.

LivescanError
└── CaseworkError
    └── NoSuchMove       an event arrived that the state table has no row for
"""

from __future__ import annotations

from agent.errors import LivescanError


class CaseworkError(LivescanError):
    """The record of a case and what is asked of it do not fit."""


class NoSuchMove(CaseworkError):
    def __init__(self, region: str, state: str, event: str) -> None:
        super().__init__(
            f"In the {region} state '{state}' there is no event '{event}'.",
            means="The booking keeps its state; what happened is recorded.",
            do="Report this: it is a fault in the software.",
        )
