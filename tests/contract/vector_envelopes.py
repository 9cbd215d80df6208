"""Envelopes of the vectors, right ones and wrong ones, by a recipe each: fixed keys, RFC 6979 signatures, nonces out of the name.

Nothing here is for anything but vectors: a nonce that is not random gives a key away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.contract.envelope import NAMES
from tests.contract.vector_keys import Holder, key

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AES = {16: "6086480165030401" + "06", 32: "6086480165030401" + "2e"}  # AES-128-GCM, AES-256-GCM, by bytes of the key
WRAP = bytes.fromhex("60864801650304012d")
AGREE = {"secp256r1": bytes.fromhex("2b8104010b01"), "secp384r1": bytes.fromhex("2b8104010b02")}
HASHES: Mapping[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
OWN = {name: oid for oid, name in NAMES.items()}


@dataclass(frozen=True)
class Recipe:
    """What goes into one envelope; everything that is not said is as it should be."""

    name: str
    file: bytes
    signer: Holder
    to: Holder
    said: Mapping[str, str]
    at: datetime = NOW
    digest: str = ""  # "" the one of the key's kind
    vouched: Holder | None = None  # whose certificate the attributes name, where it is not the signer's
    signed_file: bytes | None = None  # what the digest is of, where it is not the file
    attributes: Callable[[list[dict[str, Any]]], None] = field(default=lambda _: None)  # changes them
    unsigned: bool = False  # an unsigned attribute beside
    key_length: int = 32
    tag_length: int = 16
    inside: Callable[[bytes], bytes] = field(default=lambda signed: signed)  # changes the bytes of SignedData before they are encrypted
    outside: Callable[[bytes], bytes] = field(default=lambda envelope: envelope)  # changes the envelope


def make(recipe: Recipe) -> bytes:
    return recipe.outside(_encrypted(recipe, recipe.inside(signed(recipe))))


def _digest(recipe: Recipe) -> str:
    curve = recipe.signer.key.curve.name if isinstance(recipe.signer.key, ec.EllipticCurvePrivateKey) else ""
    return recipe.digest or {"secp384r1": "sha384"}.get(curve, "sha256")


def signed(recipe: Recipe) -> bytes:
    digest, certificate = _digest(recipe), _certificate(recipe.signer)
    attributes = _attributes(recipe, digest)
    kind = "ecdsa" if isinstance(recipe.signer.key, ec.EllipticCurvePrivateKey) else "rsa"
    sid = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
    info: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": sid}),
        "digest_algorithm": _hash(digest),
        "signed_attrs": attributes,
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": f"{digest}_{kind}"}),
        "signature": _signature(recipe.signer, attributes.dump(), digest),
    }
    if recipe.unsigned:
        info["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute({"type": OWN["kind"], "values": [core.UTF8String("reply")]})])
    data = {
        "version": "v1",
        "digest_algorithms": [_hash(digest)],
        "encap_content_info": {"content_type": "data", "content": recipe.file},
        "certificates": [certificate],
        "signer_infos": [cms.SignerInfo(info)],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump())


def _hash(digest: str) -> algos.DigestAlgorithm:
    """Without parameters, as envelope.md has it written."""
    oid = bytes.fromhex("6086480165030402" + {"sha256": "01", "sha384": "02", "sha512": "03"}[digest])
    return algos.DigestAlgorithm.load(tlv(0x30, tlv(0x06, oid)))


def _attributes(recipe: Recipe, digest: str) -> cms.CMSAttributes:
    vouched = hashlib.sha256(_certificate(recipe.vouched or recipe.signer).dump()).digest()
    content = recipe.file if recipe.signed_file is None else recipe.signed_file
    found: list[dict[str, Any]] = [
        {"type": "content_type", "values": ["data"]},
        {"type": "message_digest", "values": [hashlib.new(digest, content).digest()]},
        {"type": "signing_time", "values": [cms.Time({"utc_time": recipe.at})]},
        {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": vouched})]})]},
        *({"type": OWN[name], "values": [core.UTF8String(value)]} for name, value in recipe.said.items()),
    ]
    recipe.attributes(found)
    return cms.CMSAttributes([cms.CMSAttribute(one) for one in found])


def _signature(signer: Holder, what: bytes, digest: str) -> bytes:
    if isinstance(signer.key, rsa.RSAPrivateKey):
        return signer.key.sign(what, padding.PKCS1v15(), HASHES[digest])
    return signer.key.sign(what, ec.ECDSA(HASHES[digest], deterministic_signing=True))


def _certificate(holder: Holder) -> x509.Certificate:
    return x509.Certificate.load(holder.certificate.public_bytes(Encoding.DER))


def _encrypted(recipe: Recipe, plain: bytes) -> bytes:
    """AuthEnvelopedData, octet by octet as docs/envelope.md has it."""
    static, certificate = recipe.to.certificate.public_key(), _certificate(recipe.to)
    assert isinstance(static, ec.EllipticCurvePublicKey)
    ephemeral = key(f"ephemeral {recipe.name}", static.curve)
    secret = hashlib.sha256(f"content key {recipe.name}".encode()).digest()[: recipe.key_length]
    nonce = hashlib.sha256(f"nonce {recipe.name}".encode()).digest()[:12]
    wrapped = aes_key_wrap(_wrapping_key(ephemeral.exchange(ec.ECDH(), static), static), secret)
    ciphertext, tag = _gcm(secret, nonce, plain, recipe.tag_length)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    originator = tlv(0xA0, tlv(0xA1, tlv(0x30, tlv(0x06, bytes.fromhex("2a8648ce3d0201"))), tlv(0x03, b"\0", point)))
    agreement = tlv(0x30, tlv(0x06, AGREE[static.curve.name]), tlv(0x30, tlv(0x06, WRAP)))
    rid = tlv(0x30, certificate.issuer.dump(), core.Integer(certificate.serial_number).dump())
    recipient = tlv(0xA1, tlv(0x02, b"\3"), originator, agreement, tlv(0x30, tlv(0x30, rid, tlv(0x04, wrapped))))
    parameters = tlv(0x30, tlv(0x04, nonce), tlv(0x02, bytes([recipe.tag_length])) if recipe.tag_length != 12 else b"")
    cipher = tlv(0x30, tlv(0x06, bytes.fromhex(AES[recipe.key_length])), parameters)
    content = tlv(0x30, tlv(0x06, bytes.fromhex("2a864886f70d010701")), cipher, tlv(0x80, ciphertext))
    data = tlv(0x30, tlv(0x02, b"\0"), tlv(0x31, recipient), content, tlv(0x04, tag))
    return tlv(0x30, tlv(0x06, bytes.fromhex("2a864886f70d0109100117")), tlv(0xA0, data))


def _gcm(secret: bytes, nonce: bytes, plain: bytes, length: int) -> tuple[bytes, bytes]:
    if length == 16:
        sealed = AESGCM(secret).encrypt(nonce, plain, None)
        return sealed[:-16], sealed[-16:]
    encryptor = Cipher(algorithms.AES(secret), modes.GCM(nonce)).encryptor()
    ciphertext = encryptor.update(plain) + encryptor.finalize()
    return ciphertext, encryptor.tag[:length]


def _wrapping_key(shared: bytes, static: ec.EllipticCurvePublicKey) -> bytes:
    info = tlv(0x30, tlv(0x30, tlv(0x06, WRAP)), tlv(0xA2, tlv(0x04, b"\0\0\1\0")))
    return X963KDF(hashes.SHA384() if static.curve.name == "secp384r1" else hashes.SHA256(), 32, info).derive(shared)


def tlv(tag: int, *contents: bytes) -> bytes:
    body = b"".join(contents)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body
