"""What can be wrong between core and uplink.

HandoverError
├── FrameError        the other end sent what is no frame of this protocol: the connection ends, everything is said again on the next
└── VersionError      the two ends speak different versions: one of them was not updated
"""

from __future__ import annotations

from agent.errors import LivescanError


class HandoverError(LivescanError):
    """The socket between core and uplink does not work."""


class FrameError(HandoverError):
    """Bytes on the socket are not a frame of this protocol."""


class VersionError(HandoverError):
    """Core and uplink speak different versions."""
