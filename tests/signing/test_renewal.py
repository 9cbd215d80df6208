"""A key is renewed beside the old one: what is accepted, what is not, and what a crash leaves."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import SetClock
from agent.errors import LivescanError
from agent.model.messages import Environment, MessageKind
from agent.signing import slots, training_ca
from agent.signing.enrol import Enrolling
from agent.signing.installing import install_certificate, install_revocations, read_certificate
from agent.signing.inventory import KeyState, inventory, warnings
from agent.signing.keys import StationKeys
from agent.signing.renewal import RenewalError, Request, ask, pending
from agent.signing.requests import read_request
from agent.signing.ring import KeyRing
from agent.signing.seal import seal
from agent.signing.slots import PURPOSE, Slot, Use
from agent.signing.training_keys import load_training_ca
from agent.signing.verify import open_envelope
from tests.signing.conftest import CONTENT, NOW, Instance, load

SOON = NOW + timedelta(days=340)
ROLE = training_ca.Role.STATION


@pytest.fixture
def own(instance: Instance, tmp_path: Path) -> Path:
    """A copy of the instance's keys, to be renewed."""
    shutil.copytree(instance.directory, tmp_path / "keys")
    return tmp_path / "keys"


def issued(own: Path, request: Request, now: datetime = SOON, identity: str = "LS-0001", **changes: object) -> bytes:
    """What the authority makes of a request, PEM."""
    asked = read_request(request.der)
    names = ("ls-0001.station.livescan.invalid",) if request.use is Use.TLS else ()
    values = {"names": names, "now": now} | changes
    ca = load_training_ca(own)
    made = training_ca.certify(ca, asked.public_key(), identity, ROLE, PURPOSE[request.use], **values)  # type: ignore[arg-type]
    return made.public_bytes(Encoding.PEM)


@pytest.mark.parametrize("use", Use)
def test_the_next_certificate_is_in_use_after_it_was_checked(own: Path, use: Use) -> None:
    before = Slot(own / "station", use).certificate.read_bytes()
    request = ask(own / "station", use)
    assert Slot(own / "station", use).certificate.read_bytes() == before
    new = issued(own, request)
    assert install_certificate(own, new, SOON) == use
    slot = Slot(own / "station", use)
    assert slot.certificate.read_bytes() == new
    key = load_pem_private_key(slot.key.read_bytes(), None)
    assert x509.load_pem_x509_certificate(new).public_key() == key.public_key()
    assert slot.key.stat().st_mode & 0o777 == 0o600
    assert pending(own / "station", *Use) == ()


def test_a_request_names_what_the_old_certificate_named(own: Path) -> None:
    request = read_request(ask(own / "station", Use.TLS).der)
    old = x509.load_pem_x509_certificate((own / "station" / "tls.crt").read_bytes())
    assert request.subject == old.subject
    for kind in (x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName):
        assert request.extensions.get_extension_for_class(kind).value == old.extensions.get_extension_for_class(kind).value


def test_asking_twice_is_asking_once(own: Path) -> None:
    assert ask(own / "station", Use.SIGNING) == ask(own / "station", Use.SIGNING)


def _foreign_key(own: Path, request: Request) -> bytes:
    made = training_ca.issue(load_training_ca(own), "LS-0001", ROLE, PURPOSE[request.use], now=SOON)
    return made.certificate.public_bytes(Encoding.PEM)


def _foreign_ca(own: Path, request: Request) -> bytes:
    made = training_ca.certify(
        training_ca.make_ca(SOON), read_request(request.der).public_key(), "LS-0001", ROLE, PURPOSE[request.use], now=SOON
    )  # type: ignore[arg-type]
    return made.public_bytes(Encoding.PEM)


def _other_purpose(own: Path, request: Request) -> bytes:
    made = training_ca.certify(load_training_ca(own), read_request(request.der).public_key(), "LS-0001", ROLE, PURPOSE[Use.TLS], now=SOON)  # type: ignore[arg-type]
    return made.public_bytes(Encoding.PEM)


NOT_INSTALLED: dict[str, tuple[Callable[[Path, Request], bytes], str]] = {
    "another key": (_foreign_key, "No key here waits for it"),
    "another authority": (_foreign_ca, "not issued by the certificate authority"),
    "another station": (lambda own, request: issued(own, request, identity="LS-0002"), "another name"),
    "another purpose": (_other_purpose, "not for signing: its extended key usage"),
    "not yet valid": (lambda own, request: issued(own, request, now=SOON + timedelta(days=2)), "not valid before"),
    "no longer than the present one": (lambda own, request: issued(own, request, lifetime=timedelta(days=2)), "not last longer"),
    "no certificate": (lambda own, request: b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n", "no certificate"),
}


@pytest.mark.parametrize("case", NOT_INSTALLED)
def test_a_certificate_that_was_not_asked_for_changes_nothing(own: Path, case: str) -> None:
    make, sentence = NOT_INSTALLED[case]
    request = ask(own / "station", Use.SIGNING)
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    with pytest.raises(RenewalError, match=sentence):
        install_certificate(own, make(own, request), SOON)
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


def test_a_revoked_certificate_is_not_installed(own: Path) -> None:
    new = issued(own, ask(own / "station", Use.SIGNING))
    install_revocations(own, training_ca.revoke(load_training_ca(own), [x509.load_pem_x509_certificate(new)], now=SOON))
    with pytest.raises(RenewalError, match="revoked"):
        install_certificate(own, new, SOON)


def test_an_older_revocation_list_does_not_replace_a_newer_one(own: Path) -> None:
    ca, bureau = load_training_ca(own), x509.load_pem_x509_certificate((own / "bureau" / "opening.crt").read_bytes())
    newer, older = training_ca.revoke(ca, [bureau], now=SOON), training_ca.revoke(ca, [], now=NOW)
    install_revocations(own, newer)
    with pytest.raises(RenewalError, match="older"):
        install_revocations(own, older)


class _Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize("die_at", range(12))
def test_killed_at_any_step_of_the_swap_the_station_has_one_whole_pair(
    own: Path, use: Use, die_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each rename, link and fsync of the swap is a place to die; what is loaded afterwards is the old pair or the new one."""
    old, new = Slot(own / "station", use).certificate.read_bytes(), issued(own, ask(own / "station", use))
    steps = iter(range(100))

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object, **named: object) -> object:
            if next(steps) == die_at:
                raise _Killed
            return real(*arguments, **named)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dying(Path.replace))
        patched.setattr(Path, "unlink", dying(Path.unlink))
        patched.setattr(os, "fsync", dying(os.fsync))
        with contextlib.suppress(_Killed):
            install_certificate(own, new, SOON)
    slots.finish_all(own / "station")
    slot = Slot(own / "station", use)
    certificate = slot.certificate.read_bytes()
    assert certificate in (old, new)
    assert load_pem_private_key(slot.key.read_bytes(), None).public_key() == x509.load_pem_x509_certificate(certificate).public_key()
    StationKeys.load(own, environment=Environment.TRAINING)
    if certificate == old:
        assert install_certificate(own, new, SOON) == use


def test_a_late_reply_opens_with_the_retired_key(own: Path, instance: Instance) -> None:
    (old,) = instance.station.openers
    reply = seal(CONTENT, instance.routing(MessageKind.REPLY), signer=instance.bureau.signer, recipient=old.certificate, now=NOW)
    install_certificate(own, issued(own, ask(own / "station", Use.OPENING)), SOON)
    keys = StationKeys.load(own, environment=Environment.TRAINING)
    assert len(keys.openers) == 2
    assert keys.openers[0].certificate != old.certificate
    opened = open_envelope(reply.data, openers=keys.openers, trust=keys.ca, expect=keys.environment, now=SOON)
    assert opened.facts.ok
    assert opened.content == CONTENT


def test_a_running_core_takes_the_new_keys_without_a_restart(own: Path) -> None:
    ring = KeyRing(own, Environment.TRAINING)
    assert ring.look() is False
    new = issued(own, ask(own / "station", Use.SIGNING))
    assert ring.look() is False
    install_certificate(own, new, SOON)
    assert ring.look() is True
    assert ring.signer.certificate == x509.load_pem_x509_certificate(new)
    assert ring.look() is False


def test_damaged_files_leave_the_keys_in_force_and_say_so(own: Path) -> None:
    ring = KeyRing(own, Environment.TRAINING)
    before = ring.now
    whole = (own / "station" / "signing.crt").read_bytes()
    (own / "station" / "signing.crt").write_bytes(b"damaged")
    assert ring.look() is False
    assert ring.now is before
    assert ring.complaint is not None
    assert "signing.crt" in ring.complaint
    (own / "station" / "signing.crt").write_bytes(whole)
    assert ring.look() is True
    assert ring.complaint is None


def test_a_new_certificate_of_the_bureau_is_what_is_sealed_to_next(own: Path) -> None:
    ring = KeyRing(own, Environment.TRAINING)
    made = training_ca.issue(load_training_ca(own), "SIB-TRAINING", training_ca.Role.BUREAU, PURPOSE[Use.OPENING], now=SOON)
    assert install_certificate(own, made.certificate.public_bytes(Encoding.DER), SOON) == "bureau opening"
    assert ring.look()
    assert ring.bureau == made.certificate


def test_another_bureaus_certificate_is_not_sealed_to(own: Path) -> None:
    made = training_ca.issue(load_training_ca(own), "SIB-OTHER", training_ca.Role.BUREAU, PURPOSE[Use.OPENING], now=SOON)
    with pytest.raises(RenewalError, match="another bureau"):
        install_certificate(own, made.certificate.public_bytes(Encoding.DER), SOON)


def test_the_screen_says_where_each_key_is_and_what_is_to_be_done(own: Path) -> None:
    rows = {row.use: row for row in inventory(own, NOW)}
    assert [(rows[use].kept, rows[use].kind, rows[use].state) for use in Use] == [("file", "P-256", KeyState.IN_DATE)] * 3
    assert warnings(tuple(rows.values())) == ()


def test_a_month_before_its_end_and_after_it_a_certificate_says_what_to_do(own: Path) -> None:
    month = {row.use: row for row in inventory(own, NOW + timedelta(days=340))}
    assert month["tls"].state is KeyState.RENEW
    after = {row.use: row for row in inventory(own, NOW + timedelta(days=400))}
    assert after["tls"].words == (
        "This certificate ended on 2027-11-24. The broker refuses the connection: nothing is sent or received, nothing is lost, everything "
        "goes out once it is renewed. Run: livescan keys request tls, carry the request to the authority, then: livescan keys install FILE."
    )
    ask(own / "station", Use.TLS)
    asked = {row.use: row for row in inventory(own, NOW + timedelta(days=400))}
    assert asked["tls"].words.endswith("A request waits: carry it to the authority.")


def test_a_key_that_is_a_systemd_credential_is_used_and_shown_as_one(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_by_systemd = tmp_path / "credentials"
    given_by_systemd.mkdir(mode=0o700)
    key = own / "station" / "signing.key"
    (given_by_systemd / "livescan.signing").write_bytes(key.read_bytes())
    (given_by_systemd / "livescan.signing").chmod(0o400)
    key.write_text("credential:livescan.signing\n")
    with pytest.raises(LivescanError, match="systemd gave none"):
        StationKeys.load(own, environment=Environment.TRAINING)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given_by_systemd))
    keys = StationKeys.load(own, environment=Environment.TRAINING)
    assert keys.signer.kept == "systemd credential"
    assert load(own).open(load(own).seal().data).facts.ok
    with pytest.raises(RenewalError, match="only the administrator"):
        ask(own / "station", Use.SIGNING)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_one_error(data: bytes) -> None:
    with pytest.raises(RenewalError, match="no certificate"):
        read_certificate(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_one_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="request"):
        read_request(data)


def test_a_request_with_a_flipped_bit_is_no_request(own: Path) -> None:
    whole = bytearray(ask(own / "station", Use.SIGNING).der)
    for place in range(0, len(whole), 5):
        whole[place] ^= 1
        with pytest.raises(ValueError, match="request"):
            read_request(bytes(whole))
        whole[place] ^= 1


def test_a_key_folder_that_cannot_be_written_stops_nothing_and_is_said_once(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    (own / "station" / "next").write_text("in the way of the folder")
    core = Enrolling(own, SetClock(SOON), timedelta(days=400))
    for _ in range(3):
        assert core.ask_for_due() == ()
    assert core.requests() == ()
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["keys", "keys"]  # one for each of the core's two keys
