"""Renewing a key: a new one is made beside the old, a certificate is asked for, checked, and only then put in use. Core, uplink, CLI.

A certificate that comes back is believed for nothing but what was asked: it must belong to the key that waits, carry the same name and
usages, come from the instance's authority, be in date, not revoked, and last longer than the one it follows.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from agent.errors import ConfigError, LivescanError
from agent.signing import algorithms, certificates
from agent.signing.algorithms import SigningPublicKey
from agent.signing.private_keys import IN_CREDENTIAL, key_source
from agent.signing.requests import make_request, read_request
from agent.signing.revocations import RevocationList
from agent.signing.slots import PURPOSE, Slot, Use
from agent.signing.token_uri import TokenUri, tokens


class RenewalError(LivescanError):
    """A key cannot be renewed this way; the one in use stays in use."""


@dataclass(frozen=True)
class Request:
    """A request that waits for its certificate."""

    use: Use
    der: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()


def pending(directory: Path, *uses: Use) -> tuple[Request, ...]:
    """directory: `station` of the key folder."""
    found = ((use, Slot(directory, use).pending()) for use in uses)
    return tuple(Request(use, der) for use, der in found if der is not None)


def ask(directory: Path, use: Use) -> Request:
    """Make the next key, of the same kind and kept where the old one is, and its request; the one that waits already is given again.

    Raises ConfigError, SealError (a token that does not do it), RenewalError.
    """
    slot = Slot(directory, use)
    waiting = slot.pending()
    if waiting is not None:
        return Request(use, waiting)
    old = _certificate(slot.certificate)
    source = key_source(slot.key)
    if source.token:
        return _ask_with_token_key(slot, TokenUri.parse(source.token), old)
    if source.kept == IN_CREDENTIAL:
        raise _refused_for_credential(use)
    key = algorithms.new_key(_scheme(old))
    request = make_request(old, key.public_key(), lambda digest: algorithms.sign(key, digest))
    slot.begin(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), request)
    return Request(use, request)


def install(
    directory: Path,
    certificate: x509.Certificate,
    *,
    ca: x509.Certificate,
    now: datetime,
    revocations: RevocationList | None = None,
    only: Use | None = None,
) -> Use:
    """Put in use the key that this certificate was asked for. Raises RenewalError and changes nothing when it may not be.

    only: for this use and no other.
    """
    for use in Use if only is None else (only,):
        slot = Slot(directory, use)
        waiting = slot.pending()
        if waiting is not None and _belongs(certificate, waiting):
            old = _certificate(slot.certificate) if slot.certificate.exists() else None
            _require(refusal(certificate, old, use, ca=ca, now=now, revocations=revocations, asked=waiting))
            slot.swap(certificate)
            return use
    raise _refused("No key here waits for it: it was not asked for, or the key it was asked for was given up.")


def waits_for(directory: Path, certificate: x509.Certificate) -> bool:
    """Whether a key of this `station` folder was asked for with the certificate's key."""
    return any(_belongs(certificate, one.der) for one in pending(directory, *Use))


def refusal(
    new: x509.Certificate,
    old: x509.Certificate | None,
    use: Use,
    *,
    ca: x509.Certificate,
    now: datetime,
    revocations: RevocationList | None = None,
    asked: bytes = b"",
) -> str | None:
    """Why `new` may not follow `old`, in one sentence. old: None for the first one, which is held against what was asked for (DER)."""
    if old is None:
        if certificates.common_name(new) is None or _who(new.subject) != _who(read_request(asked).subject):
            return "It carries another name than was asked for."
    elif new.subject != old.subject or certificates.names(new) != certificates.names(old):
        return "It carries another name than the one in use."
    elif new.not_valid_after_utc <= old.not_valid_after_utc:
        return "It does not last longer than the one in use."
    revoked = revocations.revoked_on(new) if revocations else None
    purpose = PURPOSE[use]
    return certificates.distrust(new, ca) or certificates.unfit(new, purpose) or certificates.out_of_date(new, now) or revoked


def _ask_with_token_key(slot: Slot, old_uri: TokenUri, old: x509.Certificate) -> Request:
    """The next key beside the old one in the token, named after the use and the old certificate: made once, however often it is tried."""
    scheme = _scheme(old)
    uri = TokenUri.parse(old_uri.with_object(f"{slot.use}-after-{old.serial_number:x}"[:64]))
    token = tokens()
    key = token.key_in(uri, scheme) or token.make_key(uri, scheme)
    request = make_request(old, key, lambda digest: bytes(token.sign_with(uri, scheme, digest)))
    slot.begin(old_uri.with_object(uri.object).encode() + b"\n", request)
    return Request(slot.use, request)


def _refused_for_credential(use: Use) -> RenewalError:
    return RenewalError(
        f"The {use} key is a systemd credential, which only the administrator can replace.",
        means="The key in use stays in use; nothing was changed.",
        do="Make key and request with openssl, seal the key with systemd-creds, and install both; docs/trust.md has the commands.",
    )


def _belongs(certificate: x509.Certificate, request: bytes) -> bool:
    try:
        return hmac.compare_digest(_spki(certificate.public_key()), _spki(read_request(request).public_key()))  # type: ignore[arg-type]
    except ValueError:
        return False


def _who(subject: x509.Name) -> list[tuple[str, str]]:
    """Common name and unit; the organisation is the authority's to choose."""
    return [
        (one.oid.dotted_string, str(one.value)) for one in subject if one.oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
    ]


def _spki(key: SigningPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The certificate file '{path.name}' is missing or unreadable.",
            means="What it names cannot be renewed.",
            do="Install the keys that were issued for this station.",
        ) from error


def _scheme(certificate: x509.Certificate) -> algorithms.Scheme:
    found = certificates.scheme(certificate)
    if found is None:
        raise ConfigError("The key in use is not of an allowed kind.", do="Have a certificate issued for P-256, P-384 or RSA-3072.")
    return found


def _require(sentence: str | None) -> None:
    if sentence is not None:
        raise _refused(sentence)


def _refused(why: str) -> RenewalError:
    return RenewalError(
        f"The new certificate was not installed. {why}",
        means="The key in use stays in use; nothing was changed.",
        do="Ask the authority again with the request that waits here: livescan keys request.",
    )
