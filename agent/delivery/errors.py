"""What can be wrong on the way between station and bureau.

DeliveryError
├── ChunkError        bytes that are no chunk of ours: dropped, the sender sends again
├── NotConnected      there is no broker at the moment: everything waits in the outbox
├── SpoolError        a payload file cannot be written, read, or is not what was written
├── NoRoom            the disk is too full to take more
└── LinkDied          the MQTT thread ended by itself: the process must be started again
"""

from __future__ import annotations

from agent.errors import LivescanError


class DeliveryError(LivescanError):
    """Something is broken between this station and the bureau."""


class ChunkError(DeliveryError):
    """Bytes from the broker are not a chunk."""


class NotConnected(DeliveryError):
    """There is no connection to the broker now."""


class SpoolError(DeliveryError):
    """A payload file cannot be written or read, or its bytes have changed."""


class NoRoom(DeliveryError):
    """The disk has less free space than must stay free."""


class LinkDied(DeliveryError):
    """The thread that speaks MQTT has ended without being asked to."""
