"""A certificate authority of a few lines: what TLS needs, for tests that must also have a foreign one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.brokers.files import BrokerFiles


@dataclass(frozen=True)
class Credentials:
    ca: Path
    certificate: Path
    key: Path


class Authority:
    def __init__(self, directory: Path, name: str = "TEST CA") -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "LIVESCAN TRAINING"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        certificate = self._builder(self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.ca = directory / "ca.crt"
        self.ca.write_bytes(certificate.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(
                issuer_name=self._name, subject_name=subject, public_key=public_key, serial_number=x509.random_serial_number()
            )
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
        )

    def issue(self, name: str, role: str, *, server: bool = False) -> Credentials:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "LIVESCAN TRAINING"),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = self._builder(subject, key.public_key()).add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        paths = Credentials(self.ca, self._directory / f"{name}.crt", self._directory / f"{name}.key")
        paths.certificate.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        paths.key.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return paths

    def revoke(self, who: Credentials) -> Path:
        """The revocation list that names this certificate."""
        serial = x509.load_pem_x509_certificate(who.certificate.read_bytes()).serial_number
        now = datetime.now(UTC) - timedelta(minutes=1)
        entry = x509.RevokedCertificateBuilder(serial, now).build()
        builder = x509.CertificateRevocationListBuilder(self._name, now, now + timedelta(days=1), revoked_certificates=[entry])
        path = self._directory / "ca.crl"
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    def broker(self) -> BrokerFiles:
        server = self.issue("broker", "broker", server=True)
        return BrokerFiles(self.ca, server.certificate, server.key)
