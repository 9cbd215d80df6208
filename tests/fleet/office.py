"""A station's core as far as commands go: real keys, database and signatures; deeds that count how often they were done."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.audit.entries import Entry
from agent.clock import SetClock, SystemClock
from agent.commanded import CommandParts, Commands, Deed, Done
from agent.errors import LivescanError
from agent.fleet import book
from agent.fleet.asking import Administrator, judged, made
from agent.fleet.command import Answer, Command, Name, Outcome, encode
from agent.model.messages import Environment
from agent.signing.certificates import sha256
from agent.signing.keys import init_training
from agent.signing.private_keys import Signer
from agent.signing.ring import KeyRing
from agent.signing.statements import Kind, sign
from agent.signing.training_keys import add_administrator
from agent.store.database import Database


class Office:
    def __init__(self, folder: Path) -> None:
        self.clock = SetClock(datetime.now(UTC))
        init_training(folder / "keys", station="LS-0001", bureau="SIB", clock=SystemClock())
        self.admin, self.other = (self._administrator(folder, name) for name in ("ADMIN-1", "ADMIN-2"))
        self.keys = KeyRing(folder / "keys", Environment.TRAINING)
        self.database = Database(folder / "core.sqlite", (book.SCHEMA,))
        self.done: Counter[str] = Counter()
        self.noted: list[Entry] = []
        self.sent: list[tuple[str, bytes]] = []
        self.record_trouble = False

    def _administrator(self, folder: Path, name: str) -> Administrator:
        add_administrator(folder / "keys", name=name, into=folder / name, clock=SystemClock())
        return Administrator.load(folder / name)

    @property
    def fingerprint(self) -> str:
        return sha256(self.admin.signer.certificate).hex()

    def commands(self, *, heeds: frozenset[str] | None = None, **deeds: Deed) -> Commands:
        own = {name: self._deed(str(name)) for name in Name} | {Name(name): deed for name, deed in deeds.items()}
        parts = CommandParts(
            database=self.database, keys=self.keys, clock=self.clock, note=self._note, deeds=own,
            again={Name.RELOAD: self._deed("reloaded")},
            administrators=frozenset({self.fingerprint}) if heeds is None else heeds, answer=lambda *said: self.sent.append(said),
        )  # fmt: skip
        return Commands(parts)

    def _deed(self, name: str) -> Deed:
        async def deed(command: Command) -> Done:
            self.done[name] += 1
            return Done(Outcome.DONE, f"{name} is done.", {"minutes": command.minutes}, b"bundle" if name == "diagnostics" else b"")

        return deed

    async def _note(self, entry: Entry) -> None:
        if self.record_trouble:
            raise LivescanError("The audit record cannot be written.")
        self.noted.append(entry)

    def command(self, name: str = "health", **other: object) -> Command:
        plain = made("LS-0001", name, self.admin, self.clock.now(), holds=timedelta(minutes=10))
        return replace(plain, **other)  # type: ignore[arg-type]

    def signed(self, command: Command, signer: Signer | None = None, kind: Kind = Kind.COMMAND) -> bytes:
        return sign(encode(command), kind, signer or self.admin.signer, self.clock.now())

    def send(self, *messages: tuple[str, bytes], to: Commands | None = None) -> list[tuple[str, bytes]]:
        """What is answered until all of them were looked at."""
        before = len(self.sent)
        asyncio.run(self._sent(to or self.commands(), messages))
        return self.sent[before:]

    async def _sent(self, commands: Commands, messages: tuple[tuple[str, bytes], ...]) -> None:
        await commands.finish()
        for number, body in messages:
            commands.hear(number, body)
            await commands.next()

    def answer(self, command: Command, signer: Signer | None = None) -> Answer:
        ((number, data),) = self.send((command.number, self.signed(command, signer)))
        assert number == command.number
        return judged(data, command, self.admin, self.clock.now())
