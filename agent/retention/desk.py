"""Retention as the core runs it, daily by itself, and as a liaison asks for it: what stays and why, holds, orders, purges.

Before a row goes, what has happened is on the audit record (`AuditFeed.catch_up`); where that cannot be written, nothing is destroyed.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.booking.intake import arrival_place
from agent.clock import Clock
from agent.errors import LivescanError
from agent.handover.instants import write_instant
from agent.model.booking import BookingId
from agent.retention import holds, rows
from agent.retention.holds import Grounds, RetentionRefused, no_such_booking
from agent.retention.policy import RetentionPolicy, is_due, load_retention
from agent.retention.proof import Destroyed, Proof, keep_proof, prove
from agent.retention.shredder import EXPUNGE, Due, Order, Shredder
from agent.retention.standing import WORDS, Keep, Standing, kept_by_age, kept_from_order
from agent.retention.traces import Searched, needles_of, search
from agent.signing.private_keys import Signer
from agent.store.database import Database
from agent.store.vault import Vault

log = logging.getLogger(__name__)

_LOOK_EVERY = 300.0  # s: whether the daily run is due; also after the start, when there is other work
STATION = "station"


@dataclass(frozen=True)
class Parts:
    """What retention stands on."""

    database: Database
    vault: Vault
    clock: Clock
    zone: ZoneInfo
    station: str
    core: Path  # the core's state folder
    audit: Path  # the audit record's folder: proofs lie there
    policy: Path | None  # the station's own file
    signer: Callable[[], Signer]
    catch_up: Callable[[], None]  # the audit record's feed; raises LivescanError
    let_go: Callable[[datetime], int]  # the audit record's own age
    detainer_open: Callable[[BookingId], bool]


class RetentionDesk:
    def __init__(self, parts: Parts) -> None:
        """Raises ConfigError for a wrong policy file."""
        self._parts = parts
        self._policy()
        self.shredder = Shredder(parts.database, parts.vault, parts.core / "outbound")
        self._one_at_a_time = asyncio.Lock()
        self.trouble: str | None = None  # why the last run did not do its work

    async def resume(self) -> int:
        """Finish what a crash, or a part that could not forget, left half destroyed. How many bookings."""
        left = await asyncio.to_thread(self.shredder.due)
        for due in left:
            await asyncio.to_thread(self._finish, due)
        unproven = await asyncio.to_thread(self.shredder.unproven)
        for due in unproven:
            await asyncio.to_thread(self._prove, due)
        return len(left) + len(unproven)

    async def daily(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                if await asyncio.to_thread(self._is_due):
                    await self.run()
                self.trouble = None
            except (LivescanError, OSError) as error:
                self.trouble = str(error)
                log.error("retention: not done, tried again: %s", error)

    async def run(self, *, dry: bool = False, who: str = STATION) -> Mapping[str, Any]:
        """Purge by the policy. dry: only say what would go. Raises LivescanError; what was purged until then is purged."""
        async with self._one_at_a_time:
            if not dry:
                await self.resume()
            return await asyncio.to_thread(self._run, dry, who)

    async def show(self) -> Mapping[str, Any]:
        return await asyncio.to_thread(self._show)

    async def hold(self, booking: str, case: str, why: str, who: str) -> None:
        """Nothing destroys it until the hold is lifted. Raises RetentionRefused."""
        await holds.place(self._parts.database, BookingId(booking), Grounds(case, why, who), self._parts.clock.now())

    async def lift(self, booking: str, case: str, why: str, who: str) -> None:
        """case: that of the hold, so that nobody lifts another one by mistake. Raises RetentionRefused."""
        await holds.lift(self._parts.database, BookingId(booking), Grounds(case, why, who))

    async def expunge(self, booking: str, order: str, why: str, who: str) -> Mapping[str, Any]:
        """Destroy one booking on order; the proof. Raises RetentionRefused with every reason against it."""
        grounds = Grounds(order, why, who)
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._expunge, BookingId(booking), Order(EXPUNGE, who, grounds.case, grounds.why))

    def _run(self, dry: bool, who: str) -> Mapping[str, Any]:
        policy, now = self._policy(), self._parts.clock.now()
        old = self._all(
            self._parts.database.read_now(partial(rows.candidates, before=now - timedelta(days=policy.bookings.days_after_answer)))
        )
        going = [one.booking for one in old if not kept_by_age(one, policy.bookings, now)]
        number = self._parts.database.read_now(rows.count)
        before = write_instant(now - timedelta(days=policy.messages.days_unproven))
        messages = self._parts.database.read_now(partial(rows.unproven, before=before))
        listed = self._parts.database.read_now(partial(rows.unprinted, before=now - timedelta(days=policy.list.days_unprinted)))
        if not dry:
            self._parts.catch_up()
            gone = [due for name in going if (due := self._take(name, Order("purge", who), policy, now)) is not None]
            going = [due.booking for due in gone]
            for due in gone:
                self.shredder.destroy(due)
                log.info("retention: booking %s was purged", due.booking)
            for rid in messages:
                self._parts.vault.shred(f"inbox-{rid}")
                self._parts.database.write_now(partial(rows.forget_message, rid=rid))
            listed = [one for one in listed if self._forget_unprinted(one)]
            self._clean([*listed, *(mark for due in gone for mark in due.marks)])
        entries = 0 if dry else self._parts.let_go(now - timedelta(days=policy.audit.days))
        said = {
            "purged": list(going),
            "kept": number - len(going),
            "unprinted": len(listed),
            "messages": len(messages),
            "entries": entries,
            "dry": dry,
        }
        if not dry:
            values = (write_instant(now), len(going), number - len(going), len(messages), entries)
            self._parts.database.write_now(lambda db: _note_run(db, values))
        return said

    def _forget_unprinted(self, arrival: str) -> bool:
        """Killed between the two: the place of somebody who is not listed is destroyed at the next start (`Intake.forget_unlisted`)."""
        gone = bool(self._parts.database.write_now(partial(rows.forget_unprinted, arrival=arrival)))
        if gone:
            self._parts.vault.shred(arrival_place(arrival))
        return gone

    def _take(self, name: BookingId, order: Order, policy: RetentionPolicy, now: datetime) -> Due | None:
        """Its rows, if nothing has come between since it was looked at."""
        detainer = self._parts.detainer_open(name)

        def may(db: sqlite3.Connection) -> bool:
            one = rows.standing_of(db, name, detainer=detainer)
            return one is not None and not kept_by_age(one, policy.bookings, now)

        return self.shredder.take_rows(name, order, now, may)

    def _expunge(self, name: BookingId, order: Order) -> Mapping[str, Any]:
        self._parts.catch_up()
        against: list[Keep] = []

        def may(db: sqlite3.Connection) -> bool:
            one = rows.standing_of(db, name, detainer=False)
            if one is None:
                raise no_such_booking()
            against.extend(kept_from_order(one))
            return not against

        due = self.shredder.take_rows(name, order, self._parts.clock.now(), may)
        if due is None:
            raise RetentionRefused(" ".join(WORDS[one] for one in against), means="Nothing was destroyed.", do=_DO[against[0]])
        return self._finish(due)

    def _finish(self, due: Due) -> Mapping[str, Any]:
        """Destroyed, looked for, and for an order proven."""
        destroyed = self.shredder.destroy(due)
        log.info("retention: booking %s was destroyed (%s)", due.booking, due.order.kind)
        if due.order.kind == EXPUNGE:
            return self._prove(destroyed)
        self._clean(due.marks)
        return {"booking": due.booking}

    def _prove(self, due: Due) -> Mapping[str, Any]:
        searched, order = self._clean(due.marks), due.order
        done = Destroyed(due.booking, order.case, order.why, order.who, due.at, due.rows, due.files, searched)
        proof = prove(self._parts.station, done, self._parts.signer())
        kept = keep_proof(self._parts.audit / "expunged", f"{order.case.replace('/', '_')}-{due.booking}", proof)
        self.shredder.proven(due)
        return _answer(done, proof, kept)

    def _clean(self, marks: Sequence[str]) -> Searched:
        """The audit record has what it is owed, the log is cut, and nothing of the marks can be found; the file is rewritten if need be."""
        self._parts.catch_up()
        self._parts.database.settle()
        needles = needles_of(marks)
        found = search(self._files(), needles)
        if found.found:
            self._parts.database.settle(rewrite=True)
            found = search(self._files(), needles)
        if found.found:
            log.error("retention: traces were found in %s", ", ".join(sorted({name for name, _ in found.found})))
        return found

    def _files(self) -> list[Path]:
        """What the core writes in the clear: its database, the log of it, and the ballast. Everything else is encrypted or sealed."""
        core = self._parts.core
        return [path for path in (*core.glob("core.sqlite*"), core / "ballast") if path.exists()]

    def _all(self, names: Sequence[BookingId]) -> list[Standing]:
        found = []
        for name in names:
            detainer = self._parts.detainer_open(name)
            one = self._parts.database.read_now(partial(rows.standing_of, booking=name, detainer=detainer))
            found += [one] if one is not None else []
        return found

    def _show(self) -> Mapping[str, Any]:
        policy, now = self._policy(), self._parts.clock.now()
        last = self._parts.database.read_now(rows.last_run)
        held = self._parts.database.read_now(holds.all_holds)
        return {
            "policy": policy.model_dump(),
            "last_run": None if last is None else dict(last),
            "trouble": self.trouble,
            "holds": held,
            "bookings": [
                _described(one, kept_by_age(one, policy.bookings, now), policy)
                for one in self._all(self._parts.database.read_now(rows.all_bookings))
            ],
        }

    def _is_due(self) -> bool:
        last = self._parts.database.read_now(rows.last_run_at)
        return is_due(last, self._parts.clock.now(), self._policy().daily.hour, self._parts.zone)

    def _policy(self) -> RetentionPolicy:
        return load_retention(self._parts.policy)


_DO = {
    Keep.LEGAL_HOLD: "Have the conflict decided by whoever placed the hold, then `livescan retention lift`.",
    Keep.NOT_SEALED: "Finish it, or let it be held, then give the order again.",
    Keep.NOT_RECEIPTED: "Wait for the bureau's receipt, so that the bureau can be given the order; or undo it while that is possible.",
    Keep.AT_UPLINK: "Start the uplink, so that it drops the sealed copy, then give the order again.",
}


def _described(one: Standing, keeps: Sequence[Keep], policy: RetentionPolicy) -> dict[str, Any]:
    return {
        "booking": one.booking,
        "last": write_instant(one.last),
        "goes_after": write_instant(one.last + timedelta(days=policy.bookings.days_after_answer)),
        "kept_by": [keep.value for keep in keeps],
        "words": [WORDS[keep] for keep in keeps],
    }


def _answer(done: Destroyed, proof: Proof, kept: Path) -> Mapping[str, Any]:
    return {
        "booking": done.booking,
        "rows": done.rows,
        "files": done.files,
        "traces": len(done.searched.found),
        "proof": {"text": proof.text, "signature": proof.signature.hex(), "certificate": proof.certificate, "kept": str(kept)},
    }


def _note_run(db: sqlite3.Connection, values: tuple[str, int, int, int, int]) -> None:
    db.execute("INSERT OR REPLACE INTO retention_run VALUES (?, ?, ?, ?, ?)", values)
    db.execute("DELETE FROM retention_run WHERE at NOT IN (SELECT at FROM retention_run ORDER BY at DESC LIMIT 400)")
