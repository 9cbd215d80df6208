"""The core's end of the handover: it listens, and one uplink dials. docs/handover.md.

The core is the truth: on every connection it offers whatever has no verified receipt, so that an uplink that lost its disk loses nothing.
An uplink that has the bytes already answers with one short message.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from agent.errors import LivescanError, NotTaken
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
from agent.handover.queue_facts import QueueFacts, decode_queue
from agent.handover.wire import READ_AHEAD, Wire
from agent.sockets import listen_private

log = logging.getLogger(__name__)

OFFER_AGAIN = 15.0  # s; after the uplink had no room
QUEUE_WITHIN = 3.0  # s; for the uplink's account of its queue


@dataclass(frozen=True, slots=True)
class HandoverItem:
    txid: str  # SHA-256 of the sealed bytes, lower-case hex
    station: str
    priority: int = 5  # 0 .. 9, 0 first


class EnvelopeSource(Protocol):
    """The envelopes of the core. `pending`, `load` and `released` are called from worker threads; everything may be called again for one
    txid.
    """

    def pending(self) -> Sequence[HandoverItem]:
        """Every envelope without a verified receipt, whether it was handed over before or not, oldest first."""
        ...

    def load(self, txid: str) -> bytes: ...

    async def handed_over(self, txid: str, queued_at: datetime) -> None:
        """The uplink has it on its disk; it has committed before it said so."""
        ...

    def released(self) -> Sequence[str]:
        """Envelopes with a verified receipt of which the uplink has not confirmed that it dropped the payload."""
        ...

    async def release_acknowledged(self, txid: str) -> None: ...


class InboundSink(Protocol):
    async def progress(self, txid: str, stage: Stage, at: datetime) -> None:
        """An envelope has come this far; may be told again after a restart. Stage is a str: "queued", "sent" or "held"."""
        ...

    async def inbound(self, rid: str, data: bytes) -> None:
        """Sealed bytes from the bureau. Must have committed them when it returns: only then is the uplink told to forget them."""
        ...


class Asked(Protocol):
    """A request that waits for its certificate."""

    @property
    def use(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def der(self) -> bytes: ...


class TrustDesk(Protocol):
    """What the core asks the authority for, and takes from it. Called from worker threads; everything may be called again."""

    def requests(self) -> Sequence[Asked]:
        """Every request that waits for its certificate."""
        ...

    def certificate(self, use: str, data: bytes) -> str:
        """Checked and in use, or why not in one sentence; "" when it is in use."""
        ...

    def revocations(self, data: bytes) -> str: ...


OnCommand = Callable[[str, bytes], None]  # number and bytes of what an administrator asks, believed in nothing; must return at once


class CoreEnd:
    """Listens on `path_or_socket` (a path is bound with mode 0600; a socket comes from systemd and is already listening)."""

    def __init__(
        self, path_or_socket: Path | socket.socket, *, source: EnvelopeSource, sink: InboundSink, trust: TrustDesk | None = None
    ) -> None:
        self.on_command: OnCommand | None = None  # None: what is asked from afar is dropped
        self._report = b""  # the newest
        self._trust = trust
        self._where = path_or_socket
        self._source = source
        self._sink = sink
        self._server: asyncio.Server | None = None
        self._session: _Session | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self) -> None:
        """Raises HandoverError when the socket cannot be opened."""
        try:
            listening = self._where if isinstance(self._where, socket.socket) else listen_private(self._where)
            self._server = await asyncio.start_unix_server(self._connected, sock=listening, limit=READ_AHEAD)
        except OSError as error:
            raise HandoverError(
                f"The handover socket cannot be opened: {error.strerror or error}.",
                means="Bookings are kept, nothing is sent.",
                do="Check that no other core runs and that its directory exists and is writable.",
            ) from error

    async def close(self) -> None:
        self._closing = True
        if self._server is not None:
            self._server.close()
        for task in tuple(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        if isinstance(self._where, Path):
            self._where.unlink(missing_ok=True)

    @property
    def connected(self) -> bool:
        """An uplink is there now."""
        return self._session is not None

    def offer(self) -> None:
        """Wake: there is something to hand over. Loses nothing when no uplink is there: every connection begins with all offers."""
        if self._session is not None:
            self._session.wake.set()

    async def release(self, txid: str) -> None:
        """The bureau's receipt for `txid` is verified and recorded: tell the uplink now, if it is there; else on its next connection."""
        if self._session is not None:
            self._session.release(txid)

    def try_again(self, txid: str) -> None:
        """A person says so. Without an uplink nothing is lost: it begins with everything when it comes."""
        if self._session is not None:
            self._session.wire.say(TryAgain(txid))

    def report(self, signed: bytes) -> None:
        """How this station is: told to the uplink now and on each connection, until there is a newer one."""
        self._report = signed
        if self._session is not None:
            self._session.wire.say(Report(signed))

    def answer(self, command: str, signed: bytes) -> None:
        """To a command. Without an uplink it is not told: who asked asks again."""
        if self._session is not None:
            self._session.wire.say(Answer(command, signed))

    def reload(self) -> None:
        """The uplink is to take up the settings too, if it is there."""
        if self._session is not None:
            self._session.wire.say(ReloadAsked())

    async def queue(self) -> QueueFacts | None:
        """How the uplink's queue stands; None when no uplink is there, or it does not answer in time."""
        session = self._session
        if session is None:
            return None
        try:
            async with asyncio.timeout(QUEUE_WITHIN):
                facts: QueueFacts = await session.queue()
        except TimeoutError:
            return None
        return facts

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        session = _Session(Wire(reader, writer), self._source, self._sink, self._trust, self.on_command)
        try:
            await session.wire.greet("core", "uplink")
            await self._replace(session)
            if self._report:
                session.wire.say(Report(self._report))
            await session.run()
            log.info("handover: the uplink has closed the connection")
        except (LivescanError, OSError) as error:
            log.warning("handover: the connection ended: %s", error)
        except asyncio.CancelledError:
            if not self._closing:
                raise
        except Exception:  # a defect in the source or the sink must not end the core's loop; the uplink dials again
            log.exception("handover: the connection ended by a defect")
        finally:
            if self._session is session:
                self._session = None
            self._serving.discard(task)
            await session.wire.close()

    async def _replace(self, session: _Session) -> None:
        """There is one uplink; a second connection is the same one, restarted before the first was seen to end."""
        if self._session is not None:
            await self._session.wire.close()
        self._session = session
        log.info("handover: the uplink is connected")


class _Session:
    """One connection. What has been offered on it is remembered; nothing else is."""

    def __init__(
        self, wire: Wire, source: EnvelopeSource, sink: InboundSink, trust: TrustDesk | None, on_command: OnCommand | None
    ) -> None:
        self._on_command = on_command
        self._trust = trust
        self._asked: set[str] = set()
        self.wire = wire
        self.wake = asyncio.Event()
        self._source = source
        self._sink = sink
        self._offered: dict[str, HandoverItem] = {}
        self._queue_asked: dict[int, asyncio.Future[QueueFacts]] = {}
        self._asks = itertools.count()

    def release(self, txid: str) -> None:
        """What is offered after this is a new offer."""
        self._offered.pop(txid, None)
        self.wire.say(Release(txid))

    async def queue(self) -> QueueFacts:
        number = next(self._asks) % 2**31
        answer: asyncio.Future[QueueFacts] = asyncio.get_running_loop().create_future()
        self._queue_asked[number] = answer
        self.wire.say(QueueAsked(number))
        try:
            return await answer
        finally:
            del self._queue_asked[number]

    def _told_queue(self, number: int, body: bytes) -> None:
        facts = decode_queue(body)
        waiting = self._queue_asked.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(facts)

    async def run(self) -> None:
        """Until the other end closes; raises whatever ends it otherwise."""
        others = [asyncio.create_task(self._offer_forever()), asyncio.create_task(self.wire.write_forever())]
        hearing = asyncio.create_task(self._hear_forever())
        try:
            await asyncio.wait([hearing, *others], return_when=asyncio.FIRST_COMPLETED)
            for task in (hearing, *others):
                if task.done():
                    task.result()
        finally:
            for task in (hearing, *others):
                task.cancel()
            await asyncio.gather(hearing, *others, return_exceptions=True)

    async def _offer_forever(self) -> None:
        for txid in await asyncio.to_thread(self._source.released):
            self.wire.say(Release(txid))
        while True:
            self.wake.clear()
            for item in await asyncio.to_thread(self._source.pending):
                if self._offered.get(item.txid) != item:
                    self._offered[item.txid] = item
                    self.wire.say(Offer(item.txid, item.station, item.priority))
            await self._ask()
            await self.wake.wait()

    async def _ask(self) -> None:
        """Every request once a connection."""
        for request in await asyncio.to_thread(self._trust.requests) if self._trust else ():
            if request.sha256 not in self._asked:
                self._asked.add(request.sha256)
                self.wire.say(CertificateRequest(request.use, request.sha256, request.der))

    async def _hear_forever(self) -> None:
        while (message := await self.wire.receive()) is not None:
            await self._hear(message)

    async def _hear(self, message: Message) -> None:
        match message:
            case Want(txid):
                self._send(txid)
            case Have(txid, queued_at):
                await self._sink.progress(txid, Stage.QUEUED, queued_at)
                await self._source.handed_over(txid, queued_at)
            case Progress(txid, stage, at):
                await self._sink.progress(txid, stage, at)
                self.wire.say(ProgressTaken(txid, stage))
            case Inbound(rid, body):
                await self._inbound(rid, body)
            case Released(txid):
                await self._source.release_acknowledged(txid)
            case Certificate(use, sha256, body) if self._trust is not None:
                why = await asyncio.to_thread(self._trust.certificate, use, body)
                self.wire.say(CertificateTaken(sha256, _printable(why)))
            case Revocations(sha256, body) if self._trust is not None:
                self.wire.say(RevocationsTaken(sha256, _printable(await asyncio.to_thread(self._trust.revocations, body))))
            case Queue(number, body):
                self._told_queue(number, body)
            case Refuse(txid, why):
                self._refused(txid, why)
            case Command(command, body):
                self._commanded(command, body)
            case _:
                raise FrameError("The uplink sent a message that only a core sends.")

    async def _inbound(self, rid: str, body: bytes) -> None:
        """What is not taken is not acknowledged, and stays the uplink's."""
        try:
            await self._sink.inbound(rid, body)
        except NotTaken as error:
            log.error("handover: %s is not taken: %s", rid, error)
            return
        self.wire.say(InboundTaken(rid))

    def _commanded(self, command: str, body: bytes) -> None:
        if self._on_command is None:
            log.debug("handover: a command came, and this station takes none from afar")
            return
        self._on_command(command, body)

    def _send(self, txid: str) -> None:
        item = self._offered.get(txid)
        if item is None:
            log.warning("handover: the uplink asks for %s, which was not offered", txid)
            return

        async def envelope() -> Message | None:
            try:
                data = await asyncio.to_thread(self._source.load, item.txid)
            except (LivescanError, OSError) as error:  # one bad file must not keep the others from the uplink
                log.error("handover: %s cannot be handed over: %s", txid, error)
                return None
            return EnvelopeFrame(item.txid, item.station, item.priority, data)

        self.wire.say(envelope)

    def _refused(self, txid: str, why: str) -> None:
        log.error("handover: the uplink cannot take %s now: %s", txid, why)

        def again() -> None:
            self._offered.pop(txid, None)
            self.wake.set()

        asyncio.get_running_loop().call_later(OFFER_AGAIN, again)


def _printable(why: str) -> str:
    return re.sub(r"[^ -~]", "?", why)[:300]
