"""What can go wrong around an envelope. A signature that does not hold is not here: it is a fact in `verify.Verification`.

LivescanError
├── EnvelopeError   these bytes are no envelope of ours, or not for us      set aside, never retried
└── SealError       this content must not be sealed like this               a fault of this station: keys, settings or code
"""

from __future__ import annotations

from agent.errors import LivescanError


class EnvelopeError(LivescanError):
    """Bytes that cannot be opened: not an envelope, damaged, foreign algorithms, or sealed to somebody else. One line."""

    def __init__(self, what: str) -> None:
        super().__init__(what, means="Nothing of it was used.", do="Keep the bytes and have them sent again.")


class SealError(LivescanError):
    """The content was not sealed because the envelope would be refused or would be false."""

    def __init__(self, what: str, *, do: str = "Check this station's keys and settings.") -> None:
        super().__init__(what, means="The booking is safe here, but nothing was sent.", do=do)
