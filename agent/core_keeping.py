"""What the core keeps and who may see it: keys, rows, prints at rest, the audit record, the people who sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from agent import fips
from agent.access.breached import BreachedList
from agent.access.desk import AccessDesk
from agent.access.passwords import Kept
from agent.access.store import AccessStore
from agent.audit.book import AuditBook
from agent.audit.desk import AuditDesk
from agent.audit.feed import AuditFeed
from agent.calm import Calm
from agent.clock import Clock
from agent.core_schema import MIGRATIONS
from agent.policy import PolicyFile
from agent.sealed_to import require_same_station
from agent.settings import Settings
from agent.settings_watch import SettingsWatch
from agent.signing.enrol import Enrolling
from agent.signing.fips import missing_in_cryptography
from agent.signing.ring import KeyRing
from agent.store.database import Database
from agent.store.room import Room, RoomSettings
from agent.store.vault import Vault
from agent.web.live import Live


@dataclass(frozen=True)
class Keeping:
    settings: Settings
    clock: Clock
    live: Live
    calm: Calm
    keys: KeyRing
    enrolling: Enrolling
    database: Database
    vault: Vault
    room: Room
    policy: PolicyFile
    breached: BreachedList
    access: AccessDesk
    access_store: AccessStore
    audit: AuditDesk
    audit_book: AuditBook
    feed: AuditFeed
    settings_watch: SettingsWatch

    @property
    def state(self) -> Path:
        return self.settings.paths.state / "core"

    @property
    def record(self) -> Path:
        """The audit record's folder."""
        return _record_of(self.settings)

    def close(self) -> None:
        self.database.close()
        self.audit_book.close()
        self.access_store.close()


def keeping_of(settings: Settings, clock: Clock) -> Keeping:
    """Raises ConfigError where keys are another station's or FIPS is asked for and not there, StoreError where a database cannot be
    opened.
    """
    keys = KeyRing(settings.paths.keys, settings.station.environment)
    require_same_station(settings, keys)
    fips.require(settings.trust.fips_required, fips.missing_in_python(), missing_in_cryptography())
    state, live = settings.paths.state / "core", Live()
    database = Database(state / "core.sqlite", MIGRATIONS)
    book = AuditBook(_record_of(settings), keys.station, keys.signer, clock)
    feed = AuditFeed(database, book, say=live.say)
    audit = AuditDesk(book, feed, _record_of(settings), station=keys.station, ca=keys.ca)
    store = AccessStore(settings.paths.state / "access", keys.storage_key)
    breached = BreachedList(Path(settings.access.breached) if settings.access.breached else None)
    return Keeping(
        settings=settings,
        clock=clock,
        live=live,
        calm=Calm(),
        keys=keys,
        enrolling=Enrolling(keys.directory, clock, timedelta(days=settings.trust.renew_before) if settings.trust.est else None),
        database=database,
        vault=_vault(state, keys),
        room=_room(state),
        policy=PolicyFile(settings.paths.jurisdiction, state / "suspended"),
        breached=breached,
        access=_access(settings, clock, store, book, breached),
        access_store=store,
        audit=audit,
        audit_book=book,
        feed=feed,
        settings_watch=SettingsWatch(settings, book, audit.note),
    )


def _record_of(settings: Settings) -> Path:
    return settings.paths.state / "audit"


def _vault(state: Path, keys: KeyRing) -> Vault:
    vault = Vault(state / "bookings", keys.storage_key)
    vault.sweep()
    return vault


def _room(state: Path) -> Room:
    room = Room(state, RoomSettings())
    room.look()
    return room


def _access(settings: Settings, clock: Clock, store: AccessStore, book: AuditBook, breached: BreachedList) -> AccessDesk:
    kept = Kept.PBKDF2 if settings.trust.fips_required else Kept.ARGON2ID
    return AccessDesk(store, clock, note=book.append, origin=settings.access.origin, kept=kept, breached=breached)
