"""Criminal-history data that is being read: who, what, why. For a few minutes, under a name that nobody guesses."""

from __future__ import annotations

import secrets
import time

from agent.access.desk import NotAllowed
from agent.casework.viewing import Viewer
from agent.kiosk.frame import who

LASTS = 300.0  # s from when it was last looked at


class Granted:
    def __init__(self) -> None:
        self._of: dict[str, tuple[tuple[str, ...], Viewer, float]] = {}

    def give(self, what: tuple[str, ...], viewer: Viewer) -> str:
        """what: ids of what is read."""
        now = time.monotonic()
        self._of = {name: one for name, one in self._of.items() if one[2] > now}
        name = secrets.token_urlsafe(16)
        self._of[name] = (what, viewer, now + LASTS)
        return name

    def of(self, name: str, what: tuple[str, ...]) -> Viewer:
        """Of the officer to whom it was given, for that alone. Raises NotAllowed."""
        found = self._of.get(name)
        if found is None or found[0] != what or found[1].officer != who() or found[2] < time.monotonic():
            raise NotAllowed("That is not being read any more.", means="Nothing was shown.", do="Open it again.")
        self._of[name] = (*found[:2], time.monotonic() + LASTS)
        return found[1]
