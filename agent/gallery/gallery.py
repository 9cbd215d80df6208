"""Were these prints booked here before: the bookings of this station, one against all of them.

    enrol: templates ─▶ compact fingers (memory) + everything (encrypted, disk)
    search: probe ─▶ quick likeness to everybody ─▶ SHORTLIST, decrypted ─▶ three fingers in full ─▶ FINALISTS ─▶ all ten ─▶ candidates

What it finds is a hint for the officer. It holds no name and no status: who a booking is of, its own record says, to those who may see it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from agent.errors import LivescanError
from agent.gallery.candidates import Candidate
from agent.gallery.hint_book import HintBook
from agent.gallery.policy import GalleryPolicy
from agent.gallery.store import GalleryStore, Stored, Subject, pieces_found
from agent.match.fused import Fused, Prints, Templates, finalists, parse_templates, ready, serialise
from agent.match.shortlist import Compact, Index, compact, parse_compact
from agent.match.template import Template
from agent.model.fingers import Position

FILE = "gallery.sqlite"
SHORTLIST = 40  # people that are compared in full, on the fingers that stay in memory


@dataclass(frozen=True)
class Proof:
    """What was looked through after a booking was taken out, and what of it was still there."""

    booking: str
    was_there: bool
    searched: Mapping[str, int]  # bytes, by file
    wanted: int  # byte strings that were looked for
    found: int  # of these; 0, or something is wrong


@dataclass(frozen=True, eq=False)
class Probe:
    """Somebody's prints made ready to be looked for."""

    small: Compact | None  # None where they show too little
    prints: Prints = field(repr=False)


def probe_of(templates: Templates) -> Probe:
    """30 ms for ten fingers."""
    return Probe(compact(templates), ready(templates))


class Gallery:
    """Blocking; safe to use from several threads."""

    def __init__(self, folder: Path, storage_key: bytes, policy: GalleryPolicy) -> None:
        """Raises DatabaseError or GalleryUnreadable."""
        self.policy = policy
        self._store = GalleryStore(folder / FILE, storage_key)
        self.hints = HintBook(self._store.database)
        self._lock = threading.Lock()
        self._index = Index()
        self._subjects: dict[int, Subject] = {}
        try:
            for subject, data in self._store.compacts():
                self._remember(subject, parse_compact(data) if data else None)
        except LivescanError:
            self._store.close()
            raise

    def __len__(self) -> int:
        return len(self._subjects)

    def done_with(self, bookings: Collection[str]) -> list[str]:
        """Those of these bookings that were looked at, or expunged."""
        known = {one.booking for one in self.subjects()}
        return [one for one in bookings if one in known or self._store.was_expunged(one)]

    def subjects(self) -> list[Subject]:
        """The oldest first."""
        with self._lock:
            return sorted(self._subjects.values(), key=lambda one: (one.at, one.number))

    def enrol(self, booking: str, at: datetime, templates: Templates) -> bool:
        """Keep a booking's templates, in place of what was kept of it; False where they show too little to be found by.

        Then it is kept that it was looked at, and nothing else. One that was expunged is not kept: False.
        """
        if self._store.was_expunged(booking):
            return False
        small = compact(templates)
        stored = Stored(booking, at, small.serialise(), serialise(templates)) if small else Stored(booking, at, b"", b"")
        number = self._store.put(stored)
        with self._lock:
            for old in [one.number for one in self._subjects.values() if one.booking == booking]:
                self._drop(old)
            self._remember(Subject(number, booking, at), small)
        return small is not None

    def search(self, probe: Probe, *, without: Collection[str] = ()) -> list[Candidate]:
        """The likeliest bookings, best first, all compared on every finger; `without`: bookings that are not asked about."""
        if probe.small is None:
            return []
        near = self.near(probe.small, without=without)
        return self.candidates(finalists(probe.prints, probe.small.fingers.keys(), near))

    def near(self, small: Compact, *, without: Collection[str] = (), most: int = SHORTLIST) -> dict[int, dict[Position, Template]]:
        """Templates of those worth comparing in full, by number, the most alike first."""
        with self._lock:
            numbers = self._index.shortlist(small, most + len(without))
            asked = [number for number in numbers if self._subjects[number].booking not in without][:most]
        found = self._store.templates(asked)
        return {number: parse_templates(found[number]) for number in asked if number in found}

    def bookings(self, numbers: Collection[int]) -> list[str]:
        """Of these subjects, in their order."""
        with self._lock:
            return [self._subjects[number].booking for number in numbers if number in self._subjects]

    def likeness_of_all(self, small: Compact) -> int:
        """The first step of a search alone, for its speed: to how many people."""
        with self._lock:
            return len(self._index.likeness(small))

    def candidates(self, fused: Mapping[int, Fused]) -> list[Candidate]:
        """Best first."""
        with self._lock:
            found = [Candidate(one.booking, one.at, fused[number]) for number in fused if (one := self._subjects.get(number))]
        return sorted(found, key=lambda one: (-one.score, one.booking))

    def templates(self, booking: str) -> dict[Position, Template]:
        """What is kept of a booking; nothing where it is not there."""
        numbers = [one.number for one in self.subjects() if one.booking == booking]
        return parse_templates(next(iter(self._store.templates(numbers).values()), b""))

    def forget(self, bookings: Collection[str]) -> int:
        """Take these bookings out, for good; how many were there. What keeps bookings calls this when it lets one go."""
        with self._lock:
            gone = self._store.delete(bookings)
            for number in gone:
                self._drop(number)
        return len(gone)

    def expunge(self, booking: str) -> Proof:
        """As `forget`, and it is never enrolled again; then every byte of the gallery's files is looked through for what was there.

        A second or two for 10,000 people.
        """
        wanted = self._store.traces(booking)
        self._store.mark_expunged(booking)
        was_there = bool(self.forget([booking]))
        files = self._store.files()
        found = sum(len(list(pieces_found(path, wanted))) for path in files.values())
        return Proof(booking, was_there, {name: path.stat().st_size for name, path in files.items()}, len(wanted), found)

    def purge(self, now: datetime) -> list[str]:
        """What is older than the policy allows goes, then the oldest beyond its number; the bookings that went."""
        every = self.subjects()
        old = [one.booking for one in every if one.at < now - self.policy.kept]
        left = every[len(old) :]
        over = [one.booking for one in left[: max(0, len(left) - self.policy.subjects)]]
        if old or over:
            self.forget([*old, *over])
        return [*old, *over]

    def due(self, now: datetime) -> timedelta | None:
        """How long until something is too old; None where nothing is kept."""
        every = self.subjects()
        return max(timedelta(0), every[0].at + self.policy.kept - now) if every else None

    def keep_officer(self, officer: str, at: datetime, templates: Templates) -> None:
        self._store.put_officer(officer, at, serialise(templates))

    def officers(self) -> dict[str, dict[Position, Template]]:
        """Templates of those who left some, by officer id."""
        return {officer: parse_templates(data) for officer, data in self._store.officers().items()}

    def forget_officer(self, officer: str) -> bool:
        return self._store.delete_officer(officer)

    @property
    def searchable(self) -> int:
        """Bookings that can be found by their prints."""
        return len(self._index)

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in self._store.files().values())

    def close(self) -> None:
        self._store.close()

    def _remember(self, subject: Subject, small: Compact | None) -> None:
        if small is not None:
            self._index.add(subject.number, small)
        self._subjects[subject.number] = subject

    def _drop(self, number: int) -> None:
        self._index.remove(number)
        self._subjects.pop(number, None)
