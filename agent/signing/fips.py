"""Whether the OpenSSL of the `cryptography` package is in FIPS mode. See `agent.fips`."""

from __future__ import annotations

from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.bindings._rust import openssl


def missing_in_cryptography() -> str | None:
    """Why it is not, or None."""
    return None if openssl.is_fips_enabled() else f"cryptography's library is {backend.openssl_version_text()}, not in FIPS mode"
