"""What a person is told when something is broken.

An error is for a thing that is broken; a poor fingerprint is a result, not an error. Every error says three things: what happened,
what it means for this booking, and what to do. No person's data goes into any of the three: an error may be logged.

    LivescanError
    ├── ConfigError        the settings, keys or files of this station are wrong   exit 78 (sysexits EX_CONFIG)
    ├── UsageError         the command was called wrongly                          exit 64 (EX_USAGE)
    └── (one small tree per layer, each drawn at the top of that layer's errors)
"""

from __future__ import annotations


class LivescanError(Exception):
    """Something is broken, said in three sentences.

    what: what happened · means: what it means for this booking · do: what to do now.
    """

    exit_code = 1

    def __init__(self, what: str, *, means: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.means = means
        self.do = do

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.means, self.do) if part)


class ConfigError(LivescanError):
    """The configuration, a key or an installed file is wrong; restarting will not help."""

    exit_code = 78  # sysexits.h EX_CONFIG


class UsageError(LivescanError):
    """The command was called wrongly."""

    exit_code = 64  # sysexits.h EX_USAGE


class NotTaken(LivescanError):
    """Whoever was handed something does not take it now: whoever brought it keeps it, and brings it again."""
