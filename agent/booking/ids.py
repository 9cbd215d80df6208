"""Identities that are never given twice: the booking number and the transaction control number.

Both start with the time and end in random bits from the operating system, so that two stations, or one station whose clock was set back,
do not meet. ULID layout: 48 bits of milliseconds, 80 random bits, Crockford's base 32.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from agent.model.booking import BookingId

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_booking_id(now: datetime) -> BookingId:
    """Such as 20261124-7K3M9Q2X: 17 characters, so that it fits EBTS 2.009 OCA (1 to 20, no period)."""
    return BookingId(f"{now:%Y%m%d}-{_base32(secrets.randbits(40), 8)}")


def new_tcn(station: str, now: datetime) -> str:
    """Such as LS-0001-01JDF…: station and ULID, 10 to 40 characters as 1.009 TCN asks."""
    milliseconds = int(now.timestamp() * 1000)
    return f"{station}-{_base32(milliseconds, 10)}{_base32(secrets.randbits(80), 16)}"


def _base32(value: int, length: int) -> str:
    return "".join(_CROCKFORD[(value >> 5 * place) & 31] for place in reversed(range(length)))
