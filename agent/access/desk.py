"""Signing in, staying in, going out; and the officers themselves. Every one of it is on the audit record before it has an effect.

A refusal does not say which of id, password and code was wrong, and takes as long for an id that there is not.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from agent.access import passwords, security_keys, totp
from agent.access.acts import Act
from agent.access.breached import BreachedList
from agent.access.challenges import Challenges
from agent.access.passwords import Kept
from agent.access.programs import Programs, is_programs
from agent.access.roles import PEOPLE, Right, Role, clash, may
from agent.access.security_keys import KeyRefused
from agent.access.states import INACTIVE, PASSWORD_LASTS, NoSuchMove, SessionEvent, SessionState, locks, move, passed
from agent.access.store import AccessStore, Officer, Session
from agent.audit.entries import Entry, Event, Outcome, Value
from agent.clock import Clock
from agent.errors import LivescanError

ISSUER = "livescan"
_TOKEN = 32  # bytes


class SignInRefused(LivescanError):
    """Nobody was signed in."""


class NotSignedIn(LivescanError):
    """No session, or one that has ended."""


class SessionLocked(LivescanError):
    """The session waits for its officer to prove again who they are."""


class NotAllowed(LivescanError):
    """The officer's roles do not have this right."""


@dataclass(frozen=True)
class Proof:
    """What somebody gives to prove who they are: a password, and one second factor."""

    officer: str
    password: str
    code: str = ""
    key: Mapping[str, Any] | None = None  # a security key's answer


@dataclass(frozen=True)
class Principal:
    """Who asks."""

    officer: str
    roles: frozenset[Role]
    must_change: bool = False  # the password, before anything else


@dataclass(frozen=True)
class Enrolment:
    """What a new officer is given, once: a first password, and the secret for their telephone."""

    officer: str
    password: str
    uri: str


class AccessDesk:
    """Blocking (password hashing takes a tenth of a second): call it from a worker thread."""

    def __init__(
        self, store: AccessStore, clock: Clock, *, note: Callable[[Entry], None], origin: str, kept: Kept, breached: BreachedList
    ) -> None:
        """note: to the audit record; raises AuditError. origin: of the page, for security keys."""
        self.breached = breached
        self._store = store
        self._clock = clock
        self._note = note
        self._origin = origin
        self._kept = kept
        self._nobody = passwords.keep(secrets.token_hex(16), kept)
        self.programs = Programs(store.database, clock, note)
        self._challenges = Challenges(clock)

    # Signing in

    def challenge(self, officer: str, password: str, door: str = "socket") -> dict[str, Any]:
        """For a security key, once the password is right. Raises SignInRefused."""
        found = self._known(officer, password, door)
        return self._key_options(found, self._challenges.new(f"in/{found.id}"))

    def sign_in(self, proof: Proof, *, notice: bool, door: str) -> str:
        """The session's token, which is nowhere kept. Raises SignInRefused."""
        if not notice:
            raise SignInRefused("The notice was not acknowledged.", means="Nobody was signed in.", do="Read it and acknowledge it (AC-8).")
        officer, factor = self._proved(proof, door)
        now, token = self._clock.now(), secrets.token_urlsafe(_TOKEN)
        self._note(Entry(Event.SIGNED_IN, officer.id, door=door, facts={"factor": factor}))
        self._store.open_session(Session(_digest(token), officer.id, now, now, SessionState.ACTIVE))
        return token

    def unlock(self, token: str, proof: Proof, door: str) -> None:
        """The same officer goes on in the same session. Raises SignInRefused, NotSignedIn."""
        session = self._session(token)
        if session.officer.lower() != proof.officer.lower():
            raise SignInRefused(
                "The session is another officer's.", means="It stays locked.", do="Sign in yourself; a capture goes on meanwhile."
            )
        officer, factor = self._proved(proof, door)
        self._note(Entry(Event.UNLOCKED, officer.id, door=door, facts={"factor": factor}))
        self._store.set_session(session.token_sha256, move(session.state, SessionEvent.PROVED), self._clock.now())

    def lock(self, token: str, door: str) -> None:
        self._move(self._session(token), SessionEvent.LOCKED, Event.LOCKED, door)

    def sign_out(self, token: str, door: str) -> None:
        self._move(self._session(token), SessionEvent.SIGNED_OUT, Event.SIGNED_OUT, door)

    def principal(self, token: str, *, acts: bool, door: str) -> Principal:
        """Who that is. acts: the officer did something, not the page by itself. Raises NotSignedIn, SessionLocked."""
        if is_programs(token):
            return self._program(token)
        session = self._session(token)
        if session.state is SessionState.LOCKED:
            raise SessionLocked("The session is locked.", means="A capture under way goes on.", do="Give password and code again.")
        officer = self._store.officer(session.officer)
        if officer is None or officer.disabled_at is not None:
            self._move(session, SessionEvent.DISABLED, Event.SIGNED_OUT, door)
            raise _not_signed_in()
        if acts:
            self._store.set_session(session.token_sha256, move(session.state, SessionEvent.ACTED), self._clock.now())
        return Principal(officer.id, officer.roles, self._stale(officer))

    def _program(self, token: str) -> Principal:
        found = self.programs.of(token)
        if found is None:
            raise NotSignedIn("That token opens nothing.", means="Nothing was done.", do="Ask an administrator: `livescan program add`.")
        return Principal(*found)

    def owner(self, token: str) -> str:
        """Whose session that is, locked or not. Raises NotSignedIn."""
        return self._session(token).officer

    def has_admin(self) -> bool:
        """Whether somebody can sign in who may add officers."""
        return any(may(one.roles, Right.OFFICERS) and not (one.disabled_at or one.locked_at) for one in self._store.officers())

    def vouch_challenge(self, act: Act, password: str, door: str) -> dict[str, Any]:
        """For the second officer's security key, once their password is right: it signs this act and no other.

        Raises SignInRefused, NotAllowed.
        """
        _another(act)
        found = _may_vouch(self._known(act.second, password, door))
        return self._key_options(found, self._challenges.new(_beside(found, act), act.digest))

    def vouch(self, proof: Proof, act: Act, door: str) -> str:
        """The id of a second officer, who proves here and now who they are, and agrees to that act. Nobody is signed in by it.

        Raises SignInRefused, NotAllowed; a wrong proof counts towards the lock.
        """
        _another(act)
        officer, factor = self._proved(proof, door, act)
        _may_vouch(officer)
        facts: dict[str, Value] = {"officer": act.first, "factor": factor, "fgp": act.fgp, "step": act.choice}
        self._note(Entry(Event.VOUCHED, officer.id, act.booking, door=door, facts=facts))
        return officer.id

    # One's own

    def change_password(self, officer: str, old: str, new: str, door: str) -> None:
        """Raises SignInRefused, PasswordRefused."""
        found = self._known(officer, old)
        if old == new:
            raise passwords.PasswordRefused("That is the old password.", do="Choose another.")
        passwords.check_choice(new, found.id, self.breached)
        self._note(Entry(Event.OFFICER_CHANGED, found.id, door=door, facts={"officer": found.id, "why": "password"}))
        self._store.set_password(found.id, passwords.keep(new, self._kept), self._clock.now())

    def keys_of(self, officer: str) -> int:
        """How many security keys are theirs."""
        return len(self._store.keys(officer))

    def key_options(self, officer: str) -> dict[str, Any]:
        """For a new security key."""
        challenge = self._challenges.new(f"new/{officer}")
        return security_keys.registration_options(self._origin, officer, challenge, self._store.keys(officer))

    def add_key(self, officer: str, answer: Mapping[str, Any], door: str) -> None:
        """Raises SignInRefused when it is not an answer to the last challenge, or the key of somebody already."""
        try:
            key = security_keys.register(self._origin, answer, self._challenges.take(f"new/{officer}"))
        except KeyRefused:
            raise SignInRefused(
                "That security key was not taken.", do="Try again; the page must be on the station's own address."
            ) from None
        if self._store.knows_key(key.credential):
            raise SignInRefused("That security key is taken already.", means="Nothing was changed.", do="Use another one.")
        self._note(Entry(Event.OFFICER_CHANGED, officer, door=door, facts={"officer": officer, "why": "security_key"}))
        self._store.add_key(officer, key)

    # The officers, by an administrator

    def add(self, officer: str, roles: Collection[Role], *, by: str, door: str) -> Enrolment:
        _check_roles(roles)
        password, secret = _first_password(), secrets.token_bytes(totp.SECRET_LENGTH)
        self._changed(officer, by, door, "added", roles)
        if not self._store.add(officer, roles, passwords.keep(password, self._kept), secret, self._clock.now()):
            raise LivescanError(f"There is an officer {officer} already.", do="`livescan officer list` shows them.")
        return Enrolment(officer, password, totp.uri(secret, officer, ISSUER))

    def reset(self, officer: str, *, by: str, door: str) -> Enrolment:
        """A new start for somebody who is locked out or has lost a factor; it releases a lock (AC-7)."""
        found = self._there(officer)
        password, secret = _first_password(), secrets.token_bytes(totp.SECRET_LENGTH)
        self._changed(found.id, by, door, "reset")
        self._store.renew(found.id, passwords.keep(password, self._kept), secret, self._clock.now())
        return Enrolment(found.id, password, totp.uri(secret, found.id, ISSUER))

    def disable(self, officer: str, *, by: str, door: str) -> None:
        found = self._there(officer)
        self._changed(found.id, by, door, "disabled")
        self._store.disable(found.id, self._clock.now())

    def set_roles(self, officer: str, roles: Collection[Role], *, by: str, door: str) -> None:
        _check_roles(roles)
        found = self._there(officer)
        self._changed(found.id, by, door, "roles", roles)
        self._store.set_roles(found.id, roles)

    def officers(self) -> list[dict[str, Any]]:
        now = self._clock.now()
        return [_described(one, now - one.last_at > INACTIVE, len(self._store.keys(one.id))) for one in self._store.officers()]

    def _proved(self, proof: Proof, door: str, act: Act | None = None) -> tuple[Officer, str]:
        """Password, then second factor: any wrong one counts towards the lock. act: that is agreed to; None: a sign-in."""
        found = self._known(proof.officer, proof.password, door)
        factor = "security_key" if proof.key is not None else "code"
        right = self._key_proves(found, proof.key, act) if proof.key is not None else self._code_proves(found, proof.code)
        if not right:
            raise self._failed(found.id, door)
        return found, factor

    def _known(self, name: str, password: str, door: str = "socket") -> Officer:
        found = self._store.officer(name)
        right = passwords.holds(found.password if found else self._nobody, password)
        if found is None:
            raise _refused()
        if found.locked_at is not None:
            self._note(Entry(Event.SIGNED_IN, found.id, outcome=Outcome.DENIED, door=door, facts={"why": "locked"}))
            raise _locked()
        if not right:
            raise self._failed(found.id, door)
        if found.disabled_at is not None or self._clock.now() - found.last_at > INACTIVE:
            self._note(Entry(Event.SIGNED_IN, found.id, outcome=Outcome.DENIED, door=door, facts={"why": "disabled"}))
            raise SignInRefused("This account is disabled.", means="Nobody was signed in.", do="Ask an administrator of this station.")
        if passwords.kept_as(found.password) is not self._kept:
            self._store.set_password(found.id, passwords.keep(password, self._kept), found.password_at)
        return found

    def _failed(self, name: str, door: str) -> SignInRefused:
        self._note(Entry(Event.SIGNED_IN, name, outcome=Outcome.FAILED, door=door))
        now = self._clock.now()
        if not locks(self._store.failed(name, now), now):
            return _refused()
        self._note(Entry(Event.LOCKED, name, door=door, facts={"why": "failures"}))
        self._store.lock(name, now)
        return _locked()

    def _code_proves(self, found: Officer, code: str) -> bool:
        step = totp.step_of(self._store.totp(found.id), code, self._clock.now(), found.totp_used)
        return step is not None and self._store.use_step(found.id, step)

    def _key_options(self, found: Officer, challenge: bytes) -> dict[str, Any]:
        keys = self._store.keys(found.id)
        if not keys:
            raise SignInRefused("This officer has no security key.", do="Use the code of your telephone.")
        return security_keys.sign_in_options(self._origin, challenge, keys)

    def _key_proves(self, found: Officer, answer: Mapping[str, Any], act: Act | None) -> bool:
        known = {key.credential: key for key in self._store.keys(found.id)}
        try:
            key = known.get(security_keys.credential_of(answer))
            if key is None:
                return False
            count = security_keys.prove(self._origin, answer, self._signed(found, act), key)
        except KeyRefused:
            return False
        self._store.count_key(key.credential, count)
        return True

    def _signed(self, found: Officer, act: Act | None) -> bytes:
        """Raises KeyRefused."""
        return self._challenges.take(f"in/{found.id}") if act is None else self._challenges.take(_beside(found, act), act.digest)

    def _session(self, token: str) -> Session:
        """As time has left it. Raises NotSignedIn."""
        found = self._store.session(_digest(token))
        if found is None or found.state is SessionState.ENDED:
            raise _not_signed_in()
        event = passed(found.opened_at, found.seen_at, self._clock.now())
        if event is not None and move(found.state, event) is not found.state:
            self._move(found, event, Event.LOCKED if event is SessionEvent.IDLE else Event.SIGNED_OUT, "core")
            return self._session(token)
        return found

    def _move(self, session: Session, event: SessionEvent, said: Event, door: str) -> None:
        try:
            state = move(session.state, event)
        except NoSuchMove:
            raise _not_signed_in() from None
        self._note(Entry(said, session.officer, door=door, facts={"why": event.value}))
        self._store.set_session(session.token_sha256, state, session.seen_at)

    def _stale(self, officer: Officer) -> bool:
        return officer.must_change or self._clock.now() - officer.password_at > PASSWORD_LASTS

    def _there(self, officer: str) -> Officer:
        found = self._store.officer(officer)
        if found is None:
            raise LivescanError("There is no such officer.", do="`livescan officer list` shows them.")
        return found

    def _changed(self, officer: str, by: str, door: str, why: str, roles: Collection[Role] = ()) -> None:
        facts: dict[str, Value] = {"officer": officer, "why": why, **({"role": "_".join(sorted(roles))[:40]} if roles else {})}
        self._note(Entry(Event.OFFICER_CHANGED, by, door=door, facts=facts))


def _another(act: Act) -> None:
    if act.second.lower() == act.first.lower():
        raise NotAllowed("The second officer is the first.", means="Nothing was decided.", do="Have another officer agree.")


def _may_vouch(officer: Officer) -> Officer:
    if not may(officer.roles, Right.BOOK):
        raise NotAllowed("The second officer's roles do not allow that.", means="Nothing was decided.", do="Ask somebody who may.")
    return officer


def _beside(second: Officer, act: Act) -> str:
    return f"beside/{act.first}/{second.id}"


def _check_roles(roles: Collection[Role]) -> None:
    if not roles:
        raise LivescanError("An officer has at least one role.", do=f"Give some of: {', '.join(sorted(PEOPLE))}.")
    if not set(roles) <= PEOPLE:
        raise LivescanError("That role is a program's.", do=f"Give some of: {', '.join(sorted(PEOPLE))}.")
    if (pair := clash(roles)) is not None:
        raise LivescanError(f"One officer is not both {' and '.join(sorted(pair))}.", do="Give them to two people (AC-5).")


def _first_password() -> str:
    """Typed once, then changed."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _refused() -> SignInRefused:
    return SignInRefused(
        "Officer id, password or second factor is wrong.", means="Nobody was signed in.", do="Try again; five failures lock."
    )


def _locked() -> SignInRefused:
    return SignInRefused(
        "This account is locked after five bad sign-ins.",
        means="Nobody was signed in.",
        do="An administrator releases it: `officer reset`.",
    )


def _not_signed_in() -> NotSignedIn:
    return NotSignedIn("Nobody is signed in.", means="Nothing was done.", do="Sign in: `livescan sign-in`.")


def _described(one: Officer, inactive: bool, keys: int) -> dict[str, Any]:
    state = "disabled" if one.disabled_at else "locked" if one.locked_at else "inactive" if inactive else "enabled"
    return {"officer": one.id, "roles": sorted(one.roles), "state": state, "last_at": one.last_at.isoformat(), "security_keys": keys}
