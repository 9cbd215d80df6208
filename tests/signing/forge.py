"""Makes envelopes that nobody honest would make: each part of the sealing can be replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from cryptography import x509

from agent.model.messages import Environment, Routing
from agent.signing import attributes, certificates, signed_data
from agent.signing.attributes import Statement
from agent.signing.certificates import Purpose, Role
from agent.signing.private_keys import FileSigner, Signer
from agent.signing.seal import encrypt
from agent.signing.signed_data import SignedData, SignerInfo
from agent.signing.training_ca import issue
from agent.signing.training_keys import load_training_ca
from tests.signing.conftest import CONTENT, NOW, Instance


def sign(
    instance: Instance,
    *,
    content: bytes = CONTENT,
    routing: Routing | None = None,
    signer: Signer | None = None,
    change: Callable[[Statement], Statement] = lambda statement: statement,
    raw: Callable[[bytes], bytes] = lambda der: der,
    certificate: x509.Certificate | None = None,
) -> SignedData:
    """Sign without any check. change: the statement before it is written; raw: the attributes before they are signed."""
    signer = signer or instance.station.signer
    routing = routing or instance.routing()
    statement = Statement(routing, hashlib.sha256(content).digest(), certificates.sha256(signer.certificate), NOW)
    signed = raw(attributes.write(change(statement)))
    shown = certificate or signer.certificate
    info = SignerInfo(certificates.issuer_and_serial(shown), signed, signer.sign(hashlib.sha256(signed).digest()))
    return SignedData(content, certificates.to_der(shown), info)


def envelope(instance: Instance, signed: SignedData | bytes) -> bytes:
    """Encrypt to the bureau whatever is given."""
    plain = signed if isinstance(signed, bytes) else signed_data.write(signed)
    return encrypt(plain, instance.station.bureau)


def signer_of(instance: Instance, identity: str, role: Role, purpose: Purpose = Purpose.SIGNING) -> FileSigner:
    """A key that the instance's CA certifies for something."""
    issued = issue(load_training_ca(instance.directory), identity, role, purpose, now=NOW)
    return FileSigner(issued.certificate, issued.key)


def for_production(statement: Statement) -> Statement:
    return replace(statement, routing=replace(statement.routing, environment=Environment.PRODUCTION))
