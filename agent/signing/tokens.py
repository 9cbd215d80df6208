"""Keys in a token (PKCS#11: HSM, smart card, softhsm2). A key is made there and never leaves it; `token_uri` tells where it is.

Needs the extra `token` (python-pkcs11), so it is imported by `token_uri.tokens` only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pkcs11
from asn1crypto import keys
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from agent.errors import ConfigError
from agent.signing import algorithms
from agent.signing.algorithms import RSA3072, RSA_BITS, Scheme, SigningPublicKey
from agent.signing.errors import SealError
from agent.signing.private_keys import read_secret
from agent.signing.token_uri import TokenUri

_CURVES = {"P-256": "secp256r1", "P-384": "secp384r1"}
# DER of DigestInfo up to the digest: RFC 8017 9.2 note 1, SHA-256
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


class _Session:
    """The one session of this process with a token: PKCS#11 logs in a whole process, not a session (PKCS #11 v2.40 base 2.5).

    Opened when first needed, and again after the token was away; one thread at a time.
    """

    def __init__(self, uri: TokenUri) -> None:
        self._uri = uri
        self._lock = threading.RLock()
        self._session: Any = None

    @contextmanager
    def use(self) -> Iterator[Any]:
        """Raises SealError when the token does not do it, ConfigError for a PIN that cannot be read."""
        with self._lock, _said():
            if self._session is None:
                self._session = _open(self._uri)
            try:
                yield self._session
            except (SealError, ValueError, pkcs11.NoSuchKey):
                raise
            except Exception:  # whatever the library raises: the session is in doubt, and the next use opens another
                self._close()
                raise

    def _close(self) -> None:
        session, self._session = self._session, None
        with suppress(Exception):  # the token is gone, and with it the session
            session.close()


_SESSIONS: dict[tuple[str, str, str], _Session] = {}  # by module, token and PIN source: process-wide, as PKCS#11 is
_SESSIONS_LOCK = threading.Lock()


def _session_of(uri: TokenUri) -> _Session:
    with _SESSIONS_LOCK:
        return _SESSIONS.setdefault((str(uri.module), uri.token, str(uri.pin_source)), _Session(uri))


class Token:
    """One private key in a token."""

    def __init__(self, uri: TokenUri) -> None:
        self._uri = uri

    @property
    def kept(self) -> str:
        return f"PKCS#11 token {self._uri.token}"

    @contextmanager
    def key(self) -> Iterator[Any]:
        """For one operation. Raises SealError, ConfigError."""
        with _session_of(self._uri).use() as session:
            yield session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._uri.object)


class TokenSigner:
    """A signing key in a token."""

    def __init__(self, certificate: x509.Certificate, token: Token) -> None:
        self.certificate = certificate
        self.kept = token.kept
        self._token = token

    def sign(self, digest: bytes) -> bytes:
        with self._token.key() as key:
            return _sign(key, digest, algorithms.scheme_of(self.certificate.public_key()))


class TokenOpener:
    """An opening key in a token."""

    def __init__(self, certificate: x509.Certificate, token: Token) -> None:
        self.certificate = certificate
        self.kept = token.kept
        self._token = token

    def agree(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        """The shared secret leaves the token, as AES key wrap and GCM are ours; the private key does not."""
        own = self.certificate.public_key()
        if not isinstance(own, ec.EllipticCurvePublicKey) or own.curve.name != peer.curve.name:
            raise ValueError("keys on different curves")
        template = {pkcs11.Attribute.SENSITIVE: False, pkcs11.Attribute.EXTRACTABLE: True}
        point = peer.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        with self._token.key() as key:
            secret = key.derive_key(
                pkcs11.KeyType.GENERIC_SECRET, own.curve.key_size, mechanism_param=(pkcs11.KDF.NULL, None, point), template=template
            )
            return bytes(secret[pkcs11.Attribute.VALUE])


def make_key(uri: TokenUri, scheme: Scheme) -> SigningPublicKey:
    """A new key pair in the token, not extractable, under the name in `uri`. Raises SealError, also when there is one of that name."""
    with _session_of(uri).use() as session:
        if list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.Attribute.LABEL: uri.object})):
            raise SealError("The token has a key of that name already.", do="Remove it there, or finish the renewal that made it.")
        usages = _usages_in_tpm() if _is_tpm(uri) else _usages(scheme)
        public, _ = _domain(session, scheme).generate_keypair(store=True, label=uri.object, **usages)
        return _public(public, scheme)


def key_in(uri: TokenUri, scheme: Scheme) -> SigningPublicKey | None:
    """The public half of a key that is there, or None. Raises SealError."""
    with _session_of(uri).use() as session:
        found = list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY, pkcs11.Attribute.LABEL: uri.object}))
        return _public(found[0], scheme) if found else None


def sign_with(uri: TokenUri, scheme: Scheme, digest: bytes) -> bytes:
    """One signature, for a request. Raises SealError."""
    with Token(uri).key() as key:
        return _sign(key, digest, scheme)


def _open(uri: TokenUri) -> Any:
    pin = read_secret(uri.pin_source).decode("utf-8").strip()
    return pkcs11.lib(str(uri.module)).get_token(token_label=uri.token).open(user_pin=pin, rw=True)


@contextmanager
def _said() -> Iterator[None]:
    """The library's exceptions as one of ours; they carry no secrets, and no words either."""
    try:
        yield
    except (SealError, ConfigError, ValueError):
        raise
    except Exception as error:
        raise SealError(
            f"The token does not answer as it should ({type(error).__name__}).", do="Check that the token is there and unlocked."
        ) from error


def _sign(key: Any, digest: bytes, scheme: Scheme | None) -> bytes:
    if scheme is None or len(digest) != scheme.digest.digest_size:
        raise ValueError("not an allowed key, or a digest of another length")
    if scheme is RSA3072:
        return bytes(key.sign(_SHA256_PREFIX + digest, mechanism=pkcs11.Mechanism.RSA_PKCS))
    raw = bytes(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))
    half = len(raw) // 2
    return utils.encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def _domain(session: Any, scheme: Scheme) -> Any:
    if scheme is RSA3072:
        return _Rsa(session)
    parameters = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVES[scheme.name])}
    return session.create_domain_parameters(pkcs11.KeyType.EC, parameters, local=True)


class _Rsa:
    """RSA has no domain parameters: the session itself makes the pair."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def generate_keypair(self, **options: Any) -> Any:
        return self._session.generate_keypair(pkcs11.KeyType.RSA, RSA_BITS, **options)


def _usages(scheme: Scheme) -> dict[str, Any]:
    flags = pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY
    if scheme is not RSA3072:
        flags |= pkcs11.MechanismFlag.DERIVE
    private = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
    return {"capabilities": flags, "private_template": private}


def _is_tpm(uri: TokenUri) -> bool:
    return "tpm2" in str(pkcs11.lib(str(uri.module)).manufacturer_id).lower()


def _usages_in_tpm() -> dict[str, Any]:
    """What tpm2-pkcs11 takes for a key that signs: no VERIFY on the public half, but ENCRYPT (1.9.0, found by trying)."""
    public = {pkcs11.Attribute.ENCRYPT: True, pkcs11.Attribute.VERIFY: False}
    private = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
    return {"capabilities": pkcs11.MechanismFlag.SIGN, "public_template": public, "private_template": private}


def _public(key: Any, scheme: Scheme) -> SigningPublicKey:
    if scheme is RSA3072:
        loaded = load_der_public_key(keys.PublicKeyInfo.wrap(encode_rsa_public_key(key), "rsa").dump())
    else:
        loaded = load_der_public_key(encode_ec_public_key(key))
    if not isinstance(loaded, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise ValueError("the token made a key of another kind")
    return loaded
