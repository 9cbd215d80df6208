"""The uplink carries requests to the authority and its answers to the core, and has its own TLS key renewed.

For the core's keys it is a messenger. Its own it renews through `livescan keys`, as a person would: a process of its own once a year, so
that the uplink itself loads no cryptography. Nothing here is on disk; after a crash the core says its requests again.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from agent.clock import Clock
from agent.delivery.authority import AuthorityError, Door, NotYet, fetch_list, reenroll
from agent.delivery.certificate_facts import validity
from agent.delivery.mqtt_events import MqttSettings
from agent.delivery.tls import Tls
from agent.errors import LivescanError
from agent.handover.frames import Certificate, Revocations
from agent.log_events import LogEvent, about

log = logging.getLogger(__name__)

RETRY_FIRST, RETRY_MOST = 60.0, 3600.0  # s; with jitter
LIST_EVERY = 24 * 3600.0  # s
LOOK_EVERY = 3600.0  # s between two looks at how long our own certificate lasts
CHILD_DEADLINE = 60.0  # s


@dataclass(frozen=True)
class EnrolmentSettings:
    keys: Path  # the key folder
    est: str = ""  # address, or "": requests are carried by hand
    crl: str = ""  # address, or ""
    renew_before: timedelta = timedelta(days=30)

    @property
    def doors(self) -> tuple[Door, ...]:
        """Raises ConfigError for what is no address."""
        return tuple(Door.parse(url) for url in (self.est, self.crl) if url)


@dataclass
class _Asked:
    use: str
    request: bytes = field(repr=False)
    answer: Certificate | None = None
    pause: float = RETRY_FIRST


class Enrolment:
    """Fulfils `handover.uplink_end.AuthorityKeeper`. wake: there is news for the core."""

    def __init__(self, settings: EnrolmentSettings, mqtt: MqttSettings, clock: Clock, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._est = Door.parse(settings.est) if settings.est else None
        self._crl = Door.parse(settings.crl) if settings.crl else None
        self._tls = Tls(mqtt, clock) if mqtt.ca is not None else None
        self._own = mqtt.cert
        self._clock = clock
        self._wake = wake
        self._asked: dict[str, _Asked] = {}  # by SHA-256 of the request
        self._list: Revocations | None = None
        self._changed = asyncio.Event()

    def asked(self, use: str, sha256: str, request: bytes) -> None:
        if sha256 not in self._asked:
            log.info("enrolment: the core asks for its next %s certificate", use)
            self._asked[sha256] = _Asked(use, request)
            self._changed.set()

    def news(self) -> Sequence[Certificate | Revocations]:
        answers = [one.answer for one in self._asked.values() if one.answer is not None]
        return [*answers, *([self._list] if self._list else [])]

    def told(self, sha256: str, why: str) -> None:
        """What was refused is asked for again after a while: the authority may have answered too early."""
        if why:
            log.error("enrolment: the core refuses what the authority sent: %s", why)
        if self._list is not None and self._list.sha256 == sha256:
            self._list = None
        elif not why:
            self._asked.pop(sha256, None)
        elif sha256 in self._asked:
            self._asked[sha256].answer = None

    async def run(self) -> None:
        """Until cancelled."""
        parts = [asyncio.create_task(part) for part in (self._carry_forever(), self._list_forever(), self._renew_forever())]
        try:
            await asyncio.gather(*parts)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def _carry_forever(self) -> None:
        while True:
            self._changed.clear()
            waiting = [(sha256, one) for sha256, one in self._asked.items() if one.answer is None]
            for sha256, one in waiting if self._est else ():
                await self._carry(sha256, one)
            try:
                async with asyncio.timeout(_jittered(min((one.pause for _, one in waiting), default=RETRY_MOST))):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _carry(self, sha256: str, one: _Asked) -> None:
        try:
            body = await asyncio.to_thread(self._reenroll, one.request)
        except LivescanError as error:
            log.warning("enrolment: no %s certificate yet: %s", one.use, error, extra=about(LogEvent.CERTIFICATE_DUE))
            wanted = error.after if isinstance(error, NotYet) else 2 * one.pause
            one.pause = min(max(wanted, RETRY_FIRST), RETRY_MOST)
            return
        one.answer, one.pause = Certificate(one.use, sha256, body), RETRY_FIRST
        self._wake()

    def _reenroll(self, request: bytes) -> bytes:
        if self._est is None or self._tls is None:
            raise AuthorityError("No EST server is in the settings.")
        return reenroll(self._est, request, self._tls.context)

    async def _list_forever(self) -> None:
        pause = RETRY_FIRST
        while self._crl is not None and self._tls is not None:
            try:
                body = await asyncio.to_thread(fetch_list, self._crl, self._tls.context)
                self._list = Revocations(hashlib.sha256(body).hexdigest(), body)
                self._wake()
                pause = LIST_EVERY
            except LivescanError as error:
                log.warning("enrolment: no revocation list: %s", error)
                pause = min(2 * pause, RETRY_MOST)
            await asyncio.sleep(_jittered(pause))

    async def _renew_forever(self) -> None:
        """Our own TLS certificate."""
        while self._est is not None and self._own is not None:
            pause = LOOK_EVERY
            try:
                if validity(self._own.read_bytes()).ends - self._clock.now() < self._settings.renew_before:
                    await self._renew_own()
            except (LivescanError, OSError, ValueError) as error:
                log.error("enrolment: this station's TLS certificate could not be renewed: %s", error)
                pause = RETRY_MOST
            await asyncio.sleep(_jittered(pause))

    async def _renew_own(self) -> None:
        with tempfile.TemporaryDirectory(prefix="livescan-renew-") as name:
            request, answer = Path(name) / "tls.csr", Path(name) / "tls.p7"
            await _keys("request", "tls", "--out", str(request), "--dir", str(self._settings.keys))
            answer.write_bytes(await asyncio.to_thread(self._reenroll, _from_pem(request.read_text())))
            await _keys("install", str(answer), "--use", "tls", "--dir", str(self._settings.keys))
        log.info("enrolment: this station's TLS certificate is renewed")


async def _keys(*arguments: str) -> None:
    """`livescan keys …`. Raises AuthorityError with what it said."""
    command = [sys.executable, "-m", "agent.cli", "keys", *arguments]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(CHILD_DEADLINE):
            _, said = await child.communicate()
    except TimeoutError:
        raise AuthorityError("livescan keys did not end.") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise AuthorityError(said.decode("utf-8", "replace").strip()[-300:])


def _from_pem(text: str) -> bytes:
    lines = [line for line in text.splitlines() if line and not line.startswith("-----")]
    return base64.b64decode("".join(lines))


def _jittered(pause: float) -> float:
    return pause * random.uniform(0.75, 1.25)  # noqa: S311  spreads stations, protects nothing
