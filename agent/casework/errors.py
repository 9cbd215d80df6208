"""What can be broken in casework.

LivescanError
└── CaseworkError
    ├── NoSuchMove       an event arrived that the state table has no row for
    └── InboxFull        what proves nothing is not taken: the uplink keeps it
"""

from __future__ import annotations

from agent.errors import LivescanError, NotTaken


class CaseworkError(LivescanError):
    """The record of a case and what is asked of it do not fit."""


class InboxFull(CaseworkError, NotTaken):
    """Too much that proves nothing waits for a person already."""


class NoSuchMove(CaseworkError):
    def __init__(self, region: str, state: str, event: str) -> None:
        super().__init__(
            f"In the {region} state '{state}' there is no event '{event}'.",
            means="The booking keeps its state; what happened is recorded.",
            do="Report this: it is a fault in the software.",
        )
