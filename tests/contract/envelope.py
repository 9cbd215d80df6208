"""The envelope, written from docs/envelope.md alone; openssl does the cryptography that it can, and shares nothing with the agent."""

import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

ARC = "2.25.223136032731104309295220899157324971679."
NAMES = {ARC + "1": "kind", ARC + "2": "station", ARC + "3": "tcn", ARC + "4": "recipient", ARC + "5": "environment", ARC + "6": "remarks"}
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
    with tempfile.TemporaryDirectory() as name:
        at = Path(name)
        (at / "envelope").write_bytes(envelope)
        pair = ("-recip", keys.folder / "opening.crt", "-inkey", keys.folder / "opening.key")
        _openssl("-decrypt", "-inform", "DER", "-in", at / "envelope", *pair, "-out", at / "signed")
        _openssl("-verify", "-cades", "-inform", "DER", "-in", at / "signed", "-CAfile", keys.ca, "-out", at / "file")
        return _facts((at / "signed").read_bytes(), (at / "file").read_bytes())


def _facts(signed: bytes, file: bytes) -> Opened:
    """Only called when openssl found the signature good."""
    data = cms.ContentInfo.load(signed, strict=True)["content"]
    if len(data["signer_infos"]) != 1 or len(data["certificates"]) != 1:
        raise BadEnvelope("one signer and one certificate are expected")
    said: dict[str, str] = {}
    for attribute in data["signer_infos"][0]["signed_attrs"]:
        name = NAMES.get(attribute["type"].dotted)
        if name is not None:
            (value,) = attribute["values"]
            said[name] = core.UTF8String.load(value.dump() if not isinstance(value, core.Any) else value.parsed.dump(), strict=True).native
    subject = data["certificates"][0].chosen.subject.native
    return Opened(file, subject["common_name"], subject["organizational_unit_name"], said)


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
        return key.sign(what, ec.ECDSA(made))
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(what, padding.PKCS1v15(), made)
