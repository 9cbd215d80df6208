"""Security keys (W3C Web Authentication Level 2), through the `webauthn` library; its errors end here.

A browser speaks to a key on `https` pages and on `http://localhost`, never on 127.0.0.1. The page's origin is a setting; the relying
party's id is its host.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import PublicKeyCredentialDescriptor

_ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256]  # approved ones: FIPS 186-5


@dataclass(frozen=True)
class SecurityKey:
    credential: bytes  # its id
    public_key: bytes  # COSE
    count: int  # how often it has signed; a key that counts back has been copied


class KeyRefused(Exception):
    """The answer is not of that key, that page and that challenge."""


def registration_options(origin: str, officer: str, challenge: bytes, known: Sequence[SecurityKey]) -> dict[str, Any]:
    """For `navigator.credentials.create`."""
    options = generate_registration_options(
        rp_id=_host(origin),
        rp_name="Booking station",
        user_name=officer,
        challenge=challenge,
        exclude_credentials=[PublicKeyCredentialDescriptor(one.credential) for one in known],
        supported_pub_key_algs=_ALGORITHMS,
    )
    return _json(options)


def register(origin: str, answer: Mapping[str, Any], challenge: bytes) -> SecurityKey:
    """Raises KeyRefused."""
    try:
        found = verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(origin),
            expected_origin=origin,
            supported_pub_key_algs=_ALGORITHMS,
        )
    except Exception as error:  # the bytes are foreign, and the library lets its parsers' errors through
        raise KeyRefused(type(error).__name__) from error
    return SecurityKey(found.credential_id, found.credential_public_key, found.sign_count)


def sign_in_options(origin: str, challenge: bytes, known: Sequence[SecurityKey]) -> dict[str, Any]:
    """For `navigator.credentials.get`."""
    allowed = [PublicKeyCredentialDescriptor(one.credential) for one in known]
    return _json(generate_authentication_options(rp_id=_host(origin), challenge=challenge, allow_credentials=allowed))


def credential_of(answer: Mapping[str, Any]) -> bytes:
    """Which key it says it is. Raises KeyRefused."""
    try:
        return base64url_to_bytes(str(answer["rawId"]))
    except (KeyError, ValueError) as error:
        raise KeyRefused("no credential id") from error


def prove(origin: str, answer: Mapping[str, Any], challenge: bytes, key: SecurityKey) -> int:
    """The key's new count. Raises KeyRefused."""
    try:
        found = verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(origin),
            expected_origin=origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.count,
        )
    except Exception as error:  # as above
        raise KeyRefused(type(error).__name__) from error
    return found.new_sign_count


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _json(options: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(options_to_json(options))
    return said
