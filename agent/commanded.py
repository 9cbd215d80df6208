"""Commands from afar, judged and carried out by the core. The uplink brings bytes and is not believed. docs/fleet.md.

    bytes ─▶ nobody's signature that the settings name       dropped, one line a minute in the log
          ─▶ another station's, expired, unknown, …           refused in words, on record once
          ─▶ a number that was taken before                   the same answer again; nothing is done
          ─▶ else                                             its number on the disk, then on the audit record, then done, then answered

One at a time, in the order in which they came. Whatever kills the core between taken and answered, the next start finishes: each deed may
be done twice without harm (a reload is only looked at, since a reload is what begins the core again).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from agent.audit.entries import Entry, Event
from agent.audit.entries import Outcome as Recorded
from agent.clock import Clock
from agent.errors import LivescanError
from agent.fleet import book
from agent.fleet.book import Taken
from agent.fleet.command import BUNDLE_LIMIT, Answer, Command, Name, Outcome, encode_answer, parse, refusal
from agent.log_events import LogEvent, about
from agent.signing import certificates
from agent.signing.certificates import Purpose, Role
from agent.signing.ring import KeyRing
from agent.signing.seal import encrypt
from agent.signing.statements import Kind, Said, read, sign
from agent.store.database import Database

log = logging.getLogger(__name__)

MOST_WAITING = 8  # commands; what is more is dropped, and asked again by who asks
DEADLINE = 120.0  # s for one deed
_COMPLAIN_EVERY = 60.0  # s
_RECORDED = {Outcome.DONE: Recorded.DONE, Outcome.REFUSED: Recorded.DENIED, Outcome.FAILED: Recorded.FAILED}


@dataclass(frozen=True)
class Done:
    """What became of it."""

    outcome: Outcome
    words: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    bundle: bytes = field(default=b"", repr=False)


Deed = Callable[[Command], Awaitable[Done]]


@dataclass(frozen=True)
class CommandParts:
    database: Database
    keys: KeyRing
    clock: Clock
    note: Callable[[Entry], Awaitable[None]]  # on the audit record when it returns
    administrators: frozenset[str]  # SHA-256 of signing certificates, hex; empty: nobody
    deeds: Mapping[Name, Deed]
    again: Mapping[Name, Deed]  # for what was begun before a restart, where that is not the same
    answer: Callable[[str, bytes], None]  # number and signed bytes


class Commands:
    def __init__(self, parts: CommandParts) -> None:
        self._of = parts
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(MOST_WAITING)
        self._complained = float("-inf")  # monotonic s
        self.words = ""  # the last one, for `systemctl status`

    def hear(self, number: str, body: bytes) -> None:
        """From the handover. Returns at once."""
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait((number, body))

    async def run(self) -> None:
        """For ever; cancel it to stop."""
        await self.finish()
        while True:
            await self.next()

    async def finish(self) -> None:
        """What was begun before this start."""
        for begun in await self._of.database.read(book.unanswered):
            await self._guarded(self._finish(begun))

    async def next(self) -> None:
        """Wait for one, and see to it."""
        number, body = await self._waiting.get()
        await self._guarded(self._judge(number, body))

    async def _guarded(self, step: Awaitable[None]) -> None:
        """One command that cannot be judged or answered keeps neither the next one nor the station from anything."""
        try:
            await step
        except (LivescanError, OSError, ValueError) as error:
            log.error("command: it could not be judged or answered: %s", error)

    async def _judge(self, number: str, body: bytes) -> None:
        said = self._believed(body)
        if said is None:
            return
        command = parse(said.content)
        if command is None or command.number != number:
            self._complain(f"{said.name} signed something that is no command of a version that is known here")
            return
        known = await self._of.database.read(lambda db: book.taken(db, number))
        if known is None:
            await self._take(command, said)
        elif known.answer and known.sha256 == _digest(said.content):
            self._of.answer(number, known.answer)
        else:
            self._complain("a number came again with other words, or after its answer was forgotten")

    def _believed(self, body: bytes) -> Said | None:
        """Signed by somebody whom the settings name, whose certificate holds at this moment."""
        of = self._of
        try:
            said = read(body, Kind.COMMAND, of.keys.ca, of.clock.now(), of.keys.revocations)
        except LivescanError as error:
            self._complain(error.what)
            return None
        if certificates.sha256(said.signer).hex() not in of.administrators:
            self._complain("its signer is nobody whom fleet.administrators names")
            return None
        if said.fault is not None:
            self._complain(said.fault)
            return None
        return said

    async def _take(self, command: Command, said: Said) -> None:
        of, now = self._of, self._of.clock.now()
        taken = Taken(command.number, _digest(said.content), command.name, said.name, said.content, now)
        await of.database.write(lambda db: book.take(db, taken))
        sentence = refusal(command, of.keys.station, now) or self._unfit(command, said.name)
        if sentence is not None:
            await self._settle(command, taken, Done(Outcome.REFUSED, sentence))
            return
        await self._carry_out(command, taken, of.deeds)

    def _unfit(self, command: Command, administrator: str) -> str | None:
        """Why the answer may not be sealed to the certificate that the command carries."""
        if not command.opening:
            return None
        try:
            opening = certificates.from_der(command.opening)
        except ValueError:
            return "Its opening certificate cannot be read."
        of = self._of
        whose = certificates.role(opening) == Role.ADMINISTRATOR and certificates.common_name(opening) == administrator
        sentence = certificates.distrust(opening, of.keys.ca) or certificates.unfit(opening, Purpose.OPENING)
        sentence = sentence or certificates.out_of_date(opening, of.clock.now())
        sentence = sentence or (of.keys.revocations.revoked_on(opening) if of.keys.revocations else None)
        return sentence or (None if whose else "Its opening certificate is another's.")

    async def _finish(self, begun: Taken) -> None:
        """What was begun when this station was stopped. A refusal that was not told is told now; nothing expires on the way."""
        command = parse(begun.asked)
        if command is None:
            return
        sentence = refusal(command, self._of.keys.station, begun.taken_at) or self._unfit(command, begun.administrator)
        if not self._of.administrators:
            sentence = "This station takes no commands from afar any more."
        if sentence is not None:
            await self._settle(command, begun, Done(Outcome.REFUSED, sentence))
            return
        await self._carry_out(command, begun, {**self._of.deeds, **self._of.again})

    async def _carry_out(self, command: Command, taken: Taken, deeds: Mapping[Name, Deed]) -> None:
        """On the audit record first: what cannot be recorded is not done."""
        try:
            await self._record(command, taken, "taken", Recorded.DONE)
        except LivescanError as error:
            await self._settle(command, taken, Done(Outcome.FAILED, f"Nothing was done, since it cannot be recorded. {error.what}"))
            return
        log.info("command: %s of %s is carried out", command.name, taken.administrator, extra=about(LogEvent.COMMANDED))
        await self._settle(command, taken, await _tried(deeds[Name(command.name)], command))

    async def _settle(self, command: Command, taken: Taken, done: Done) -> None:
        """Its answer on the disk, then on its way. One for another station is refused on record, and answered by nobody."""
        ours = command.station == self._of.keys.station
        answer = self._signed(command, done) if ours else b""
        await self._of.database.write(lambda db: book.answered(db, command.number, done.outcome, done.words, answer))
        with suppress(LivescanError):
            step = "answered" if done.outcome is Outcome.DONE else str(done.outcome)
            await self._record(command, taken, step, _RECORDED[done.outcome])
        name = command.name if command.name in tuple(Name) else "unknown"
        self.words = f"last command {name} of {taken.administrator}, {done.outcome}"
        log.warning("command: %s of %s: %s: %s", name, taken.administrator, done.outcome, done.words, extra=about(LogEvent.COMMANDED))
        if ours:
            self._of.answer(command.number, answer)

    def _signed(self, command: Command, done: Done) -> bytes:
        of, now = self._of, self._of.clock.now()
        told = Answer(of.keys.station, command.number, command.name, now, done.outcome, done.words, done.facts, done.bundle)
        signed = sign(encode_answer(told), Kind.ANSWER, of.keys.signer, now)
        sealable = command.opening and done.outcome is not Outcome.REFUSED
        return encrypt(signed, _certificate(command.opening)) if sealable else signed

    async def _record(self, command: Command, taken: Taken, step: str, outcome: Recorded) -> None:
        name = command.name if command.name in tuple(Name) else "unknown"
        facts = {"command": name, "step": step}
        await self._of.note(Entry(Event.COMMANDED, _id_of(taken.administrator), outcome=outcome, door="afar", facts=facts))

    def _complain(self, why: str) -> None:
        """One line a minute, however many come."""
        now = self._of.clock.monotonic()
        if now - self._complained >= _COMPLAIN_EVERY:
            self._complained = now
            log.warning("command: dropped: %s", why, extra=about(LogEvent.COMMAND_DROPPED))


async def _tried(deed: Deed, command: Command) -> Done:
    try:
        async with asyncio.timeout(DEADLINE):
            done = await deed(command)
    except TimeoutError:
        return Done(Outcome.FAILED, f"It was not done within {DEADLINE:.0f} s.")
    except (LivescanError, OSError) as error:
        return Done(Outcome.FAILED, str(error)[:500])
    if len(done.bundle) > BUNDLE_LIMIT:
        return Done(Outcome.FAILED, f"The bundle has {len(done.bundle):,} bytes and does not fit into a message: make it at the station.")
    return done


def _certificate(der: bytes) -> x509.Certificate:
    return certificates.from_der(der)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _id_of(name: str) -> str:
    """A common name as the audit record takes it."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "-" for sign in name)
    return plain[:40] or "administrator"
