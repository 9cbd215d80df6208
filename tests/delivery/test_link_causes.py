"""Why there is no connection to the broker, in the product's words: real sockets, a small TLS server, and each sentence in Spanish."""

from __future__ import annotations

import errno
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.clock import SetClock
from agent.delivery.courier import BUREAU_OFFLINE
from agent.delivery.egress import EgressRefused
from agent.delivery.link_causes import SAID, LinkCause, cause_of, cause_of_alert, in_itself, said
from agent.delivery.mqtt import Disconnected, LinkEvent, MqttLink, MqttSettings
from agent.handover.queue_facts import plain
from agent.kiosk.spoken import spoken
from agent.kiosk.words import words

NOW = datetime.now(UTC)
Served = Callable[[socket.socket], None]


class Authority:
    """A CA of one test, and what it certifies, as PEM files."""

    def __init__(self, folder: Path, name: str = "CA") -> None:
        self.folder, self.name, self.key = folder, name, ec.generate_private_key(ec.SECP256R1())
        self.made(name, self.key, self.key, ca=True)
        self.file = folder / f"{name}.crt"

    def certified(self, name: str, *, dns: str = "localhost", until: timedelta = timedelta(days=1)) -> tuple[Path, Path]:
        own = ec.generate_private_key(ec.SECP256R1())
        self.made(name, own, self.key, dns=dns, until=until)
        key = self.folder / f"{name}.key"
        key.write_bytes(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return self.folder / f"{name}.crt", key

    def made(
        self,
        name: str,
        own: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
        *,
        ca: bool = False,
        dns: str = "",
        until: timedelta = timedelta(days=1),
    ) -> None:
        builder = x509.CertificateBuilder(
            issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]),
            subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
            public_key=own.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=NOW - timedelta(days=9),
            not_valid_after=NOW + until,
        ).add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if dns:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
        made = builder.sign(signer, hashes.SHA256())
        (self.folder / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))


@contextmanager
def served(serve: Served) -> Iterator[int]:
    """A server on the loopback that does this with each connection; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            with suppress(OSError):
                while True:
                    taken, _ = listening.accept()
                    with taken, suppress(OSError):
                        serve(taken)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def secured(certificate: tuple[Path, Path], asks_of: Path | None = None) -> Served:
    """A TLS server with this certificate; `asks_of`: and a client's is to be of this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if asks_of is not None:
        context.load_verify_locations(asks_of)
        context.verify_mode = ssl.CERT_REQUIRED

    def serve(taken: socket.socket) -> None:
        with context.wrap_socket(taken, server_side=True) as secure:
            secure.recv(1)

    return serve


def first_end(settings: MqttSettings, clock: SetClock | None = None) -> Disconnected:
    """How the first dial ends."""
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = MqttLink(settings, events.put, clock)
    link.start()
    try:
        ended = events.get(timeout=10)
    finally:
        link.stop()
    assert isinstance(ended, Disconnected)
    return ended


def dialled(port: int, host: str = "localhost", **settings: object) -> MqttSettings:
    return MqttSettings(host, port, "LS-0001", retry_first=5.0, **settings)  # type: ignore[arg-type]


def nobody() -> int:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return int(gone.getsockname()[1])


def test_a_machine_on_which_no_broker_runs_is_said_so_with_the_system_s_words_apart() -> None:
    port = nobody()
    ended = first_end(dialled(port, "127.0.0.1"))
    assert (ended.cause, ended.reason) == (LinkCause.REFUSED, "ConnectionRefusedError: Connection refused")
    assert (
        said(ended.cause, "127.0.0.1", port).what
        == f"The bureau's broker does not run at 127.0.0.1:{port}: the machine there takes no connection."
    )


def test_a_broker_of_another_authority_is_not_believed(tmp_path: Path) -> None:
    ours, others = Authority(tmp_path), Authority(tmp_path, "OTHER")
    with served(secured(others.certified("broker"))) as port:
        ended = first_end(dialled(port, ca=ours.file))
    assert ended.cause is LinkCause.NOT_TRUSTED
    assert "certificate verify failed" in ended.reason


def test_a_broker_whose_certificate_has_expired(tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    with served(secured(ours.certified("broker", until=timedelta(days=-1)))) as port:
        assert first_end(dialled(port, ca=ours.file)).cause is LinkCause.EXPIRED


def test_a_broker_under_another_name(tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    with served(secured(ours.certified("broker", dns="broker.invalid"))) as port:
        assert first_end(dialled(port, ca=ours.file)).cause is LinkCause.OTHER_NAME


@pytest.mark.parametrize(
    ("later", "cause"), [(0, LinkCause.NOT_OURS), (2, LinkCause.OWN_ENDED)], ids=["of another authority", "ended by our clock"]
)
def test_a_broker_that_does_not_accept_our_certificate(tmp_path: Path, later: int, cause: LinkCause) -> None:
    """TLS 1.3: the alert comes after the handshake has ended on our side."""
    ours, theirs = Authority(tmp_path), Authority(tmp_path, "THEIRS")
    certificate, key = ours.certified("station")
    with served(secured(ours.certified("broker"), asks_of=theirs.file)) as port:
        clock = SetClock(NOW + timedelta(days=later))
        ended = first_end(dialled(port, ca=ours.file, cert=certificate, key=key), clock)
    assert ended.cause is cause
    assert "UNKNOWN_CA" in ended.reason.upper().replace(" ", "_")


def answering(answer: bytes) -> Served:
    def serve(taken: socket.socket) -> None:
        taken.recv(1000)
        taken.sendall(answer)
        taken.recv(1000)

    return serve


CONNACKS = {
    "not authorised": (5, LinkCause.NOT_AUTHORISED),
    "bad password": (4, LinkCause.NOT_AUTHORISED),
    "unavailable": (3, LinkCause.BUSY),
}


@pytest.mark.parametrize(("code", "cause"), CONNACKS.values(), ids=CONNACKS)
def test_a_broker_that_lets_nobody_in(code: int, cause: LinkCause) -> None:
    with served(answering(bytes((0x20, 2, 0, code)))) as port:
        assert first_end(dialled(port, "127.0.0.1")).cause is cause


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""], ids=["a web server", "one that hangs up"])
def test_what_is_no_broker_is_said_not_to_let_us_in(answer: bytes) -> None:
    def serve(taken: socket.socket) -> None:
        taken.recv(1000)
        taken.sendall(answer)

    with served(serve) as port:
        assert first_end(dialled(port, "127.0.0.1")).cause is LinkCause.NO_WORD


RAISED = {
    "a name that nobody knows": (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), LinkCause.NO_NAME),
    "no answer in time": (TimeoutError("timed out"), LinkCause.TIMED_OUT),
    "the kernel gave up": (OSError(errno.ETIMEDOUT, "Connection timed out"), LinkCause.TIMED_OUT),
    "no way": (OSError(errno.ENETUNREACH, "Network is unreachable"), LinkCause.NO_ROUTE),
    "no way to the machine": (OSError(errno.EHOSTUNREACH, "No route to host"), LinkCause.NO_ROUTE),
    "systemd's wall": (PermissionError(errno.EPERM, "Operation not permitted"), LinkCause.WALLED),
    "our own wall": (EgressRefused("elsewhere"), LinkCause.WALLED),
    "reset": (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), LinkCause.NO_WORD),
    "something new": (OSError(errno.EIO, "Input/output error"), LinkCause.OTHER),
    "a defect": (ValueError("host"), LinkCause.OTHER),
}


@pytest.mark.parametrize(("error", "cause"), RAISED.values(), ids=RAISED)
def test_what_a_dial_raises_has_its_cause_and_its_own_words_stay_a_detail(error: Exception, cause: LinkCause) -> None:
    assert cause_of(error) is cause
    told = said(cause, "broker.invalid", 8883)
    assert str(error) not in told.what and "Errno" not in told.what
    assert in_itself(error).startswith(f"{type(error).__name__}: ")


ALERTS = {
    "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)": LinkCause.NOT_OURS,
    "[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired": LinkCause.NOT_OURS,
    "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate": LinkCause.NOT_OURS,
    "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure": LinkCause.WEAK,
    "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version": LinkCause.WEAK,
    "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred": None,
}


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_of_tls_says_whose_fault_it_is(alert: str) -> None:
    assert cause_of_alert(alert) is ALERTS[alert]


@pytest.mark.parametrize("cause", LinkCause)
def test_every_cause_is_said_in_both_languages_with_where_and_what_to_do(cause: LinkCause) -> None:
    told = said(cause, "broker.invalid", 8883)
    assert plain(told.what) == told.what and plain(told.do) == told.do
    spanish = spoken(words("es"), told.what)
    assert spanish != told.what
    assert ("broker.invalid" in spanish) == ("broker.invalid" in told.what) == (cause is not LinkCause.OWN_ENDED)
    assert not told.do or (spoken(words("es"), told.do) != told.do and "ell whoever" not in spoken(words("es"), told.do))
    assert told.do or cause in (LinkCause.NOT_DIALLED, LinkCause.RENEWED), "what does not end by itself says who mends it"
    assert SAID[cause].what != BUREAU_OFFLINE.what
