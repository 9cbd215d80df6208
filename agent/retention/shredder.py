"""How a booking is destroyed, so that a crash at any line leaves either all of it or, after the next start, nothing.

    1  one transaction: its rows go, and what is still to be done stands in `retention_due`
    2  what is to be proven of it later is put into the vault, under a name and key of its own, where an order wants a proof
    3  what was sealed and is still in a file, the vault's key and then its files, what other parts keep (`Forgets`)
    4  one transaction: `retention_due` is ticked off, and the audit record is owed its entries
    5  the search, and for an order the proof; then what stands in the vault since 2 goes

Between 1 and 4 nothing of the station knows the booking any more; a start goes on at 2, or at 5.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from agent.casework.inbound_files import INBOX
from agent.handover.instants import read_instant, write_instant
from agent.model.booking import BookingId
from agent.retention import rows
from agent.retention.forgets import Forgets
from agent.store.database import Database
from agent.store.files import sync_folder
from agent.store.vault import Vault

EXPUNGE = "expunge"
_PROOF, _DUE = "order-", "due"  # a place in the vault, and what lies there


@dataclass(frozen=True)
class Order:
    """Why a booking is destroyed."""

    kind: str  # purge, expunge
    who: str  # officer id, or "station"
    case: str = ""  # number of the order; "" by age
    why: str = ""


@dataclass(frozen=True)
class Due:
    """A booking whose rows are gone and whose files may not be yet."""

    booking: BookingId
    order: Order
    at: datetime  # UTC
    rows: int
    tcns: tuple[str, ...]
    envelopes: tuple[str, ...]
    places: tuple[str, ...]
    marks: tuple[str, ...]
    files: int = 0  # encrypted ones, when it was begun


class Shredder:
    """Blocking; call it from a worker thread. `outbound`: the folder of sealed envelopes."""

    def __init__(self, database: Database, vault: Vault, outbound: Path) -> None:
        self._database = database
        self._vault = vault
        self._outbound = outbound
        self._forgets: list[Forgets] = []

    def register(self, part: Forgets) -> None:
        self._forgets.append(part)

    def take_rows(self, booking: BookingId, order: Order, now: datetime, may: Callable[[sqlite3.Connection], bool]) -> Due | None:
        """Step 1, if `may` says so in the same transaction; None where it does not."""

        def write(db: sqlite3.Connection) -> Due | None:
            if not may(db):
                return None
            gone = _begin(db, booking, order, now)
            return Due(booking, order, now, gone.rows, gone.tcns, gone.envelopes, gone.places, gone.marks)

        return self._database.write_now(write)

    def destroy(self, due: Due) -> Due:
        """Steps 2 to 4; with how many encrypted files there were. Any number of times. Raises LivescanError: then it is still due."""
        due = self._to_be_proven(due)
        for txid in due.envelopes:
            (self._outbound / f"{txid}.cms").unlink(missing_ok=True)
        sync_folder(self._outbound)
        for place in due.places:
            self._vault.shred(place)
        for rid in filter(_RID.fullmatch, due.marks):
            self._vault.shred(f"{INBOX}{rid}")  # a message whose way to its booking was cut off
        for part in self._forgets:
            part.forget([due.booking])
        self._database.write_now(lambda db: _tick_off(db, due))
        return due

    def _to_be_proven(self, due: Due) -> Due:
        """What was noted before a crash counts: there were more files then."""
        if due.order.kind != EXPUNGE:
            return due
        place = _proof_place(due)
        if _DUE not in self._vault.names(place):
            noted = replace(due, files=sum(len(self._vault.names(one)) for one in due.places))
            self._vault.put(place, _DUE, json.dumps(asdict(noted), default=write_instant).encode())
        return self._noted(place)

    def unproven(self) -> list[Due]:
        """Destroyed on order, and a crash came before the proof."""
        return [self._noted(place) for place in self._vault.bookings() if place.startswith(_PROOF) and _DUE in self._vault.names(place)]

    def proven(self, due: Due) -> None:
        self._vault.shred(_proof_place(due))

    def _noted(self, place: str) -> Due:
        said = json.loads(self._vault.get(place, _DUE))
        lists = {name: tuple(said[name]) for name in ("tcns", "envelopes", "places", "marks")}
        return Due(**said | lists | {"order": Order(**said["order"]), "at": read_instant(said["at"])})

    def due(self) -> list[Due]:
        """What a crash left."""
        return self._database.read_now(lambda db: [_due(row) for row in db.execute("SELECT * FROM retention_due ORDER BY at")])


def _begin(db: sqlite3.Connection, booking: BookingId, order: Order, now: datetime) -> rows.Gone:
    """The row stands there while the others go: the trigger on impressions looks at it."""
    values = (booking, order.kind, order.case or None, order.why or None, order.who, write_instant(now))
    db.execute("INSERT INTO retention_due VALUES (?, ?, ?, ?, ?, ?, 0, '[]', '[]')", values)
    gone = rows.destroy(db, booking, now)
    sql = "UPDATE retention_due SET rows = ?, envelopes = ?, marks = ? WHERE booking = ?"
    db.execute(sql, (gone.rows, json.dumps(gone.envelopes), json.dumps([gone.tcns, gone.places, gone.marks]), booking))
    return gone


def _proof_place(due: Due) -> str:
    """The same one after a crash, and not the booking's id."""
    return _PROOF + hashlib.sha256(f"{due.booking}/{due.order.case}".encode()).hexdigest()[:32]


_RID = re.compile(r"[0-9a-f]{64}")
_EVENTS = {"purge": "purged", "expunge": "expunged"}


def _tick_off(db: sqlite3.Connection, due: Due) -> None:
    """One entry for each control number, so that a bureau's question about one finds an answer."""
    if db.execute("DELETE FROM retention_due WHERE booking = ?", (due.booking,)).rowcount == 0:
        return
    order = due.order
    for tcn in due.tcns or (None,):
        db.execute(
            "INSERT INTO audit_due (event, who, booking, tcn, case_ref, why) VALUES (?, ?, ?, ?, ?, ?)",
            (_EVENTS[order.kind], order.who, due.booking, tcn, order.case or None, order.why or None),
        )


def _due(row: sqlite3.Row) -> Due:
    tcns, places, marks = json.loads(row["marks"])
    order = Order(row["kind"], row["who"], row["case_ref"] or "", row["why"] or "")
    envelopes: Sequence[str] = json.loads(row["envelopes"])
    return Due(
        BookingId(row["booking"]), order, read_instant(row["at"]), row["rows"], tuple(tcns), tuple(envelopes), tuple(places), tuple(marks)
    )
