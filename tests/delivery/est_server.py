"""An EST server of a few lines (RFC 7030 4.2.2), and the address of a revocation list: the authority of tests."""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from agent.signing import training_ca
from agent.signing.certificates import Purpose
from agent.signing.requests import read_request
from agent.signing.training_keys import load_training_ca

PURPOSES = {(*purpose.extended, purpose.key_usage): purpose for purpose in (Purpose.SIGNING, Purpose.OPENING, Purpose.CLIENT)}


class Authority(http.server.ThreadingHTTPServer):
    """`keys`: the training instance whose CA issues. `crl`: what is published."""

    daemon_threads = True

    def __init__(self, keys: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = keys
        self.crl = b""
        self.issued: list[x509.Certificate] = []
        self.refused: list[str] = []
        self.undecided = 0  # how often a request is answered with "not yet"
        self.asked = 0
        self.words: dict[str, str] = {}  # station to the word with which it may enrol for the first time
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys / "broker" / "server.crt", keys / "broker" / "server.key")
        context.load_verify_locations(keys / "ca" / "ca.crt")
        context.verify_mode = ssl.CERT_OPTIONAL  # a station that enrols for the first time has none
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def est(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}/.well-known/est"

    @property
    def list_address(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}/ca.crl"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken handshake is the client's affair."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Authority
    connection: ssl.SSLSocket

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = read_request(base64.b64decode(body))
        asked = str(request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        who = {"simplereenroll": self._by_certificate, "simpleenroll": self._by_word}[self.path.rsplit("/", 1)[1]]()
        if not self.path.startswith("/.well-known/est/") or asked != who:
            self.server.refused.append(str(asked))
            self.send_error(403)
            return
        self.server.asked += 1
        if self.server.asked <= self.server.undecided:
            self.send_response(202)
            self.send_header("Retry-After", "1")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        certificate = self._issue(request, str(who))
        answer = base64.b64encode(pkcs7.serialize_certificates([certificate], Encoding.DER))
        self._say(answer)

    def _by_certificate(self) -> str:
        shown: Any = self.connection.getpeercert()
        return str(dict(part[0] for part in shown["subject"])["commonName"]) if shown else ""

    def _by_word(self) -> str:
        kind, _, said = self.headers.get("Authorization", "").partition(" ")
        user, _, word = base64.b64decode(said).decode().partition(":")
        return user if kind == "Basic" and self.server.words.get(user) == word else ""

    def do_GET(self) -> None:
        self._say(self.server.crl)

    def _issue(self, request: x509.CertificateSigningRequest, name: str) -> x509.Certificate:
        usage = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        agreement = request.extensions.get_extension_for_class(x509.KeyUsage).value.key_agreement
        purpose = PURPOSES[(*usage, "key_agreement" if agreement else "digital_signature")]
        names: tuple[str, ...] = ()
        if purpose is Purpose.CLIENT:
            alternative = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            names = tuple(alternative.get_values_for_type(x509.DNSName))
        now = datetime.now(UTC) + timedelta(seconds=5)
        made = training_ca.certify(
            load_training_ca(self.server.keys),
            request.public_key(),  # type: ignore[arg-type]
            name,
            training_ca.Role.STATION,
            purpose,
            now=now,
            names=names,
        )
        self.server.issued.append(made)
        return made

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""


@contextmanager
def authority(keys: Path) -> Iterator[Authority]:
    with Authority(keys) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
