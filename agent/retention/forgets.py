"""What a part of the station offers that keeps something of bookings outside the vault and the core's own tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Forgets(Protocol):
    """The gallery, an index, a cache. Registered with `RetentionDesk.shredder.register`."""

    def forget(self, bookings: Collection[str]) -> object:
        """Nothing of these bookings is left in it, in memory or on disk, when this returns; one that it never had is no error.

        Called from a worker thread, and again after a crash. Raises LivescanError when it cannot: the booking then counts as not yet
        destroyed, and it is asked again.
        """
        ...
