"""What keeps a booking from becoming a transaction.

LivescanError
└── SubmissionError     what was typed in or captured cannot be written as the profile asks
"""

from __future__ import annotations

from agent.errors import LivescanError


class SubmissionError(LivescanError):
    """A booking or a reply cannot be written; names the field, never its value."""

    def __init__(self, what: str, *, do: str = "Correct the booking, then send it again.", field: str = "") -> None:
        """field: "2.047", where one is at fault."""
        super().__init__(what, means="No transaction was made; nothing was sent.", do=do)
        self.field = field
