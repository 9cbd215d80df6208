"""The signed attributes: what the signer vouches for beside the file itself. Pure.

RFC 5652 11.1-11.3 contentType, messageDigest, signingTime · RFC 5035 3 signingCertificateV2 (nails the signer's certificate: without it
another certificate for the same key could be put in its place) · ours, one UTF8String each, below an arc of our own made from a UUID
(ITU-T X.667 clause 7, no registration needed).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asn1crypto import core

from agent.model.messages import Environment, MessageKind, Routing
from agent.signing import cms_types as cms
from agent.signing.der import only, reading, require
from agent.signing.errors import EnvelopeError

ID_LIVESCAN = "2.25.223136032731104309295220899157324971679"  # UUID a7de6fcc-486f-4b9c-b609-2b7476e5be9f
ROUTING_ATTRIBUTES = {  # field of model.messages.Routing: object identifier
    "kind": f"{ID_LIVESCAN}.1",
    "station": f"{ID_LIVESCAN}.2",
    "tcn": f"{ID_LIVESCAN}.3",
    "recipient": f"{ID_LIVESCAN}.4",
    "environment": f"{ID_LIVESCAN}.5",
}
ID_REMARKS = f"{ID_LIVESCAN}.6"  # optional
REMARKS_LIMIT = 40 * 1024  # bytes; fourteen impressions with reasons of 500 characters of four bytes have 30,000
_ALPHABETS = {
    "station": re.compile(r"[A-Za-z0-9-]{1,13}"),
    "tcn": re.compile(r"[ -~]{1,64}"),  # EBTS 1.009 allows 10 to 40 characters; a bureau's own may be shorter
    "recipient": re.compile(r"[ -~]{1,64}"),  # RFC 5280 ub-common-name
}
_LAST_UTC_TIME = 2049  # RFC 5652 11.3: later years are written as GeneralizedTime


@dataclass(frozen=True)
class Statement:
    """What was signed."""

    routing: Routing
    message_digest: bytes  # of the file, by the digest of the signature scheme
    certificate_sha256: bytes  # of the signer's certificate, DER
    signed_at: datetime  # UTC, whole seconds, by the signer's clock
    remarks: str = field(default="", repr=False)  # of a transaction: what the station says of how its prints were taken, JSON


def fault(routing: Routing) -> str | None:
    """Why this routing may not be written or believed, or None."""
    for name, alphabet in _ALPHABETS.items():
        if not alphabet.fullmatch(getattr(routing, name)):
            return f"The routing attribute '{name}' has characters or a length that are not allowed."
    return None


def write(statement: Statement) -> bytes:
    """SignedAttributes as the DER SET OF over which the signature is made (RFC 5652 5.4)."""
    attributes = _common(statement.message_digest, statement.certificate_sha256, statement.signed_at)
    attributes += [_attribute(oid, core.UTF8String(str(getattr(statement.routing, name)))) for name, oid in ROUTING_ATTRIBUTES.items()]
    if statement.remarks:
        attributes.append(_attribute(ID_REMARKS, core.UTF8String(statement.remarks)))
    return bytes(cms.SignedAttributes(attributes).dump())


@dataclass(frozen=True)
class Saying:
    """What was signed of a statement that is no envelope (`statements`): it names its kind, and no envelope has that kind."""

    kind: str
    message_digest: bytes  # of the content, by the digest of the signature scheme
    certificate_sha256: bytes  # of the signer's certificate, DER
    signed_at: datetime  # UTC, whole seconds, by the signer's clock


def write_saying(saying: Saying) -> bytes:
    """As `write`."""
    attributes = [*_common(saying.message_digest, saying.certificate_sha256, saying.signed_at)]
    return bytes(cms.SignedAttributes([*attributes, _attribute(ROUTING_ATTRIBUTES["kind"], core.UTF8String(saying.kind))]).dump())


def read_saying(der: bytes) -> Saying:
    """As `read`."""
    values = _single_values(der)
    require(_content(values, cms.ID_CONTENT_TYPE, core.ObjectIdentifier) == cms.ID_DATA, "The signed contentType is not id-data.")
    kind = str(_content(values, ROUTING_ATTRIBUTES["kind"], core.UTF8String))
    digest = _content(values, cms.ID_MESSAGE_DIGEST, core.OctetString)
    return Saying(kind, digest, _certificate_hash(values), _signing_time(values))


def read(der: bytes) -> Statement:
    """The statement in a SignedAttributes SET OF. Unknown attributes are let be. Raises EnvelopeError."""
    values = _single_values(der)
    require(_content(values, cms.ID_CONTENT_TYPE, core.ObjectIdentifier) == cms.ID_DATA, "The signed contentType is not id-data.")
    return Statement(
        routing=_routing(values),
        message_digest=_content(values, cms.ID_MESSAGE_DIGEST, core.OctetString),
        certificate_sha256=_certificate_hash(values),
        signed_at=_signing_time(values),
        remarks=_remarks(values),
    )


def _common(message_digest: bytes, certificate_sha256: bytes, signed_at: datetime) -> list[Any]:
    return [
        _attribute(cms.ID_CONTENT_TYPE, core.ObjectIdentifier(cms.ID_DATA)),
        _attribute(cms.ID_MESSAGE_DIGEST, core.OctetString(message_digest)),
        _attribute(cms.ID_SIGNING_TIME, _time(signed_at)),
        _attribute(cms.ID_AA_SIGNING_CERTIFICATE_V2, cms.SigningCertificateV2({"certs": [{"cert_hash": certificate_sha256}]})),
    ]


def _attribute(oid: str, value: Any) -> Any:
    return cms.Attribute({"attr_type": oid, "attr_values": cms.EncodedSet(contents=value.dump())})


def _time(at: datetime) -> Any:
    at = at.astimezone(UTC).replace(microsecond=0)
    return core.UTCTime(at) if at.year <= _LAST_UTC_TIME else core.GeneralizedTime(at)


def _single_values(der: bytes) -> dict[str, bytes]:
    """Object identifier to the DER of its one value (RFC 5652 11). A second value shows as trailing bytes when it is parsed strictly."""
    values: dict[str, bytes] = {}
    with reading("The set of signed attributes"):
        for attribute in cms.SignedAttributes.load(der, strict=True):
            oid = attribute["attr_type"].dotted
            require(oid not in values, "A signed attribute is there twice.")
            values[oid] = bytes(attribute["attr_values"].contents)
    return values


def _content(values: dict[str, bytes], oid: str, spec: Any) -> Any:
    """The one value of an attribute, of a primitive type, as Python's own type."""
    with reading(f"The signed attribute {_name(oid)}"):
        value = spec.load(_value(values, oid), strict=True)
        return value.dotted if spec is core.ObjectIdentifier else value.native


def _value(values: dict[str, bytes], oid: str) -> bytes:
    if oid not in values:
        raise EnvelopeError(f"The signed attribute {_name(oid)} is missing: this is not an envelope of a station or a bureau.")
    return values[oid]


def _name(oid: str) -> str:
    return next((f"'{name}'" for name, own in (*ROUTING_ATTRIBUTES.items(), ("remarks", ID_REMARKS)) if own == oid), oid)


def _routing(values: dict[str, bytes]) -> Routing:
    text = {name: _content(values, oid, core.UTF8String) for name, oid in ROUTING_ATTRIBUTES.items()}
    with reading("A routing attribute"):
        routing = Routing(**(text | {"kind": MessageKind(text["kind"]), "environment": Environment(text["environment"])}))
    sentence = fault(routing)
    require(sentence is None, sentence or "")
    return routing


def _remarks(values: dict[str, bytes]) -> str:
    """The text as it was signed; what it says is for whoever shows it."""
    if ID_REMARKS not in values:
        return ""
    text = str(_content(values, ID_REMARKS, core.UTF8String))
    require(0 < len(text.encode()) <= REMARKS_LIMIT, "The signed attribute 'remarks' is empty or too long.")
    return text


def _certificate_hash(values: dict[str, bytes]) -> bytes:
    """RFC 5035 3: the first ESSCertIDv2 is the signer's; an absent hash algorithm means SHA-256, and we know no other."""
    with reading("The signed attribute 'signingCertificateV2'"):
        value = cms.SigningCertificateV2.load(_value(values, cms.ID_AA_SIGNING_CERTIFICATE_V2), strict=True)
        return bytes(only(value["certs"], "Certificates in signingCertificateV2")["cert_hash"].native)


def _signing_time(values: dict[str, bytes]) -> datetime:
    raw = values.get(cms.ID_SIGNING_TIME, b"")
    spec = core.GeneralizedTime if raw[:1] == b"\x18" else core.UTCTime
    at = _content(values, cms.ID_SIGNING_TIME, spec)
    if not isinstance(at, datetime) or at.utcoffset() is None:  # asn1crypto has a type of its own for the year 0
        raise EnvelopeError("The signing time has no time zone or no year.")
    with reading("The signing time"):
        return at.astimezone(UTC)
