"""Killed anywhere while a booking is destroyed: all of it is still there, or after the next start nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.store import database, files, vault
from tests.retention.station import NAME, Station, raw

EVERY = (1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 25, 35, 40, 45, 50)  # calls that change the disk, until it dies


class Killed(BaseException):
    """As SIGKILL: nobody catches it."""


class Death:
    """Comes with the nth call that changes the disk, before or after that call has been done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        self.after = False
        for owner, name in (
            (Path, "unlink"),
            (Path, "rmdir"),
            (database.Database, "write_now"),
            (vault, "_destroy"),
            (files, "sync_folder"),
        ):
            monkeypatch.setattr(owner, name, self._mortal(getattr(owner, name)))

    def _mortal(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def dies(*args: Any, **kwargs: Any) -> Any:
            dying = self._now()
            if dying and not self.after:
                raise Killed
            value = call(*args, **kwargs)
            if dying:
                raise Killed
            return value

        return dies

    def _now(self) -> bool:
        self.left -= 1
        return self.left == 0


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    made = Station(tmp_path_factory.mktemp("station"))
    yield made
    made.close()


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("calls", EVERY)
def test_killed_at_a_call_that_changes_the_disk(station: Station, monkeypatch: pytest.MonkeyPatch, calls: int, after: bool) -> None:
    booking = station.done()
    order = f"CR-{calls}-{int(after)}"
    with monkeypatch.context() as patched:
        death = Death(patched)
        death.left, death.after = calls, after
        try:
            station.run(station.retention.expunge(booking, order, "court_order", "liaison-1"))
            survived = True
        except Killed:
            survived = False
    again = station.desk_of_retention()
    finished = station.run(again.resume())
    station.feed.catch_up()
    said = [row.line for row in station.book.rows() if order in row.line]
    if station.ledger.booking(booking) is not None:
        assert (survived, finished, said) == (False, 0, []), "nothing was begun"
        assert station.run(station.prints.facts(booking)).subject.name == NAME
        return
    assert not (station.folder / "bookings" / booking).exists()
    assert len(said) == 1, "once on record, however often it was begun"
    assert list((station.folder / "audit" / "expunged").glob(f"{order}-{booking}.txt"))
    station.database.settle()
    assert booking.encode() not in b"".join(raw(station.folder).values())
