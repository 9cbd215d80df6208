"""Whether the OpenSSL libraries in this process run a FIPS provider. Asked at start-up when the settings demand it.

Python's own (`ssl`, `hashlib`) and that of the `cryptography` package are two libraries: each must. PyPI's wheels of `cryptography` bring
an OpenSSL of their own without the provider, and Debian 12 ships none: there the answer is no, and no setting of ours changes it.
"""

from __future__ import annotations

import _hashlib
import ssl

from agent.errors import ConfigError


def missing_in_python() -> str | None:
    """Why Python's OpenSSL is not in FIPS mode, or None."""
    return None if _hashlib.get_fips_mode() else f"Python's library is {ssl.OPENSSL_VERSION}, not in FIPS mode"


def require(required: bool, *missing: str | None) -> None:
    """Raises ConfigError when FIPS is required and a library is not in that mode."""
    lacking = [one for one in missing if one is not None]
    if required and lacking:
        raise ConfigError(
            f"FIPS mode is required by the settings, and this machine does not have it: {'; '.join(lacking)}.",
            means="Nothing is sealed or sent from here: it would not be done by a validated module.",
            do="Run on a system whose OpenSSL has an active FIPS provider, with cryptography built against it "
            "(pip install --no-binary cryptography), or set trust.fips_required = false where the agency allows it.",
        )
