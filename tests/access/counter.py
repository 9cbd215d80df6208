"""A sign-in counter with officers at it, a clock that is moved, and what was recorded."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from agent.access.breached import BreachedList
from agent.access.desk import AccessDesk, Enrolment, Proof
from agent.access.passwords import Kept
from agent.access.roles import Role
from agent.access.store import AccessStore
from agent.audit.entries import Entry
from agent.clock import SetClock

ORIGIN = "http://localhost:8440"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PASSWORD = "a quiet night at the counter"
STORAGE_KEY = bytes(range(32))


class Counter:
    def __init__(self, folder: Path, kept: Kept = Kept.ARGON2ID) -> None:
        self.clock = SetClock(NOON)
        self.noted: list[Entry] = []
        self.store = AccessStore(folder / "access", STORAGE_KEY)
        self.desk = AccessDesk(self.store, self.clock, note=self.noted.append, origin=ORIGIN, kept=kept, breached=BreachedList())
        self.secrets: dict[str, str] = {}

    def officer(self, name: str, *roles: Role) -> str:
        """One who has changed the first password already; their id."""
        made = self.desk.add(name, roles, by="service", door="socket")
        self.learn(made)
        self.desk.change_password(name, made.password, PASSWORD, "page")
        return name

    def learn(self, made: Enrolment) -> None:
        self.secrets[made.officer] = parse_qs(urlsplit(made.uri).query)["secret"][0]

    def code(self, name: str) -> str:
        """What the telephone shows: an independent RFC 6238."""
        secret = base64.b32decode(self.secrets[name] + "=" * (-len(self.secrets[name]) % 8))
        digest = hmac.new(secret, (int(self.clock.now().timestamp()) // 30).to_bytes(8, "big"), hashlib.sha1).digest()
        at = digest[-1] & 15
        return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"

    def proof(self, name: str, **changed: str) -> Proof:
        said = {"password": PASSWORD, "code": self.code(name), **changed}
        return Proof(name, said["password"], said["code"])

    def sign_in(self, name: str) -> str:
        """The token. A code counts once, so the clock goes on."""
        self.later(seconds=31)
        return self.desk.sign_in(self.proof(name), notice=True, door="socket")

    def later(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def events(self) -> list[str]:
        return [entry.event.value for entry in self.noted]
