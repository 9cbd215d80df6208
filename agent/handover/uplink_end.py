"""The uplink's end of the handover: it dials, and dials again. docs/handover.md."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from agent.errors import LivescanError
from agent.handover.errors import FrameError, HandoverError
from agent.handover.frames import (
    Answer,
    Certificate,
    CertificateRequest,
    CertificateTaken,
    Command,
    EnvelopeFrame,
    Have,
    Inbound,
    InboundTaken,
    Message,
    Offer,
    Progress,
    ProgressTaken,
    Queue,
    QueueAsked,
    Refuse,
    Release,
    Released,
    ReloadAsked,
    Report,
    Revocations,
    RevocationsTaken,
    Stage,
    TryAgain,
    Want,
)
from agent.handover.queue_facts import QueueFacts, encode_queue
from agent.handover.wire import READ_AHEAD, Wire

log = logging.getLogger(__name__)

DIAL_FIRST = 0.1  # s; the core may be starting beside us
DIAL_MAX = 2.0  # s


class OutboundKeeper(Protocol):
    """The uplink's outbox, as far as the handover needs it. Everything may be called again for one txid."""

    async def kept(self, txid: str) -> datetime | None:
        """When it was queued, if row and payload are both on the disk and it is not held for want of its payload; else None."""
        ...

    async def keep(self, txid: str, station: str, priority: int, data: bytes) -> datetime:
        """Payload and row are on the disk when it returns. Raises LivescanError when the disk has no room."""
        ...

    async def release(self, txid: str) -> None:
        """Recorded, and the payload is gone, when it returns; an unknown txid is fine."""
        ...

    async def prioritise(self, txid: str, priority: int) -> bool:
        """Of one that is kept; 0 .. 9, 0 first. Whether that is another than before."""
        ...

    async def try_again(self, txid: str) -> bool:
        """A person says so: it is no longer held. False when its payload is missing. An unknown txid is fine."""
        ...

    async def news(self) -> Sequence[Progress]:
        """What the core has not yet confirmed to know."""
        ...

    async def told(self, txid: str, stage: Stage) -> None: ...


class InboundKeeper(Protocol):
    async def waiting(self) -> Sequence[str]:
        """The rids that the core has not yet confirmed, oldest first."""
        ...

    async def load(self, rid: str) -> bytes | None: ...

    async def handed(self, rid: str) -> None: ...


class AuthorityKeeper(Protocol):
    """The uplink's way to the authority. Nothing of it is on disk: what is lost is asked for again."""

    def asked(self, use: str, sha256: str, request: bytes) -> None:
        """The core waits for a certificate. May be told again."""
        ...

    def news(self) -> Sequence[Certificate | Revocations]:
        """What the authority answered and the core has not yet taken."""
        ...

    def told(self, sha256: str, why: str) -> None:
        """The core has taken it, or refused it and says why."""
        ...


class QueueKeeper(Protocol):
    """What the uplink's queue is told by a person, and tells one."""

    async def queue(self) -> QueueFacts: ...

    def sooner(self, txid: str) -> None:
        """Its priority has changed, or it is to be tried now."""
        ...


class AfarKeeper(Protocol):
    """What the station tells whoever administers it. Opaque: the core signs it."""

    def report(self, signed: bytes) -> None:
        """The newest report; may be told again."""
        ...

    def answer(self, command: str, signed: bytes) -> None: ...

    def reload(self) -> None:
        """Take up the settings."""
        ...


class UplinkEnd:
    """`on_kept(txid)`, `on_released(txid)` and `on_handed(rid)` are called in the loop, after the commit."""

    def __init__(
        self,
        path: Path,
        *,
        outbound: OutboundKeeper,
        inbound: InboundKeeper,
        on_kept: Callable[[str], None],
        on_released: Callable[[str], None],
        on_handed: Callable[[str], None] = lambda _rid: None,
        authority: AuthorityKeeper | None = None,
        queue: QueueKeeper | None = None,
        afar: AfarKeeper | None = None,
    ) -> None:
        self._authority = authority
        self._queue = queue
        self._afar = afar
        self._on_handed = on_handed
        self._path = path
        self._outbound = outbound
        self._inbound = inbound
        self._on_kept = on_kept
        self._on_released = on_released
        self._session: _Session | None = None
        self._complaint = ""  # the last one in the log

    @property
    def connected(self) -> bool:
        """To the core."""
        return self._session is not None

    def wake(self) -> None:
        """There is something to tell the core: progress, or bytes from the bureau."""
        if self._session is not None:
            self._session.wake.set()

    def want(self, txid: str) -> None:
        """The payload of `txid` is damaged or gone: ask the core for it, if it is there; else its next connection begins with an offer."""
        if self._session is not None:
            self._session.wire.say(Want(txid))

    def command(self, number: str, body: bytes) -> None:
        """Somebody asks something of this station. Without the core it is dropped: who asked asks again."""
        if self._session is not None:
            self._session.wire.say(Command(number, body))

    async def run(self) -> None:
        """Dial until cancelled; what breaks one connection is logged in one line and the next begins after a pause."""
        pause = DIAL_FIRST
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._connection()
            except (LivescanError, OSError) as error:
                self._complain(str(error))
            if loop.time() - began > DIAL_MAX:  # it worked for a while
                pause = DIAL_FIRST
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311  spreads dials, protects nothing
            pause = min(2 * pause, DIAL_MAX)

    def _complain(self, why: str) -> None:
        """A core that is down for an hour is one line in the log."""
        log.log(logging.DEBUG if why == self._complaint else logging.WARNING, "handover: no connection to the core: %s", why)
        self._complaint = why

    async def _connection(self) -> None:
        """One connection, until the core closes it."""
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=READ_AHEAD)
        session = _Session(
            Wire(reader, writer),
            outbound=self._outbound,
            inbound=self._inbound,
            on_kept=self._on_kept,
            on_released=self._on_released,
            on_handed=self._on_handed,
            authority=self._authority,
            queue=self._queue,
            afar=self._afar,
        )
        try:
            await session.wire.greet("uplink", "core")
            log.info("handover: connected to the core")
            self._complaint = ""
            self._session = session
            await session.run()
            log.info("handover: the core has closed the connection")
        finally:
            self._session = None
            await session.wire.close()


BRING_AGAIN = 900.0  # s without news until what the core has not taken is brought again


class _Session:
    def __init__(
        self,
        wire: Wire,
        *,
        outbound: OutboundKeeper,
        inbound: InboundKeeper,
        on_kept: Callable[[str], None],
        on_released: Callable[[str], None],
        on_handed: Callable[[str], None],
        authority: AuthorityKeeper | None,
        queue: QueueKeeper | None,
        afar: AfarKeeper | None,
    ) -> None:
        self._authority = authority
        self._queue = queue
        self._afar = afar
        self._shown: set[Certificate | Revocations] = set()
        self._on_handed = on_handed
        self.wire = wire
        self.wake = asyncio.Event()
        self._outbound = outbound
        self._inbound = inbound
        self._on_kept = on_kept
        self._on_released = on_released
        self._told: set[Progress] = set()
        self._brought: set[str] = set()

    async def run(self) -> None:
        tasks = [
            asyncio.create_task(self._hear_forever()),
            asyncio.create_task(self._tell_forever()),
            asyncio.create_task(self.wire.write_forever()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell_forever(self) -> None:
        while True:
            self.wake.clear()
            for progress in await self._outbound.news():
                if progress not in self._told:
                    self._told.add(progress)
                    self.wire.say(progress)
            for rid in await self._inbound.waiting():
                if rid not in self._brought:
                    self._brought.add(rid)
                    self._bring(rid)
            for answer in self._authority.news() if self._authority else ():
                if answer not in self._shown:
                    self._shown.add(answer)
                    self.wire.say(answer)
            try:
                async with asyncio.timeout(BRING_AGAIN):
                    await self.wake.wait()
            except TimeoutError:
                self._brought.clear()  # the core may have made place for what it did not take

    def _bring(self, rid: str) -> None:
        async def inbound() -> Message | None:
            data = await self._inbound.load(rid)
            return None if data is None else Inbound(rid, data)

        self.wire.say(inbound)

    async def _hear_forever(self) -> None:
        while (message := await self.wire.receive()) is not None:
            await self._hear(message)

    async def _hear(self, message: Message) -> None:
        match message:
            case Offer(txid, _, priority):
                await self._offered(txid, priority)
            case EnvelopeFrame():
                await self._keep(message)
            case Release(txid):
                await self._outbound.release(txid)
                self.wire.say(Released(txid))
                self._on_released(txid)
            case ProgressTaken(txid, stage):
                await self._outbound.told(txid, stage)
                self._told = {told for told in self._told if (told.txid, told.stage) != (txid, stage)}
            case InboundTaken(rid):
                await self._inbound.handed(rid)
                self._brought.discard(rid)
                self._on_handed(rid)
            case CertificateRequest():
                self._asked_for_certificate(message)
            case CertificateTaken(sha256, why) | RevocationsTaken(sha256, why) if self._authority is not None:
                self._authority.told(sha256, why)
            case QueueAsked(number) if self._queue is not None:
                self.wire.say(Queue(number, encode_queue(await self._queue.queue())))
            case QueueAsked():
                log.warning("handover: the core asks how the queue stands, and nobody here knows")
            case TryAgain(txid):
                await self._try_again(txid)
            case Report() | Answer() | ReloadAsked() if self._afar is not None:
                self._tell(message, self._afar)
            case _:
                raise FrameError("The core sent a message that only an uplink sends.")

    def _asked_for_certificate(self, message: CertificateRequest) -> None:
        if self._authority is None:
            log.warning("handover: the core asks for a certificate, and this uplink knows no authority")
            return
        self._authority.asked(message.use, message.sha256, message.body)

    def _tell(self, message: Report | Answer | ReloadAsked, afar: AfarKeeper) -> None:
        match message:
            case Report(body):
                afar.report(body)
            case Answer(command, body):
                afar.answer(command, body)
            case ReloadAsked():
                afar.reload()

    async def _offered(self, txid: str, priority: int) -> None:
        queued_at = await self._outbound.kept(txid)
        if queued_at is None:
            self.wire.say(Want(txid))
            return
        if await self._outbound.prioritise(txid, priority):
            self._sooner(txid)
        self.wire.say(Have(txid, queued_at))

    async def _try_again(self, txid: str) -> None:
        if not await self._outbound.try_again(txid):
            self.wire.say(Want(txid))
        self._sooner(txid)
        self.wake.set()  # it is queued again

    def _sooner(self, txid: str) -> None:
        if self._queue is not None:
            self._queue.sooner(txid)

    async def _keep(self, envelope: EnvelopeFrame) -> None:
        """The acknowledgement goes out only after the commit, and before the courier may report anything later about it."""
        try:
            _check(envelope)
            queued_at = await self._outbound.keep(envelope.txid, envelope.station, envelope.priority, envelope.body)
        except LivescanError as error:
            log.error("handover: %s cannot be kept: %s", envelope.txid, error)
            self.wire.say(Refuse(envelope.txid, re.sub(r"[^ -~]", "?", error.what)[:300]))
            return
        self.wire.say(Have(envelope.txid, queued_at))
        self._on_kept(envelope.txid)


def _check(envelope: EnvelopeFrame) -> None:
    if hashlib.sha256(envelope.body).hexdigest() != envelope.txid:
        raise HandoverError("The bytes have another SHA-256 than announced.", means="They were not taken.", do="Check the core's disk.")
