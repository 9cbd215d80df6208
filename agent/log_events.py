"""What a log line can be about, for whoever watches three hundred stations: a name, and a message id that never changes.

`journalctl MESSAGE_ID=…` finds every line of a kind whatever its words; `journalctl -x` explains it (`systemd/livescan-agent.catalog`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

_OURS = uuid.UUID("5f6a3a52-6b0a-4c57-9d4e-2f0d7a1c9e11")  # chosen once; an id is made of it and the name


class LogEvent(Enum):
    BOOKING_HELD = "booking-held"  # a person must look at a booking
    ROOM_LOW = "room-low"  # the disk has reached its floor
    AUDIT_STOPPED = "audit-stopped"  # sending has stopped, since it cannot be recorded
    AUDIT_BROKEN = "audit-broken"  # the record was changed
    ENVELOPE_RENEWED = "envelope-renewed"  # one was gone or damaged on the disk, or its keys have changed
    ENVELOPE_HELD = "envelope-held"  # the uplink sets one aside for a person
    HOLD_LIMIT = "hold-limit"  # release unless another lawful basis
    PART_SILENT = "part-silent"  # the watchdog is not fed
    KEYS_REFUSED = "keys-refused"  # files of keys or certificates were not taken
    CERTIFICATE_DUE = "certificate-due"  # a certificate cannot be renewed
    SETTINGS_REFUSED = "settings-refused"  # a change was not taken up
    BROKER_AWAY = "broker-away"
    BROKER_REFUSES = "broker-refuses"  # its permissions keep receipts out
    COMMANDED = "commanded"  # an administrator asked something from afar, and what became of it
    COMMAND_DROPPED = "command-dropped"  # somebody asked who may not
    JAIL_FILE_REFUSED = "jail-file-refused"  # moved aside

    @property
    def message_id(self) -> str:
        """128 bits as 32 hexadecimal digits: MESSAGE_ID of systemd.journal-fields(7)."""
        return uuid.uuid5(_OURS, self.value).hex


def about(event: LogEvent, **ids: str) -> Mapping[str, object]:
    """For `extra` of a log call. ids: of bookings and envelopes, never anything of a person."""
    return MappingProxyType({"livescan_event": event, "livescan_ids": ids})
