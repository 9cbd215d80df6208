"""Passwords: which are taken, and how they are kept. CJIS Security Policy v6.0 IA-5(1), NIST SP 800-63B 5.1.1.

Kept as Argon2id (RFC 9106 4, second recommended option); where only approved algorithms are allowed, as PBKDF2-HMAC-SHA-256 (SP 800-132).
A kept password says how it is kept, so both can be checked, and one that is kept the other way is rewritten when it is next typed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Container
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agent.errors import LivescanError

SHORTEST = 8  # characters, IA-5(1)
LONGEST = 256  # characters; more is refused, never cut
ITERATIONS = 600_000  # of PBKDF2; OWASP's password storage page, 2023
_SALT = 16  # bytes, SP 800-132 5.1
_ARGON2 = PasswordHasher()  # t=3, 64 MiB, p=4: RFC 9106 4


class Kept(StrEnum):
    ARGON2ID = "argon2id"
    PBKDF2 = "pbkdf2"


class PasswordRefused(LivescanError):
    """The password that was chosen is not taken."""


def check_choice(password: str, officer: str, breached: Container[str]) -> None:
    """Raises PasswordRefused. breached: passwords that are known to attackers, `breached.BreachedList`."""
    plain = _normal(password).lower()
    for wrong, why in (
        (len(_normal(password)) < SHORTEST, f"It has fewer than {SHORTEST} characters."),
        (len(password) > LONGEST, f"It has more than {LONGEST} characters."),
        (not password.isprintable(), "It has characters that cannot be typed."),
        (len(set(plain)) < 4, "It is made of too few different characters."),
        (len(officer) > 3 and officer.lower() in plain, "The officer's id is in it."),
        (plain in breached or password in breached, "It is on the list of passwords that attackers try first."),
    ):
        if wrong:
            raise PasswordRefused(
                f"That password is not taken. {why}", means="The old one still holds.", do="Choose another, a sentence for instance."
            )


def keep(password: str, how: Kept) -> str:
    if how is Kept.ARGON2ID:
        return _ARGON2.hash(_normal(password))
    salt = secrets.token_bytes(_SALT)
    return f"$pbkdf2-sha256${ITERATIONS}${salt.hex()}${_pbkdf2(password, salt, ITERATIONS).hex()}"


def holds(kept: str, password: str) -> bool:
    """Whether this is the password, in about the same time whether it is or not."""
    if kept.startswith("$pbkdf2-sha256$"):
        _, _, rounds, salt, digest = kept.split("$")
        return hmac.compare_digest(_pbkdf2(password, bytes.fromhex(salt), int(rounds)), bytes.fromhex(digest))
    try:
        return _ARGON2.verify(kept, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def kept_as(kept: str) -> Kept:
    return Kept.PBKDF2 if kept.startswith("$pbkdf2-sha256$") else Kept.ARGON2ID


def _pbkdf2(password: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", _normal(password).encode(), salt, rounds)


def _normal(password: str) -> str:
    """SP 800-63B 5.1.1.2: the same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)
