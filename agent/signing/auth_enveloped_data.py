"""The outer half of an envelope: encryption to one recipient. CMS AuthEnvelopedData, RFC 5083, to and from values. Pure.

A fresh content key encrypts the signed part with AES-256-GCM (RFC 5084); it is wrapped (RFC 3394) under a key derived from ECDH between a
fresh key on the recipient's curve, P-256 or P-384, and the recipient's (ephemeral-static, RFC 5753 3.1). No
part of it tells what is inside or who sent it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.signing import cms_types as cms
from agent.signing.algorithms import AGREEMENTS, Agreement, agreement_of
from agent.signing.der import load_content_info, only, reading, require

SIZE_LIMIT = 64 * 1024 * 1024  # bytes of a whole envelope; a ten-print transaction is about 1 MB
OVERHEAD_LIMIT = 8 * 1024  # bytes; ours is about 450. What is not ciphertext is small
NONCE_LENGTH = 12  # bytes, RFC 5084 3.2: recommended, and the one size NIST SP 800-38D 5.2.1.1 is fastest and simplest for
TAG_LENGTH = 16  # bytes, the longest
KEY_LENGTH = 32  # bytes
WRAPPED_KEY_LENGTH = KEY_LENGTH + 8  # bytes, RFC 3394
_WHAT = "The envelope"


@dataclass(frozen=True)
class Sealed:
    """An AuthEnvelopedData as values. `rid` is either (issuer DER, serial number) or a subject key identifier."""

    rid: tuple[bytes, int] | bytes
    ephemeral: ec.EllipticCurvePublicKey
    encrypted_key: bytes = field(repr=False)  # the content key, wrapped: 40 bytes
    nonce: bytes
    ciphertext: bytes | memoryview = field(repr=False)
    tag: bytes


def key_encryption_key(shared_secret: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """RFC 5753 7.2 with SEC 1 3.6.1 (X9.63 KDF). shared_secret: x coordinate of the ECDH point; key: one of the two, for its curve."""
    shared_info = cms.ECCCMSSharedInfo(
        {"key_info": cms.EncodedSequence.load(cms.AES256_WRAP_IDENTIFIER), "supp_pub_info": (8 * KEY_LENGTH).to_bytes(4, "big")}
    )
    return X963KDF(_agreement(key).kdf(), KEY_LENGTH, bytes(shared_info.dump())).derive(shared_secret)


def write(sealed: Sealed) -> bytes:
    """ContentInfo with AuthEnvelopedData, DER. The recipient is always named by issuer and serial number."""
    if isinstance(sealed.rid, bytes):
        raise TypeError("an envelope names its recipient by issuer and serial number")
    content = {
        "version": 0,  # RFC 5083 2.1
        "recipient_infos": [cms.RecipientInfo("kari", _recipient_info(sealed, *sealed.rid))],
        "auth_encrypted_content_info": {
            "content_type": cms.ID_DATA,
            "content_encryption_algorithm": {
                "algorithm": cms.ID_AES256_GCM,
                "parameters": {"aes_nonce": sealed.nonce, "aes_icvlen": TAG_LENGTH},
            },
            "encrypted_content": bytes(sealed.ciphertext),
        },
        "mac": sealed.tag,
    }
    return bytes(cms.AuthEnvelopedDataInfo({"content_type": cms.ID_CT_AUTH_ENVELOPED_DATA, "content": content}).dump())


def _recipient_info(sealed: Sealed, issuer: bytes, serial: int) -> Any:
    point = sealed.ephemeral.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    agreement = _agreement(sealed.ephemeral)
    bits = bytes([0x03, len(point) + 1, 0x00]) + point  # X.690 8.6: a BIT STRING of whole octets
    originator_key = cms.OriginatorPublicKey(
        {"algorithm": cms.EncodedSequence.load(agreement.key_identifiers[0]), "public_key": core.BitString.load(bits)}
    )
    rid = cms.KeyAgreeRecipientIdentifier("issuer_and_serial_number", {"issuer": cms.EncodedSequence.load(issuer), "serial_number": serial})
    return cms.KeyAgreeRecipientInfo(
        {
            "version": 3,  # RFC 5652 6.2.2
            "originator": cms.OriginatorIdentifierOrKey("originator_key", originator_key),
            "key_encryption_algorithm": cms.EncodedSequence.load(agreement.identifier),
            "recipient_encrypted_keys": [{"rid": rid, "encrypted_key": sealed.encrypted_key}],
        }
    )


def read(data: bytes) -> Sealed:
    """Raises EnvelopeError for anything but one recipient on P-256 or P-384 and AES-256-GCM. Decrypts nothing."""
    require(len(data) <= SIZE_LIMIT, f"The envelope is larger than {SIZE_LIMIT} bytes.")
    envelope = load_content_info(data, cms.ID_CT_AUTH_ENVELOPED_DATA, cms.AuthEnvelopedDataInfo, OVERHEAD_LIMIT, _WHAT)
    with reading(_WHAT):
        enveloped = envelope.info["content"]
        encrypted = enveloped["auth_encrypted_content_info"]
        ciphertext = envelope.octets(encrypted["encrypted_content"])
        require(enveloped["version"].native == 0, "The version of the envelope is not 0.")
        nonce, tag = _gcm(encrypted, enveloped["mac"])
        info = only(enveloped["recipient_infos"], "Recipients").chosen
        ephemeral = _ephemeral(info)
        key = only(info["recipient_encrypted_keys"], "Recipients")
        encrypted_key = bytes(key["encrypted_key"].native)
        require(len(encrypted_key) == WRAPPED_KEY_LENGTH, "The wrapped key of the envelope has a wrong length.")
        return Sealed(_rid(key["rid"]), ephemeral, encrypted_key, nonce, ciphertext, tag)


def _gcm(encrypted: Any, mac: Any) -> tuple[bytes, bytes]:
    """Nonce and tag, each of the one length we allow."""
    algorithm = encrypted["content_encryption_algorithm"]
    require(encrypted["content_type"].dotted == cms.ID_DATA, "The encrypted content is not of type id-data.")
    require(algorithm["algorithm"].dotted == cms.ID_AES256_GCM, "The envelope is not encrypted with AES-256-GCM.")
    nonce, tag = bytes(algorithm["parameters"]["aes_nonce"].native), bytes(mac.native)
    lengths = (len(nonce), len(tag), algorithm["parameters"]["aes_icvlen"].native)
    require(lengths == (NONCE_LENGTH, TAG_LENGTH, TAG_LENGTH), "The AES-GCM nonce or tag has a length that is not allowed.")
    return nonce, tag


def _ephemeral(info: Any) -> ec.EllipticCurvePublicKey:
    require(info["version"].native == 3, "The version of the recipient is not 3.")
    identifier = info["key_encryption_algorithm"].dump()
    agreement = next((one for one in AGREEMENTS if one.identifier == identifier), None)
    require(agreement is not None, "The key agreement is not ECDH with SHA-256 or SHA-384 and AES-256 key wrap.")
    assert agreement is not None
    key = info["originator"].chosen
    require(key["algorithm"].dump() in agreement.key_identifiers, "The ephemeral key is not on the curve of its key agreement.")
    bits = key["public_key"].contents  # first octet: number of unused bits, X.690 8.6.2
    whole = bits[:2] == b"\x00\x04" and len(bits) == agreement.point_length + 1
    require(whole, "The ephemeral key is not an uncompressed point of its curve.")
    return ec.EllipticCurvePublicKey.from_encoded_point(agreement.curve(), bits[1:])


def _agreement(key: ec.EllipticCurvePublicKey) -> Agreement:
    found = agreement_of(key)
    if found is None:
        raise ValueError("a key on a curve that is not allowed")
    return found


def _rid(rid: Any) -> tuple[bytes, int] | bytes:
    if rid.name == "r_key_id":
        return bytes(rid.chosen["subject_key_identifier"].native)
    return bytes(rid.chosen["issuer"].dump()), int(rid.chosen["serial_number"].native)
