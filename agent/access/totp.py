"""The six digits of a telephone or a token: RFC 6238, by `cryptography`. Pure.

A code is taken once: its time step is kept, and no step up to it counts again (RFC 6238 5.2). One step either way is allowed for a clock
that is off (5.2).
"""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP = 30  # s
DIGITS = 6
SECRET_LENGTH = 20  # bytes, RFC 4226 4
_DRIFT = 1  # steps


def uri(secret: bytes, officer: str, issuer: str) -> str:
    """`otpauth://…`, as telephones read it from a QR code."""
    return _totp(secret).get_provisioning_uri(officer, issuer)


def step_of(secret: bytes, code: str, now: datetime, used: int) -> int | None:
    """The time step that this code stands for, later than `used`; None when it is no code of now."""
    if not (len(code) == DIGITS and code.isascii() and code.isdigit()):
        return None
    at = int(now.timestamp()) // STEP
    for step in range(max(at - _DRIFT, used + 1), at + _DRIFT + 1):
        try:
            _totp(secret).verify(code.encode(), step * STEP)
        except InvalidToken:
            continue
        return step
    return None


def code_at(secret: bytes, at: datetime) -> str:
    return _totp(secret).generate(int(at.timestamp())).decode()


def _totp(secret: bytes) -> TOTP:
    """SHA-1 is what telephones know; in HMAC it is sound (SP 800-131A), and RFC 6238 gives it as the default."""
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303  what the standard and every telephone use
