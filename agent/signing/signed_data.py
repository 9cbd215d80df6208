"""The inner half of an envelope: the file and one signature over it. CMS SignedData, RFC 5652 clause 5, to and from values. Pure.

Only one shape is read: version 1 or 3, one certificate (the signer's), one SignerInfo with a signature scheme of `algorithms`, signed
attributes, and nothing that is not signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agent.signing import cms_types as cms
from agent.signing.algorithms import P256, Scheme, scheme_named
from agent.signing.der import load_content_info, only, reading, require

OVERHEAD_LIMIT = 64 * 1024  # bytes; ours is about 1,300 and at most 40 KiB of remarks. What is not the file is small
_WHAT = "The signed part of the envelope"


@dataclass(frozen=True)
class SignerInfo:
    """One signature, as read. `sid` is either (issuer DER, serial number) or a subject key identifier."""

    sid: tuple[bytes, int] | bytes
    signed_attributes: bytes = field(repr=False)  # DER SET OF: exactly the bytes that were signed
    signature: bytes = field(repr=False)  # DER ECDSA-Sig-Value, or RSASSA-PKCS1-v1_5
    scheme: Scheme = P256


@dataclass(frozen=True)
class SignedData:
    content: bytes = field(repr=False)
    certificate: bytes = field(repr=False)  # DER
    signer_info: SignerInfo


def write(signed: SignedData) -> bytes:
    """ContentInfo with SignedData, DER. The signer is always named by issuer and serial number."""
    info = signed.signer_info
    if isinstance(info.sid, bytes):
        raise TypeError("an envelope names its signer by issuer and serial number")
    issuer, serial = info.sid
    signer_info = {
        "version": 1,  # RFC 5652 5.3: with issuerAndSerialNumber
        "sid": cms.SignerIdentifier("issuer_and_serial_number", {"issuer": cms.EncodedSequence.load(issuer), "serial_number": serial}),
        "digest_algorithm": cms.EncodedSequence.load(info.scheme.digest_identifiers[0]),
        "signed_attrs": cms.EncodedSet.load(info.signed_attributes),
        "signature_algorithm": cms.EncodedSequence.load(info.scheme.signature_identifiers[0]),
        "signature": info.signature,
    }
    signed_data = {
        "version": 1,  # RFC 5652 5.1: id-data and only v1 SignerInfos
        "digest_algorithms": [cms.EncodedSequence.load(info.scheme.digest_identifiers[0])],
        "encap_content_info": {"e_content_type": cms.ID_DATA, "e_content": signed.content},
        "certificates": [cms.EncodedSequence.load(signed.certificate)],
        "signer_infos": [signer_info],
    }
    return bytes(cms.SignedDataInfo({"content_type": cms.ID_SIGNED_DATA, "content": signed_data}).dump())


def read(data: bytes) -> SignedData:
    """Raises EnvelopeError for anything but the one shape above. Verifies nothing."""
    parsed = load_content_info(data, cms.ID_SIGNED_DATA, cms.SignedDataInfo, OVERHEAD_LIMIT, _WHAT)
    with reading(_WHAT):
        signed = parsed.info["content"]
        require(signed["encap_content_info"]["e_content_type"].dotted == cms.ID_DATA, "The signed content is not of type id-data.")
        content = bytes(parsed.octets(signed["encap_content_info"]["e_content"]))
        digest = only(signed["digest_algorithms"], "Digest algorithms")
        signer = only(signed["signer_infos"], "Signers")
        scheme = scheme_named(digest.dump(), signer["signature_algorithm"].dump())
        require(scheme is not None, "The digest or the signature of the signed part is of an algorithm that is not allowed.")
        assert scheme is not None
        require(signed["version"].native == signer["version"].native, "The versions of the signed part do not agree.")
        certificate = only(signed["certificates"], "Certificates in the envelope").dump()
        return SignedData(content, certificate, _signer_info(signer, scheme))


def _signer_info(info: Any, scheme: Scheme) -> SignerInfo:
    require(info["digest_algorithm"].dump() in scheme.digest_identifiers, "The signer uses another digest than the signed part names.")
    signed_attributes = info["signed_attrs"].untag().dump()  # RFC 5652 5.4: signed with the tag of SET OF, sent with [0]
    return SignerInfo(_sid(info), bytes(signed_attributes), bytes(info["signature"].native), scheme)


def _sid(info: Any) -> tuple[bytes, int] | bytes:
    version, sid = info["version"].native, info["sid"]
    if sid.name == "subject_key_identifier":
        require(version == 3, "The version of the signer is wrong.")  # RFC 5652 5.3
        return bytes(sid.chosen.native)
    require(version == 1, "The version of the signer is wrong.")
    return bytes(sid.chosen["issuer"].dump()), int(sid.chosen["serial_number"].native)
