"""The envelope, written from docs/envelope.md alone; openssl does the cryptography that it can, and shares nothing with the agent."""

import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

ARC = "2.25.223136032731104309295220899157324971679."
NAMES = {ARC + "1": "kind", ARC + "2": "station", ARC + "3": "tcn", ARC + "4": "recipient", ARC + "5": "environment", ARC + "6": "remarks"}
SIGNING_TIME = "1.2.840.113549.1.9.5"
AUTH_ENVELOPED = bytes.fromhex("2a864886f70d0109100117")  # 1.2.840.113549.1.9.16.1.23
AES256_WRAP = bytes.fromhex("60864801650304012d")  # 2.16.840.1.101.3.4.1.45
AES256_GCM = bytes.fromhex("60864801650304012e")  # 2.16.840.1.101.3.4.1.46
AGREEMENTS = (bytes.fromhex("2b8104010b01"), bytes.fromhex("2b8104010b02"))  # 1.3.132.1.11.1 and .2
SCHEMES = {("sha256", "sha256_ecdsa"), ("sha384", "sha384_ecdsa"), ("sha256", "sha256_rsa"), ("sha256", "rsassa_pkcs1v15")}
CURVES = {"secp256r1": "sha256", "secp384r1": "sha384"}


class BadEnvelope(ValueError):
    """What was sent is not for us, or nobody we believe vouches for it."""


@dataclass(frozen=True)
class Keys:
    """Files of one party: `ca`, its own opening and signing pair (PEM)."""

    ca: Path
    folder: Path  # opening.crt, opening.key, signing.crt, signing.key


@dataclass(frozen=True)
class Opened:
    file: bytes
    signer: str  # CN of the signer's certificate
    unit: str  # its OU
    said: dict[str, str]  # the signed attributes, by name


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", "cms", "-binary", *map(str, words)], check=False, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise BadEnvelope(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "openssl refused it")


def opened(envelope: bytes, keys: Keys) -> Opened:
    """Decrypt and verify. Raises BadEnvelope."""
    check_outside(envelope)
    with tempfile.TemporaryDirectory() as name:
        at = Path(name)
        (at / "envelope").write_bytes(envelope)
        pair = ("-recip", keys.folder / "opening.crt", "-inkey", keys.folder / "opening.key")
        _openssl("-decrypt", "-inform", "DER", "-in", at / "envelope", *pair, "-out", at / "signed")
        check_inside((at / "signed").read_bytes())
        trust, revoked = keys.ca.read_bytes(), keys.ca.with_suffix(".crl")
        (at / "trust").write_bytes(trust + (revoked.read_bytes() if revoked.exists() else b""))
        looked_up = ("-crl_check",) if revoked.exists() else ()
        _openssl("-verify", "-cades", *looked_up, "-inform", "DER", "-in", at / "signed", "-CAfile", at / "trust", "-out", at / "file")
        return _facts((at / "signed").read_bytes(), (at / "file").read_bytes())


def _facts(signed: bytes, file: bytes) -> Opened:
    """Only called when openssl found the signature good."""
    data = cms.ContentInfo.load(signed, strict=True)["content"]
    if len(data["signer_infos"]) != 1 or len(data["certificates"]) != 1:
        raise BadEnvelope("one signer and one certificate are expected")
    signer, certificate = data["signer_infos"][0], data["certificates"][0].chosen
    values = {one["type"].dotted: one["values"] for one in signer["signed_attrs"]}
    if len(values) != len(signer["signed_attrs"]) or len(signer["unsigned_attrs"]):
        raise BadEnvelope("an attribute is there twice, or is not signed")
    said = {name: _text(values[oid]) for oid, name in NAMES.items() if oid in values}
    valid, at = certificate["tbs_certificate"]["validity"], values[SIGNING_TIME][0].native
    if not valid["not_before"].native <= at <= valid["not_after"].native:
        raise BadEnvelope("it was signed when its certificate was not valid")
    if certificate.extended_key_usage_value.native != ["email_protection"]:
        raise BadEnvelope("the signer's certificate is for something else, or for something else too")
    subject = certificate.subject.native
    return Opened(file, subject["common_name"], subject["organizational_unit_name"], said)


def _text(values: cms.SetOfAny) -> str:
    if len(values) != 1:
        raise BadEnvelope("an attribute has several values")
    return str(core.UTF8String.load(values[0].dump(), strict=True).native)


def accepted(envelope: bytes, keys: Keys, *, me: str, environment: str) -> Opened:
    """A transaction that a bureau called `me` takes: section 4 of the contract. Raises BadEnvelope."""
    found = opened(envelope, keys)
    said = found.said
    wanted = {"kind": "transaction", "recipient": me, "environment": environment, "station": found.signer}
    for name, value in wanted.items():
        if said.get(name) != value:
            raise BadEnvelope(f"{name} is not {value}")
    if found.unit != "station":
        raise BadEnvelope("not signed by a station")
    return found


def check_outside(envelope: bytes) -> None:
    """Of AuthEnvelopedData what openssl lets pass and envelope.md does not. Raises BadEnvelope."""
    try:
        content_type, (version, infos, (_, (oid, (nonce, length)), _), mac) = tree(envelope)
        _, _, (agreement, wrap), (_, wrapped) = infos
    except (ValueError, TypeError) as error:
        raise BadEnvelope("not an AuthEnvelopedData of that shape") from error
    found = (content_type, version, oid, len(nonce), length, len(mac), wrap, len(wrapped))
    if found != (AUTH_ENVELOPED, b"\0", AES256_GCM, 12, b"\x10", 16, [AES256_WRAP], 40) or agreement not in AGREEMENTS:
        raise BadEnvelope("another algorithm, or another shape")


def check_inside(signed: bytes) -> None:
    """Of SignedData, likewise: one scheme for each kind of key. Raises BadEnvelope."""
    try:
        tree(signed)
    except ValueError as error:
        raise BadEnvelope("not DER") from error
    signer = cms.ContentInfo.load(signed, strict=True)["content"]["signer_infos"][0]
    pair = (signer["digest_algorithm"]["algorithm"].native, signer["signature_algorithm"]["algorithm"].native)
    if pair not in SCHEMES:
        raise BadEnvelope("signed by another scheme")


def tree(data: bytes) -> list[Any]:
    """DER as contents: bytes of a primitive element, a list of a constructed one; one that holds nothing but another is passed over.

    Raises ValueError for a second spelling.
    """
    elements: list[Any] = []
    rest = memoryview(data)
    while rest:
        if len(rest) < 2 or rest[1] > 0x84 or len(rest) < 2 + max(0, rest[1] - 0x80):
            raise ValueError("cut off")
        tag, size, head = rest[0], rest[1], 2
        if size >= 0x80:
            head += size - 0x80
            size = int.from_bytes(rest[2:head], "big")
            if head == 2 or size < 0x80 or rest[2] == 0:
                raise ValueError("length")
        if head + size > len(rest):
            raise ValueError("cut off")
        contents = bytes(rest[head : head + size])
        elements.append(tree(contents) if tag & 0x20 else contents)
        rest = rest[head + size :]
    return elements[0] if len(elements) == 1 and isinstance(elements[0], list) else elements


def sealed(file: bytes, keys: Keys, to: Path, said: dict[str, str]) -> bytes:
    """An envelope for the holder of the opening certificate `to`. `said`: kind, station, tcn, environment; the recipient is in `to`."""
    recipient = x509.Certificate.load(_der(to)).subject.native["common_name"]
    curve = x509.Certificate.load(_der(to)).public_key.curve[1]
    with tempfile.TemporaryDirectory() as name:
        at = Path(name)
        (at / "signed").write_bytes(signed(file, keys, {**said, "recipient": recipient}))
        kdf = f"ecdh_kdf_md:{CURVES[curve]}"
        _openssl(
            "-encrypt",
            "-aes-256-gcm",
            "-aes256-wrap",
            "-in",
            at / "signed",
            "-recip",
            to,
            "-keyopt",
            kdf,
            "-outform",
            "DER",
            "-out",
            at / "out",
        )
        return (at / "out").read_bytes()


def _der(path: Path) -> bytes:
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(path.read_bytes()).public_bytes(serialization.Encoding.DER)


def signed(file: bytes, keys: Keys, said: dict[str, str], at: datetime | None = None) -> bytes:
    """SignedData with the routing attributes, DER."""
    key = serialization.load_pem_private_key((keys.folder / "signing.key").read_bytes(), None)
    certificate = x509.Certificate.load(_der(keys.folder / "signing.crt"))
    digest = _digest_of(key)
    attributes = _attributes(file, digest, certificate, said, at or datetime.now(UTC))
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                    )
                }
            ),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": _scheme(key, digest)}),
            "signature": _signature(key, attributes.dump(), digest),
        }
    )
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": digest})],
            "encap_content_info": {"content_type": "data", "content": file},
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def _attributes(file: bytes, digest: str, certificate: x509.Certificate, said: dict[str, str], at: datetime) -> cms.CMSAttributes:
    own = {name: oid for oid, name in NAMES.items()}
    essence = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate.dump()).digest()})]})
    standard = [
        {"type": "content_type", "values": ["data"]},
        {"type": "message_digest", "values": [hashlib.new(digest, file).digest()]},
        {"type": "signing_time", "values": [cms.Time({"utc_time": at.replace(microsecond=0)})]},
        {"type": "signing_certificate_v2", "values": [essence]},
    ]
    ours = [{"type": own[name], "values": [core.UTF8String(value)]} for name, value in said.items()]
    return cms.CMSAttributes([cms.CMSAttribute(one) for one in standard + ours])


def _digest_of(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return CURVES[key.curve.name]
    return "sha256"


def _scheme(key: object, digest: str) -> str:
    return f"{digest}_{'ecdsa' if isinstance(key, ec.EllipticCurvePrivateKey) else 'rsa'}"


def _signature(key: object, what: bytes, digest: str) -> bytes:
    made = hashes.SHA384() if digest == "sha384" else hashes.SHA256()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(what, ec.ECDSA(made, deterministic_signing=True))
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(what, padding.PKCS1v15(), made)
