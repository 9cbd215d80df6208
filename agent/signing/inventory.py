"""What keys this station has, in words for the screen: where each is kept, until when it holds, what a person must do. No key is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from agent.errors import LivescanError
from agent.signing import certificates
from agent.signing.private_keys import key_source, load_certificate
from agent.signing.revocations import RevocationList, load_revocations
from agent.signing.slots import Slot, Use
from agent.signing.token_uri import token_name

RENEW_BEFORE = timedelta(days=30)  # a month of warnings before the first refusal


class KeyState(StrEnum):
    IN_DATE = "in date"
    RENEW = "renew soon"
    EXPIRED = "expired"
    EARLY = "not yet valid"
    REVOKED = "revoked"
    MISSING = "missing"


@dataclass(frozen=True)
class KeyRow:
    use: str  # "signing", "opening", "tls", "opening (retired)", "bureau opening", "authority", "revocation list"
    kept: str  # "file", "systemd credential", "PKCS#11 token NAME", "" for what is not ours
    kind: str  # "P-256", "P-384", "RSA-3072", or ""
    name: str  # common name, or ""
    until: datetime | None  # UTC
    state: KeyState
    words: str  # one or two sentences for a person; "" when there is nothing to do
    asked: bool = False  # a next key waits for its certificate

    def as_python(self) -> dict[str, object]:
        until = None if self.until is None else self.until.isoformat()
        return {**self.__dict__, "until": until, "state": str(self.state)}


# What it means that the certificate of this use holds no more, and what to do.
_MEANS = {
    Use.SIGNING: "Nothing can be sealed; bookings are taken and wait here.",
    Use.OPENING: "The bureau cannot send receipts and replies; what was sent stays here.",
    Use.TLS: "The broker refuses the connection: nothing is sent or received, nothing is lost, everything goes out once it is renewed.",
}
_DO = "Run: livescan keys request {use}, carry the request to the authority, then: livescan keys install FILE."


def inventory(directory: Path, now: datetime, *, renew_before: timedelta = RENEW_BEFORE) -> tuple[KeyRow, ...]:
    """Every certificate in the key folder. A file that cannot be used is a row that says so."""
    try:
        ca = load_certificate(directory / "ca" / "ca.crt")
        revocations = load_revocations(directory / "ca" / "ca.crl", ca)
    except LivescanError as error:
        return (KeyRow("authority", "", "", "", None, KeyState.MISSING, str(error)),)
    own = [_own(directory / "station", use, now, renew_before, revocations) for use in kept_uses(directory)]
    retired = [_foreign("opening (retired)", path, now, None) for path in sorted((directory / "station" / "retired").glob("*.crt"))]
    ours = any(row.use != Use.TLS for row in own)
    bureau = [_foreign("bureau opening", directory / "bureau" / "opening.crt", now, revocations)] if ours else []
    authority = _foreign("authority", directory / "ca" / "ca.crt", now, None)
    return (*own, *retired, *bureau, authority, *_list(revocations, now))


def kept_uses(directory: Path) -> tuple[Use, ...]:
    """Of which keys this folder is: where core and uplink are users of their own, each has its own folder."""
    slots = [Slot(directory / "station", use) for use in Use]
    there = tuple(slot.use for slot in slots if slot.key.exists() or slot.certificate.exists() or slot.pending() is not None)
    if Use.TLS not in there and (Use.SIGNING in there or Use.OPENING in there):
        return (Use.SIGNING, Use.OPENING)
    return (Use.TLS,) if there == (Use.TLS,) else tuple(Use)


def warnings(rows: tuple[KeyRow, ...]) -> tuple[str, ...]:
    """What the screen shows until it is done."""
    return tuple(f"{row.use}: {row.words}" for row in rows if row.words and "retired" not in row.use)


def state_of(certificate: x509.Certificate, now: datetime, renew_before: timedelta, revocations: RevocationList | None) -> KeyState:
    if revocations is not None and revocations.revoked_on(certificate):
        return KeyState.REVOKED
    if now < certificate.not_valid_before_utc:
        return KeyState.EARLY
    if now > certificate.not_valid_after_utc:
        return KeyState.EXPIRED
    return KeyState.RENEW if now > certificate.not_valid_after_utc - renew_before else KeyState.IN_DATE


def _own(directory: Path, use: Use, now: datetime, renew_before: timedelta, revocations: RevocationList | None) -> KeyRow:
    slot = Slot(directory, use)
    try:
        certificate = load_certificate(slot.certificate)
        kept = _kept(slot.key)
    except LivescanError as error:
        return KeyRow(use, "", "", "", None, KeyState.MISSING, str(error))
    state, asked = state_of(certificate, now, renew_before, revocations), slot.pending() is not None
    return KeyRow(use, kept, *_said(certificate), certificate.not_valid_after_utc, state, _words(use, state, certificate, asked), asked)


def _words(use: Use, state: KeyState, certificate: x509.Certificate, asked: bool) -> str:
    do = "A request waits: carry it to the authority." if asked else _DO.format(use=use)
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    match state:
        case KeyState.IN_DATE:
            return ""
        case KeyState.RENEW:
            return f"This certificate ends on {until}. {do}"
        case KeyState.EXPIRED:
            return f"This certificate ended on {until}. {_MEANS[use]} {do}"
        case KeyState.EARLY:
            return f"This certificate is not valid yet. {_MEANS[use]} Check this machine's clock."
        case _:
            return f"This certificate was revoked. {_MEANS[use]} Ask the authority why."


def _foreign(use: str, path: Path, now: datetime, revocations: RevocationList | None) -> KeyRow:
    try:
        certificate = load_certificate(path)
    except LivescanError as error:
        return KeyRow(use, "", "", "", None, KeyState.MISSING, str(error))
    state = state_of(certificate, now, timedelta(), revocations)
    words = "" if state is KeyState.IN_DATE or "retired" in use else f"The certificate is {state}: ask the authority for the present one."
    return KeyRow(use, "", *_said(certificate), certificate.not_valid_after_utc, state, words)


def _list(revocations: RevocationList | None, now: datetime) -> list[KeyRow]:
    if revocations is None:
        return []
    old = revocations.old(now)
    return [KeyRow("revocation list", "", "", "", revocations.next_at, KeyState.RENEW if old else KeyState.IN_DATE, old or "")]


def _kept(key: Path) -> str:
    """Another process's key may be unreadable from here; that is as it should be."""
    try:
        source = key_source(key)
    except LivescanError:
        return "not readable from here" if key.exists() else "missing"
    return token_name(source.token) if source.token else source.kept


def _said(certificate: x509.Certificate) -> tuple[str, str]:
    scheme = certificates.scheme(certificate)
    return (scheme.name if scheme else "not allowed"), certificates.common_name(certificate) or ""
