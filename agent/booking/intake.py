"""Who waits to be printed, and what is said of them until the officer sends it: the jail's list, and what is typed in by hand.

A person is on the list before there is a booking: what the jail says and what is to be sent lie in the vault, the row holds the jail's
number and times. Prints may be taken before all is typed in (SOP 3.1.1: the earliest possible point); nothing is sealed before an officer
says send, and what the bureau would refuse is said before that.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.booking.desk import Desk
from agent.booking.facts import Facts, facts_from_json, facts_to_json
from agent.booking.ledger import Ledger
from agent.booking.prints import Prints
from agent.booking.states import BookingState
from agent.clock import Clock
from agent.errors import LivescanError
from agent.model.booking import Arrest, BookingId, Subject
from agent.model.fingers import Position
from agent.nist.findings import Finding
from agent.store.database import Database
from agent.store.vault import NotInVault, Vault

SCHEMA = """
CREATE TABLE arrival (
    id          TEXT PRIMARY KEY,
    number      TEXT UNIQUE,          -- the jail's booking number; NULL: by hand
    arrived_at  TEXT NOT NULL,
    received_at TEXT NOT NULL,
    booking     TEXT UNIQUE,          -- once prints are taken
    gone_at     TEXT                  -- taken off the list
) STRICT;
CREATE TABLE sending (
    booking TEXT PRIMARY KEY,
    officer TEXT,                     -- who said send; NULL: nobody yet
    at      TEXT
) STRICT;
"""
_PLACE = "arrival-"
_JAIL, _FORM = "jail", "form"
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")

Check = Callable[[Facts], Sequence[Finding]]


class IntakeError(LivescanError):
    """The list cannot do what was asked."""


@dataclass(frozen=True)
class Arrival:
    id: str
    number: str | None  # the jail's
    arrived_at: datetime  # UTC
    received_at: datetime  # UTC, when this station was told last
    booking: BookingId | None
    gone: bool = False  # taken off the list


def is_arrival(name: str) -> bool:
    """Whether a place in the vault is somebody's on the list, and no booking."""
    return name.startswith(_PLACE)


def blank(today: datetime) -> Facts:
    """Nothing is known yet."""
    nothing = Subject("", "", "", "", "", "", "", "", "")
    return Facts(nothing, Arrest(today.date(), ()))


class Intake:
    def __init__(self, database: Database, vault: Vault, *, ledger: Ledger, prints: Prints, desk: Desk, clock: Clock, check: Check) -> None:
        """check: what the bureau would refuse."""
        self._database = database
        self._vault = vault
        self._ledger = ledger
        self._prints = prints
        self._desk = desk
        self._clock = clock
        self.check = check
        self._one_arrives = asyncio.Lock()  # two messages of one person at once are one person

    # The list

    async def arrive(self, number: str, facts: Facts, arrived_at: datetime) -> str:
        """The jail has booked somebody, or says more of them; the same number is the same person. What an officer has changed stays."""
        if not _NUMBER.fullmatch(number):
            raise IntakeError("A booking number is 1 to 40 letters, digits, dots, hyphens and slashes.", means="Nothing was taken over.")
        async with self._one_arrives:
            return await self._arrived(number, facts, arrived_at)

    async def _arrived(self, number: str, facts: Facts, arrived_at: datetime) -> str:
        known = await self.by_number(number)
        arrival_id = known.id if known else secrets.token_hex(8)
        before = await self._optional(arrival_id, _JAIL)
        await self._keep(arrival_id, _JAIL, facts)
        if before is None or before == await self._optional(arrival_id, _FORM):
            await self._keep(arrival_id, _FORM, facts)
        if known is None:
            await self._add(arrival_id, number, arrived_at)
        else:
            told = (self._clock.now().isoformat(), arrival_id)
            await self._database.write(lambda db: db.execute("UPDATE arrival SET gone_at = NULL, received_at = ? WHERE id = ?", told))
        return arrival_id

    async def by_hand(self) -> str:
        arrival_id, now = secrets.token_hex(8), self._clock.now()
        await self._keep(arrival_id, _FORM, blank(now))
        await self._add(arrival_id, None, now)
        return arrival_id

    async def arrivals(self) -> list[Arrival]:
        """Newest first."""
        return await asyncio.to_thread(self._rows, f"{_ROWS} WHERE gone_at IS NULL ORDER BY arrived_at DESC, received_at DESC", ())

    async def arrival(self, arrival_id: str) -> Arrival:
        """Raises IntakeError."""
        found = await asyncio.to_thread(self._rows, f"{_ROWS} WHERE id = ?", (arrival_id,))
        if not found:
            raise IntakeError("There is nobody on the list under that number.", do="Go back to the list.")
        return found[0]

    async def by_number(self, number: str) -> Arrival | None:
        """Somebody whom the jail has told of, on the list or off it."""
        return next(iter(await asyncio.to_thread(self._rows, f"{_ROWS} WHERE number = ?", (number,))), None)

    async def of_booking(self, booking_id: str) -> Arrival | None:
        return next(iter(await asyncio.to_thread(self._rows, f"{_ROWS} WHERE booking = ?", (booking_id,))), None)

    async def take_off(self, arrival_id: str) -> None:
        """Somebody of whom no print was taken. Raises IntakeError."""
        if (await self.arrival(arrival_id)).booking is not None:
            raise IntakeError("Prints of that person were taken.", means="They stay on the list.")
        now = self._clock.now().isoformat()
        await self._database.write(lambda db: db.execute("UPDATE arrival SET gone_at = ? WHERE id = ?", (now, arrival_id)))
        await asyncio.to_thread(self._vault.shred, arrival_place(arrival_id))

    def forget_unlisted(self) -> None:
        """What was written just before a crash of somebody whom the list does not have. Blocking; at start-up."""
        listed = {arrival_place(row.id) for row in self._rows(_ROWS, ())}
        for name in self._vault.bookings():
            if is_arrival(name) and name not in listed:
                self._vault.shred(name)

    # What is said of a person

    async def jail_says(self, arrival_id: str) -> Facts | None:
        return await self._optional(arrival_id, _JAIL)

    async def form(self, arrival_id: str) -> Facts:
        return await self._optional(arrival_id, _FORM) or blank(self._clock.now())

    async def save(self, arrival_id: str, facts: Facts) -> None:
        await self._keep((await self.arrival(arrival_id)).id, _FORM, facts)

    async def facts(self, booking_id: str) -> Facts:
        return await self._prints.facts(BookingId(booking_id))

    async def name_of(self, booking_id: str) -> str:
        """As it was typed in; "" of a booking whose facts are gone."""
        try:
            return (await self.facts(booking_id)).subject.name
        except LivescanError:
            return ""

    async def change(self, booking_id: str, facts: Facts) -> None:
        """What is typed in, until it is sealed; fingers stay as they are marked. Raises IntakeError for one that is sealed."""
        row = self._ledger.booking(booking_id)
        if row is None or row.state is BookingState.SEALED:
            raise IntakeError("That booking is sealed.", means="Nothing was changed.", do="Correct it: that makes a new submission.")
        now = await self._prints.facts(row.id)
        await self._prints.keep_facts(row.id, Facts(facts.subject, facts.arrest, now.missing, now.marks))

    # From the list to the bureau

    async def begin(self, arrival_id: str, officer: str) -> BookingId:
        """Open the booking: its prints are taken now, and it waits for the officer's word before it is sealed."""
        arrival = await self.arrival(arrival_id)
        if arrival.booking is not None:
            return arrival.booking
        return await self._desk.open(await self.form(arrival_id), officer, early=self._opened_within(arrival_id))

    async def wait_for_word(self, booking_id: str) -> None:
        """What was sent is opened again: it is not sealed once more before the officer says send."""
        sql = "INSERT INTO sending (booking) VALUES (?) ON CONFLICT (booking) DO UPDATE SET officer = NULL, at = NULL"
        await self._database.write(lambda db: db.execute(sql, (booking_id,)))

    async def send(self, booking_id: str, officer: str) -> None:
        """The officer's word. Raises IntakeError while the bureau would refuse it."""
        wrong = self.check(await self.facts(booking_id))
        if wrong:
            raise IntakeError(f"To be mended first: {len(wrong)}.", means="Nothing was sent.", do="Mend it on the page of the person.")
        now = self._clock.now().isoformat()
        sql = "UPDATE sending SET officer = ?, at = ? WHERE booking = ?"
        await self._database.write(lambda db: db.execute(sql, (officer, now, booking_id)))
        row = self._ledger.booking(booking_id)
        if row is not None and row.state in (BookingState.HELD, BookingState.UNDONE):
            await self._ledger.resume(row.id)
        self._desk.wake()

    async def take_again(self, booking_id: str, positions: Sequence[int]) -> None:
        """Prints of a booking that is not sent yet. Raises IntakeError."""
        row, wanted = self._ledger.booking(booking_id), [Position(one) for one in positions if one in list(Position)]
        if row is None or not wanted:
            raise IntakeError("No print is chosen.", means="Nothing was changed.", do="Choose one.")
        if row.state in (BookingState.CAPTURED, BookingState.UNDONE):
            await self._ledger.retake(row.id, wanted)
        elif row.state is BookingState.HELD:
            await self._ledger.forget(row.id, wanted)
            await self._ledger.resume(row.id)
        else:
            raise IntakeError("That booking's prints are not all taken, or it is sealed.", means="Nothing was changed.")
        for position in wanted:
            await self._prints.forget_attempts(row.id, position)
        self._desk.wake()

    def cleared(self, booking_id: str) -> bool:
        """Whether it may be sealed: an officer said so, or nobody need be asked (bookings of the API, of files). Blocks for a read."""
        return sending_cleared(self._database, booking_id)

    def _opened_within(self, arrival_id: str) -> Callable[[sqlite3.Connection, BookingId], None]:
        def within(db: sqlite3.Connection, booking_id: BookingId) -> None:
            taken = db.execute("UPDATE arrival SET booking = ? WHERE id = ? AND booking IS NULL", (booking_id, arrival_id))
            if taken.rowcount != 1:
                raise IntakeError("Prints of that person are being taken already.", do="Go back to the list.")
            db.execute("INSERT INTO sending (booking) VALUES (?)", (booking_id,))

        return within

    async def _add(self, arrival_id: str, number: str | None, at: datetime) -> None:
        row = (arrival_id, number, at.isoformat(), self._clock.now().isoformat())
        sql = "INSERT INTO arrival (id, number, arrived_at, received_at) VALUES (?, ?, ?, ?)"
        await self._database.write(lambda db: db.execute(sql, row))

    async def _keep(self, arrival_id: str, name: str, facts: Facts) -> None:
        await asyncio.to_thread(self._vault.put, arrival_place(arrival_id), name, facts_to_json(facts))

    async def _optional(self, arrival_id: str, name: str) -> Facts | None:
        try:
            return facts_from_json(await asyncio.to_thread(self._vault.get, arrival_place(arrival_id), name))
        except NotInVault:
            return None

    def _rows(self, sql: str, values: tuple[str, ...]) -> list[Arrival]:
        rows = self._database.read_now(lambda db: db.execute(sql, values).fetchall())
        return [Arrival(row[0], row[1], _time(row[2]), _time(row[3]), row[4], row[5] is not None) for row in rows]


_ROWS = "SELECT id, number, arrived_at, received_at, booking, gone_at FROM arrival"


def sending_cleared(database: Database, booking_id: str) -> bool:
    found = database.read_now(lambda db: db.execute("SELECT at FROM sending WHERE booking = ?", (booking_id,)).fetchone())
    return found is None or found[0] is not None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def jail_numbers(database: Database) -> dict[BookingId, str]:
    """Our booking to the jail's number, where it has one. Blocks for a read."""
    sql = "SELECT booking, number FROM arrival WHERE booking IS NOT NULL AND number IS NOT NULL"
    return dict(database.read_now(lambda db: [tuple(row) for row in db.execute(sql)]))


def arrival_place(arrival_id: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16}", arrival_id):
        raise IntakeError("There is nobody on the list under that number.", do="Go back to the list.")
    return f"{_PLACE}{arrival_id}"
