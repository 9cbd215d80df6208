"""Security keys (W3C Web Authentication Level 2), through the `webauthn` library; its errors end here.

A browser speaks to a key on `https` pages and on `http://localhost`, never on 127.0.0.1. The page's origin is a setting; the relying
party's id is its host.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class SecurityKey:
    credential: bytes  # its id
    public_key: bytes  # COSE
    count: int  # how often it has signed; a key that counts back has been copied


class KeyRefused(Exception):
    """The answer is not of that key, that page and that challenge."""


def registration_options(origin: str, officer: str, challenge: bytes, known: Sequence[SecurityKey]) -> dict[str, Any]:
    """For `navigator.credentials.create`."""
    library = _library()
    options = library.generate_registration_options(
        rp_id=_host(origin),
        rp_name="Booking station",
        user_name=officer,
        challenge=challenge,
        exclude_credentials=[library.helpers.structs.PublicKeyCredentialDescriptor(one.credential) for one in known],
        supported_pub_key_algs=_algorithms(library),
    )
    return _json(options)


def register(origin: str, answer: Mapping[str, Any], challenge: bytes) -> SecurityKey:
    """Raises KeyRefused."""
    library = _library()
    try:
        found = library.verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(origin),
            expected_origin=origin,
            supported_pub_key_algs=_algorithms(library),
        )
    except Exception as error:  # the bytes are foreign, and the library lets its parsers' errors through
        raise KeyRefused(type(error).__name__) from error
    return SecurityKey(found.credential_id, found.credential_public_key, found.sign_count)


def sign_in_options(origin: str, challenge: bytes, known: Sequence[SecurityKey]) -> dict[str, Any]:
    """For `navigator.credentials.get`."""
    library = _library()
    allowed = [library.helpers.structs.PublicKeyCredentialDescriptor(one.credential) for one in known]
    return _json(library.generate_authentication_options(rp_id=_host(origin), challenge=challenge, allow_credentials=allowed))


def credential_of(answer: Mapping[str, Any]) -> bytes:
    """Which key it says it is. Raises KeyRefused."""
    try:
        return bytes(_library().helpers.base64url_to_bytes(str(answer["rawId"])))
    except (KeyError, ValueError) as error:
        raise KeyRefused("no credential id") from error


def prove(origin: str, answer: Mapping[str, Any], challenge: bytes, key: SecurityKey) -> int:
    """The key's new count. Raises KeyRefused."""
    try:
        found = _library().verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(origin),
            expected_origin=origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.count,
        )
    except Exception as error:  # as above
        raise KeyRefused(type(error).__name__) from error
    return int(found.new_sign_count)


def _library() -> Any:
    """Loaded when a key is first asked for: it takes 60 ms of a start, and most stations have none."""
    return importlib.import_module("webauthn")


def _algorithms(library: Any) -> list[Any]:
    """Approved ones: FIPS 186-5."""
    known = library.helpers.cose.COSEAlgorithmIdentifier
    return [known.ECDSA_SHA_256, known.RSASSA_PKCS1_v1_5_SHA_256]


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _json(options: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(_library().options_to_json(options))
    return said
