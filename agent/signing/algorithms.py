"""The algorithms that are allowed, and no others: FIPS-approved ones, each with the strength of at least 128 bits. Pure.

    key        signs (FIPS 186-5)            is sealed to (SP 800-56A)                digest
    P-256      ecdsa-with-SHA256             ECDH, X9.63 KDF with SHA-256             SHA-256
    P-384      ecdsa-with-SHA384             ECDH, X9.63 KDF with SHA-384             SHA-384
    RSA-3072   sha256WithRSAEncryption       not used                                 SHA-256

Content is encrypted with AES-256-GCM under a key wrapped with AES-256 (RFC 3394). The content digest that identifies a transaction is
SHA-256 whatever the key. Identifiers: RFC 5754 2.2, 2.3, 3.2, 3.3; RFC 5753 7.1.4; RFC 5480 2.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from agent.signing import cms_types as cms

SIGNATURE_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)  # of certificates and revocation lists
RSA_BITS = 3072
RSA_EXPONENT = 65537  # FIPS 186-5 5.4 allows odd ones above 2**16; this is the one in use

SigningPrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
SigningPublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True)
class Scheme:
    """How keys of one kind sign."""

    name: str
    digest: hashes.HashAlgorithm
    digest_identifiers: tuple[bytes, ...]  # DER; the first is written, all are read
    signature_identifiers: tuple[bytes, ...]  # DER; the first is written, all are read


@dataclass(frozen=True)
class Agreement:
    """How envelopes are sealed to keys on one curve."""

    curve: type[ec.SECP256R1 | ec.SECP384R1]
    kdf: type[hashes.HashAlgorithm]
    identifier: bytes  # DER of keyEncryptionAlgorithm
    key_identifiers: tuple[bytes, ...]  # DER of the ephemeral key's algorithm; the first is written, all are read
    point_length: int  # bytes of an uncompressed point


P256 = Scheme("P-256", hashes.SHA256(), cms.SHA256_IDENTIFIERS, (cms.ECDSA_IDENTIFIER,))
P384 = Scheme("P-384", hashes.SHA384(), cms.SHA384_IDENTIFIERS, (cms.ECDSA_SHA384_IDENTIFIER,))
RSA3072 = Scheme("RSA-3072", hashes.SHA256(), cms.SHA256_IDENTIFIERS, cms.RSA_SHA256_IDENTIFIERS)
SCHEMES = (P256, P384, RSA3072)

AGREEMENTS = (
    Agreement(ec.SECP256R1, hashes.SHA256, cms.KEY_AGREEMENT_IDENTIFIER, cms.EC_KEY_IDENTIFIERS, 65),
    Agreement(ec.SECP384R1, hashes.SHA384, cms.KEY_AGREEMENT_SHA384_IDENTIFIER, cms.P384_KEY_IDENTIFIERS, 97),
)


def new_key(scheme: Scheme) -> SigningPrivateKey:
    """A fresh private key for this scheme, from the operating system's random numbers."""
    if scheme is RSA3072:
        return rsa.generate_private_key(RSA_EXPONENT, RSA_BITS)
    return ec.generate_private_key(ec.SECP384R1() if scheme is P384 else ec.SECP256R1())


def scheme_of(key: PublicKeyTypes) -> Scheme | None:
    """How this key signs, or None when it is not of an allowed kind."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": P256, "secp384r1": P384}.get(key.curve.name)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size == RSA_BITS and key.public_numbers().e == RSA_EXPONENT:
        return RSA3072
    return None


def agreement_of(key: PublicKeyTypes) -> Agreement | None:
    """How envelopes are sealed to this key, or None when none may be."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return None
    return next((one for one in AGREEMENTS if one.curve().name == key.curve.name), None)


def scheme_named(digest: bytes, signature: bytes) -> Scheme | None:
    """By the two DER identifiers in a SignerInfo."""
    return next((one for one in SCHEMES if digest in one.digest_identifiers and signature in one.signature_identifiers), None)


def digest(scheme: Scheme, data: bytes) -> bytes:
    hashing = hashes.Hash(scheme.digest)
    hashing.update(data)
    return hashing.finalize()


def sign(key: SigningPrivateKey, prehashed: bytes) -> bytes:
    """A signature over a digest of the key's own scheme. Raises ValueError for a key or digest that is not allowed."""
    scheme = scheme_of(key.public_key())
    if scheme is None or len(prehashed) != scheme.digest.digest_size:
        raise ValueError("not an allowed key, or a digest of another length")
    hashed = utils.Prehashed(scheme.digest)
    return key.sign(prehashed, padding.PKCS1v15(), hashed) if isinstance(key, rsa.RSAPrivateKey) else key.sign(prehashed, ec.ECDSA(hashed))


def holds(key: PublicKeyTypes, signature: bytes, data: bytes) -> bool:
    """Whether the signature over `data` is by this key, with the scheme of its kind."""
    scheme = scheme_of(key)
    try:
        if scheme is None:
            return False
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), scheme.digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(scheme.digest))
    except InvalidSignature:
        return False
    return True
