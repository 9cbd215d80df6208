"""Requests cross the handover to the authority, certificates come back the same way: a real EST server, both ends."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from agent.clock import SystemClock
from agent.delivery import enrolment as enrolling
from agent.delivery.authority import AuthorityError, Door, _seconds, reenroll
from agent.delivery.enrolment import Enrolment, EnrolmentSettings
from agent.delivery.mqtt import MqttSettings
from agent.delivery.tls import Tls
from agent.errors import ConfigError
from agent.handover.core_end import CoreEnd, HandoverItem
from agent.handover.frames import Progress, Stage
from agent.handover.uplink_end import UplinkEnd
from agent.model.messages import Environment
from agent.signing import training_ca
from agent.signing.enrol import Enrolling
from agent.signing.keys import init_training
from agent.signing.renewal import ask
from agent.signing.ring import KeyRing
from agent.signing.slots import Use
from agent.signing.training_keys import load_training_ca
from tests.delivery.est_server import Authority, authority


class Nothing:
    """A core and an uplink that have no envelopes."""

    def pending(self) -> Sequence[HandoverItem]:
        return ()

    def released(self) -> Sequence[str]:
        return ()

    async def news(self) -> Sequence[Progress]:
        return ()

    async def waiting(self) -> Sequence[str]:
        return ()

    async def progress(self, txid: str, stage: Stage, at: datetime) -> None: ...
    async def inbound(self, rid: str, data: bytes) -> None: ...


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    init_training(tmp_path / "keys", station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock())
    return tmp_path / "keys"


def link(keys: Path) -> MqttSettings:
    own = keys / "station"
    return MqttSettings("127.0.0.1", 1, "LS-0001", ca=keys / "ca" / "ca.crt", cert=own / "tls.crt", key=own / "tls.key")


@asynccontextmanager
async def station(keys: Path, settings: EnrolmentSettings, core: Enrolling | None = None) -> AsyncIterator[Enrolment]:
    """Both ends of the handover over a real socket, and the uplink's way to the authority."""
    nothing = Nothing()
    path = keys.parent / "h.sock"

    def wake() -> None:
        uplink.wake()

    end = CoreEnd(path, source=nothing, sink=nothing, trust=core or Enrolling(keys, SystemClock()))  # type: ignore[arg-type]
    carrier = Enrolment(settings, link(keys), SystemClock(), wake=wake)
    uplink = UplinkEnd(path, outbound=nothing, inbound=nothing, on_kept=print, on_released=print, authority=carrier)  # type: ignore[arg-type]
    await end.start()
    tasks = [asyncio.create_task(part) for part in (carrier.run(), uplink.run())]
    try:
        yield carrier
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await end.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("use", [Use.SIGNING, Use.OPENING])
def test_a_key_of_the_core_is_renewed_through_the_uplink_without_a_restart(keys: Path, use: Use) -> None:
    async def story(server: Authority) -> None:
        ring = KeyRing(keys, Environment.TRAINING)
        ask(keys / "station", use)
        async with station(keys, EnrolmentSettings(keys, est=server.est)):
            await until(ring.look)
        mine = ring.signer if use is Use.SIGNING else ring.openers[0]
        assert mine.certificate == server.issued[0]
        assert len(server.issued) == 1
        assert len(ring.openers) == (2 if use is Use.OPENING else 1)

    with authority(keys) as server:
        asyncio.run(story(server))


def test_an_authority_that_decides_later_is_asked_again_when_it_says(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolling, "RETRY_FIRST", 0.1)

    async def story(server: Authority) -> None:
        server.undecided = 2
        ring = KeyRing(keys, Environment.TRAINING)
        ask(keys / "station", Use.SIGNING)
        async with station(keys, EnrolmentSettings(keys, est=server.est)):
            await until(ring.look)
        assert (server.asked, len(server.issued)) == (3, 1)

    with authority(keys) as server:
        asyncio.run(story(server))


@pytest.mark.parametrize(("text", "seconds"), [("120", 120.0), ("", 0.0), ("Wed, 25 Nov 2026 07:28:00 GMT", 0.0), ("-1", 0.0)])
def test_when_to_ask_again_is_said_in_seconds(text: str, seconds: float) -> None:
    assert _seconds(text) == seconds


def test_the_uplinks_own_certificate_is_renewed_when_its_time_has_come(keys: Path) -> None:
    async def story(server: Authority) -> None:
        before = (keys / "station" / "tls.crt").read_bytes()
        async with station(keys, EnrolmentSettings(keys, est=server.est, renew_before=timedelta(days=400))):
            await until(lambda: (keys / "station" / "tls.crt").read_bytes() != before)
        assert x509.load_pem_x509_certificate((keys / "station" / "tls.crt").read_bytes()) == server.issued[0]
        Tls(link(keys), SystemClock())

    with authority(keys) as server:
        asyncio.run(story(server))


def test_a_revocation_list_reaches_the_core_and_is_in_force(keys: Path) -> None:
    async def story(server: Authority) -> None:
        ring = KeyRing(keys, Environment.TRAINING)
        server.crl = training_ca.revoke(load_training_ca(keys), [ring.bureau], now=datetime.now(UTC))
        async with station(keys, EnrolmentSettings(keys, crl=server.list_address)) as carrier:
            await until(lambda: ring.look() and ring.revocations)
            await until(lambda: not carrier.news())
        assert ring.revocations is not None
        assert ring.revocations.revoked_on(ring.bureau)

    with authority(keys) as server:
        asyncio.run(story(server))


def test_what_the_core_refuses_is_not_installed_and_asked_for_again(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An uplink that was taken over answers with a certificate of its own making."""
    foreign = training_ca.issue(
        training_ca.make_ca(datetime.now(UTC)), "LS-0001", training_ca.Role.STATION, training_ca.Purpose.SIGNING, now=datetime.now(UTC)
    )
    tried: list[bytes] = []

    def false(_est: Door, request: bytes, _context: object) -> bytes:
        tried.append(request)
        return foreign.certificate.public_bytes(training_ca.Encoding.DER)

    async def story() -> None:
        before = (keys / "station" / "signing.crt").read_bytes()
        ask(keys / "station", Use.SIGNING)
        async with station(keys, EnrolmentSettings(keys, est="https://127.0.0.1:1/est")):
            await until(lambda: len(tried) > 1)
        assert (keys / "station" / "signing.crt").read_bytes() == before

    monkeypatch.setattr(enrolling, "reenroll", false)
    monkeypatch.setattr(enrolling, "RETRY_MOST", 0.1)
    monkeypatch.setattr(enrolling, "RETRY_FIRST", 0.1)
    asyncio.run(story())


def test_another_stations_certificate_is_not_given_out(keys: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(keys, other)
    request = ask(other / "station", Use.SIGNING)
    second = training_ca.issue(
        load_training_ca(keys), "LS-0002", training_ca.Role.STATION, training_ca.Purpose.CLIENT, now=datetime.now(UTC)
    )
    from agent.signing.training_keys import write_pair

    write_pair(tmp_path / "second", "tls", second)
    shown = MqttSettings(
        "127.0.0.1", 1, "x", ca=keys / "ca" / "ca.crt", cert=tmp_path / "second" / "tls.crt", key=tmp_path / "second" / "tls.key"
    )
    with authority(keys) as server, pytest.raises(AuthorityError, match="answers 403"):
        reenroll(Door.parse(server.est), request.der, Tls(shown, SystemClock()).context)


def test_the_core_asks_by_itself_when_the_time_has_come(keys: Path) -> None:
    core = Enrolling(keys, SystemClock(), timedelta(days=400))
    assert core.ask_for_due() == (Use.SIGNING, Use.OPENING)
    assert core.ask_for_due() == ()
    assert [one.use for one in core.requests()] == [Use.SIGNING, Use.OPENING]


def test_without_an_address_nothing_is_asked_for_by_itself(keys: Path) -> None:
    assert Enrolling(keys, SystemClock(), None).ask_for_due() == ()


@pytest.mark.parametrize("url", ["", "ftp://x/y", "https://", "https://user@x/", "https://x:99999/", "https://x/#y"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(ConfigError, match="no address"):
        Door.parse(url)


def test_an_authority_that_is_not_there_is_one_sentence(keys: Path) -> None:
    with contextlib.suppress(OSError), pytest.raises(AuthorityError, match="cannot be reached"):
        reenroll(Door.parse("https://127.0.0.1:1/est"), b"x", Tls(link(keys), SystemClock()).context)
