"""What a part of the station offers that keeps something of bookings outside the vault and the core's own tables."""

from __future__ import annotations

from typing import Protocol


class Forgets(Protocol):
    """A local gallery, an index, a cache. Registered with `RetentionDesk.register`."""

    def forget(self, booking_id: str) -> None:
        """Nothing of that booking is left in it, in memory or on disk, when this returns; a booking that it never had is no error.

        Called from a worker thread, and again after a crash. Raises LivescanError when it cannot: the booking then counts as not yet
        destroyed, and it is asked again.
        """
        ...
