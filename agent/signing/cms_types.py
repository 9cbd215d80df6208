"""The part of the Cryptographic Message Syntax that an envelope uses, as asn1crypto types.

Our own subset, not `asn1crypto.cms`: that module lacks GCMParameters, ECC-CMS-SharedInfo and the ECDH schemes, and it writes NULL
parameters where RFC 5754 clause 2 wants none. Algorithm identifiers, names, certificates and signed attributes stay bytes, so that they are
compared, hashed and verified byte for byte.

Clauses: RFC 5652 (CMS) 3, 5, 6.2.2, 10, 11 · RFC 5083 (AuthEnvelopedData) 2.1 · RFC 5084 (AES-GCM in CMS) 3.2 · RFC 5753 (ECC in CMS)
3.1, 7.2 · RFC 5035 (ESS) 3, 4 · RFC 5754 (SHA-2 in CMS) 2, 3.3.
"""

# mypy: disallow-subclassing-any=False
# asn1crypto ships no types.

from __future__ import annotations

from typing import ClassVar

from asn1crypto import core

ID_DATA = "1.2.840.113549.1.7.1"  # RFC 5652 4
ID_SIGNED_DATA = "1.2.840.113549.1.7.2"  # RFC 5652 5.1
ID_CT_AUTH_ENVELOPED_DATA = "1.2.840.113549.1.9.16.1.23"  # RFC 5083 2

ID_CONTENT_TYPE = "1.2.840.113549.1.9.3"  # RFC 5652 11.1
ID_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"  # RFC 5652 11.2
ID_SIGNING_TIME = "1.2.840.113549.1.9.5"  # RFC 5652 11.3
ID_AA_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"  # RFC 5035 3

ID_SHA256 = "2.16.840.1.101.3.4.2.1"  # RFC 5754 2.2
ID_SHA384 = "2.16.840.1.101.3.4.2.2"  # RFC 5754 2.3
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"  # RFC 5754 3.3
ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3"  # RFC 5754 3.3
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"  # RFC 5754 3.2
SHA256_WITH_RSA_ENCRYPTION = "1.2.840.113549.1.1.11"  # RFC 5754 3.2
ID_EC_PUBLIC_KEY = "1.2.840.10045.2.1"  # RFC 5480 2.1.1
SECP256R1 = "1.2.840.10045.3.1.7"  # RFC 5480 2.1.1.1
SECP384R1 = "1.3.132.0.34"  # RFC 5480 2.1.1.1
DH_SINGLE_PASS_STD_DH_SHA256KDF_SCHEME = "1.3.132.1.11.1"  # noqa: S105  # RFC 5753 7.1.4
DH_SINGLE_PASS_STD_DH_SHA384KDF_SCHEME = "1.3.132.1.11.2"  # noqa: S105  # RFC 5753 7.1.4
ID_AES256_WRAP = "2.16.840.1.101.3.4.1.45"  # RFC 3565 2.3.2
ID_AES256_GCM = "2.16.840.1.101.3.4.1.46"  # RFC 5084 3.2


class EncodedSequence(core.Asn1Value):
    """A SEQUENCE whose contents stay bytes. Not `core.Any`, which parses what it holds and may write it again in other bytes."""

    class_ = 0
    method = 1
    tag = 16


class EncodedSet(core.Asn1Value):
    """A SET or SET OF whose contents stay bytes."""

    class_ = 0
    method = 1
    tag = 17


class AlgorithmIdentifier(core.Sequence):
    """RFC 5280 4.1.1.2."""

    _fields: ClassVar = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class Attribute(core.Sequence):
    """RFC 5652 5.3."""

    _fields: ClassVar = [("attr_type", core.ObjectIdentifier), ("attr_values", EncodedSet)]


class SignedAttributes(core.SetOf):
    """RFC 5652 5.3."""

    _child_spec = Attribute


class IssuerAndSerialNumber(core.Sequence):
    """RFC 5652 10.2.4."""

    _fields: ClassVar = [("issuer", EncodedSequence), ("serial_number", core.Integer)]


class SignerIdentifier(core.Choice):
    """RFC 5652 5.3."""

    _alternatives: ClassVar = [
        ("issuer_and_serial_number", IssuerAndSerialNumber),
        ("subject_key_identifier", core.OctetString, {"implicit": 0}),
    ]


class SignerInfo(core.Sequence):
    """RFC 5652 5.3. No unsignedAttrs: what nobody signed has no place here."""

    _fields: ClassVar = [
        ("version", core.Integer),
        ("sid", SignerIdentifier),
        ("digest_algorithm", EncodedSequence),
        ("signed_attrs", EncodedSet, {"implicit": 0}),  # SignedAttributes: exactly these bytes are verified
        ("signature_algorithm", EncodedSequence),
        ("signature", core.OctetString),
    ]


class SignerInfos(core.SetOf):
    """RFC 5652 5.1."""

    _child_spec = SignerInfo


class DigestAlgorithmIdentifiers(core.SetOf):
    """RFC 5652 5.1."""

    _child_spec = EncodedSequence


class CertificateSet(core.SetOf):
    """RFC 5652 10.2.3, X.509 certificates only."""

    _child_spec = EncodedSequence


class EncapsulatedContentInfo(core.Sequence):
    """RFC 5652 5.2, never detached."""

    _fields: ClassVar = [("e_content_type", core.ObjectIdentifier), ("e_content", core.OctetString, {"explicit": 0})]


class SignedData(core.Sequence):
    """RFC 5652 5.1, without revocation lists."""

    _fields: ClassVar = [
        ("version", core.Integer),
        ("digest_algorithms", DigestAlgorithmIdentifiers),
        ("encap_content_info", EncapsulatedContentInfo),
        ("certificates", CertificateSet, {"implicit": 0}),
        ("signer_infos", SignerInfos),
    ]


class SignedDataInfo(core.Sequence):
    """ContentInfo with id-signedData, RFC 5652 3."""

    _fields: ClassVar = [("content_type", core.ObjectIdentifier), ("content", SignedData, {"explicit": 0})]


class ESSCertIDv2(core.Sequence):
    """RFC 5035 4. hashAlgorithm is absent: its default is SHA-256."""

    _fields: ClassVar = [("cert_hash", core.OctetString), ("issuer_serial", EncodedSequence, {"optional": True})]


class ESSCertIDv2s(core.SequenceOf):
    _child_spec = ESSCertIDv2


class SigningCertificateV2(core.Sequence):
    """RFC 5035 3."""

    _fields: ClassVar = [("certs", ESSCertIDv2s), ("policies", EncodedSequence, {"optional": True})]


class RecipientKeyIdentifier(core.Sequence):
    """RFC 5652 6.2.2, without date and other."""

    _fields: ClassVar = [("subject_key_identifier", core.OctetString)]


class KeyAgreeRecipientIdentifier(core.Choice):
    """RFC 5652 6.2.2."""

    _alternatives: ClassVar = [
        ("issuer_and_serial_number", IssuerAndSerialNumber),
        ("r_key_id", RecipientKeyIdentifier, {"implicit": 0}),
    ]


class RecipientEncryptedKey(core.Sequence):
    """RFC 5652 6.2.2."""

    _fields: ClassVar = [("rid", KeyAgreeRecipientIdentifier), ("encrypted_key", core.OctetString)]


class RecipientEncryptedKeys(core.SequenceOf):
    """RFC 5652 6.2.2."""

    _child_spec = RecipientEncryptedKey


class OriginatorPublicKey(core.Sequence):
    """RFC 5652 6.2.2."""

    _fields: ClassVar = [("algorithm", EncodedSequence), ("public_key", core.BitString)]


class OriginatorIdentifierOrKey(core.Choice):
    """RFC 5652 6.2.2; RFC 5753 3.1.1 leaves only originatorKey for ephemeral-static ECDH."""

    _alternatives: ClassVar = [("originator_key", OriginatorPublicKey, {"implicit": 1})]


class KeyAgreeRecipientInfo(core.Sequence):
    """RFC 5652 6.2.2 and RFC 5753 3.1.1, without user keying material."""

    _fields: ClassVar = [
        ("version", core.Integer),
        ("originator", OriginatorIdentifierOrKey, {"explicit": 0}),
        ("key_encryption_algorithm", EncodedSequence),
        ("recipient_encrypted_keys", RecipientEncryptedKeys),
    ]


class RecipientInfo(core.Choice):
    """RFC 5652 6.2, key agreement only."""

    _alternatives: ClassVar = [("kari", KeyAgreeRecipientInfo, {"implicit": 1})]


class RecipientInfos(core.SetOf):
    """RFC 5652 6.1."""

    _child_spec = RecipientInfo


class GCMParameters(core.Sequence):
    """RFC 5084 3.2. The default ICV length is 12; we always write 16."""

    _fields: ClassVar = [("aes_nonce", core.OctetString), ("aes_icvlen", core.Integer)]


class GCMAlgorithmIdentifier(core.Sequence):
    """contentEncryptionAlgorithm with id-aes256-GCM, RFC 5084 3.2."""

    _fields: ClassVar = [("algorithm", core.ObjectIdentifier), ("parameters", GCMParameters)]


class EncryptedContentInfo(core.Sequence):
    """RFC 5652 6.1."""

    _fields: ClassVar = [
        ("content_type", core.ObjectIdentifier),
        ("content_encryption_algorithm", GCMAlgorithmIdentifier),
        ("encrypted_content", core.OctetString, {"implicit": 0}),
    ]


class AuthEnvelopedData(core.Sequence):
    """RFC 5083 2.1. authAttrs may be absent because the encrypted content type is id-data; unauthAttrs have no place here."""

    _fields: ClassVar = [
        ("version", core.Integer),
        ("recipient_infos", RecipientInfos),
        ("auth_encrypted_content_info", EncryptedContentInfo),
        ("mac", core.OctetString),
    ]


class AuthEnvelopedDataInfo(core.Sequence):
    """ContentInfo with id-ct-authEnvelopedData, RFC 5652 3."""

    _fields: ClassVar = [("content_type", core.ObjectIdentifier), ("content", AuthEnvelopedData, {"explicit": 0})]


class ECCCMSSharedInfo(core.Sequence):
    """RFC 5753 7.2, without entityUInfo since there is no user keying material."""

    _fields: ClassVar = [("key_info", EncodedSequence), ("supp_pub_info", core.OctetString, {"explicit": 2})]


def _identifier(algorithm: str, parameters: bytes | None = None) -> bytes:
    value = {"algorithm": algorithm} if parameters is None else {"algorithm": algorithm, "parameters": core.Any.load(parameters)}
    return bytes(AlgorithmIdentifier(value).dump())


# The allow-list, as DER. The first of each is what we write; RFC 5754 2 wants NULL parameters of SHA-2 to be read.
_NULL = core.Null().dump()
SHA256_IDENTIFIERS = (_identifier(ID_SHA256), _identifier(ID_SHA256, _NULL))
SHA384_IDENTIFIERS = (_identifier(ID_SHA384), _identifier(ID_SHA384, _NULL))
ECDSA_IDENTIFIER = _identifier(ECDSA_WITH_SHA256)
ECDSA_SHA384_IDENTIFIER = _identifier(ECDSA_WITH_SHA384)
RSA_SHA256_IDENTIFIERS = (_identifier(SHA256_WITH_RSA_ENCRYPTION, _NULL), _identifier(RSA_ENCRYPTION, _NULL))  # RFC 5754 3.2: NULL
AES256_WRAP_IDENTIFIER = _identifier(ID_AES256_WRAP)  # RFC 3565 2.3.2: parameters absent
KEY_AGREEMENT_IDENTIFIER = _identifier(DH_SINGLE_PASS_STD_DH_SHA256KDF_SCHEME, AES256_WRAP_IDENTIFIER)  # RFC 5753 7.1.4
KEY_AGREEMENT_SHA384_IDENTIFIER = _identifier(DH_SINGLE_PASS_STD_DH_SHA384KDF_SCHEME, AES256_WRAP_IDENTIFIER)


def _ec_key_identifiers(curve: str) -> tuple[bytes, ...]:
    """RFC 5753 7.1.3: parameters absent, NULL or the named curve."""
    parameters = (None, _NULL, core.ObjectIdentifier(curve).dump())
    return tuple(_identifier(ID_EC_PUBLIC_KEY, one) for one in parameters)


EC_KEY_IDENTIFIERS = _ec_key_identifiers(SECP256R1)
P384_KEY_IDENTIFIERS = _ec_key_identifiers(SECP384R1)
