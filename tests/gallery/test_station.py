"""The gallery at the station: hints that block nothing, decide nothing and keep no name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.audit.entries import Event
from agent.clock import SystemClock
from agent.errors import LivescanError
from agent.gallery.hints import ago_words
from agent.model.fingers import FINGERS, Position
from agent.signing.keys import init_training
from tests.booking.office import STATION
from tests.gallery.people import POLICY, somebody
from tests.gallery.station import Station

DAYS, HOUR = timedelta(days=3), timedelta(hours=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: it is what takes long."""
    folder = tmp_path_factory.mktemp("keys") / "keys"
    init_training(folder, station=STATION, bureau="SIB-TRAINING", clock=SystemClock())
    return folder


@pytest.fixture
def place(tmp_path: Path, keys: Path) -> Path:
    shutil.copytree(keys, tmp_path / "keys")
    return tmp_path


@pytest.fixture
def station(place: Path) -> Iterator[Station]:
    made = Station(place)
    yield made
    made.close()


def test_the_same_prints_under_another_name_are_a_hint(station: Station) -> None:
    before = station.book(1, somebody(1), "TRAINING,ALEX", ago=DAYS)
    now = station.book(2, somebody(1, 1), "TRAINING,SAM")
    station.work()

    (hint,) = station.hints(now, names=True)
    assert hint["words"] == f"The same prints as booking {before}, 3 days ago, under another name."
    assert (hint["kind"], hint["other"], hint["another_name"], hint["name"]) == ("same_prints", before, True, "TRAINING,ALEX")
    assert hint["decades"] > POLICY.decades
    assert station.hints(before) == []
    assert {"event": "hint", "booking": now, "kind": "same_prints", "other": before} in station.said


def test_the_gallery_itself_keeps_no_name(station: Station, tmp_path: Path) -> None:
    station.book(1, somebody(1), "TRAINING,ALEX", ago=DAYS)
    now = station.book(2, somebody(1, 1), "TRAINING,SAM")
    station.work()
    assert "name" not in station.hints(now)[0]
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "gallery").iterdir())
    assert b"TRAINING" not in on_disk and b"ALEX" not in on_disk


def test_an_arrest_that_may_be_booked_twice_is_asked_about(station: Station) -> None:
    before = station.book(1, somebody(1), ago=HOUR)
    now = station.book(2, somebody(1, 1))
    station.work()
    (hint,) = station.hints(now)
    assert hint["kind"] == "duplicate"
    assert hint["words"] == f"The same prints as booking {before}, 1 hour ago, under the same name: is this arrest booked twice?"


def test_fingers_of_two_people_in_one_booking_are_seen(station: Station) -> None:
    before = station.book(1, somebody(1), ago=DAYS)
    mixed = {finger: (somebody(1, 1) if finger <= Position.RIGHT_LITTLE else somebody(9))[finger] for finger in FINGERS}
    now = station.book(2, mixed)
    station.work()
    (hint,) = station.hints(now)
    assert hint["kind"] == "mixed_up" and hint["other"] == before
    assert set(hint["fingers"]) <= {1, 2, 3, 4, 5} and len(hint["fingers"]) >= 4
    assert hint["words"].endswith("the others are not: were two people mixed up?")


def test_a_stranger_gives_no_hint(station: Station) -> None:
    station.book(1, somebody(1), ago=DAYS)
    now = station.book(2, somebody(2))
    station.work()
    assert station.hints(now) == [] and not [one for one in station.said if one["event"] == "hint"]


def test_an_officers_own_finger_is_recognised_whatever_it_was_taken_as(station: Station) -> None:
    station.office.run(_kept(station, "o.7"))
    person = dict(somebody(2))
    person[Position.LEFT_RING] = somebody(50, 1)[Position.RIGHT_INDEX]
    now = station.book(1, person)
    station.work()
    (hint,) = station.hints(now)
    assert hint["words"] == "The left ring of this booking looks like a finger of officer o.7."
    assert (hint["kind"], hint["fingers"], hint["another_name"]) == ("officer", [9], None)


async def _kept(station: Station, officer: str) -> None:
    station.desk._gallery().keep_officer(officer, station.now(), somebody(50))


def test_an_officer_leaves_nothing_where_the_policy_does_not_have_it(place: Path) -> None:
    station = Station(place, POLICY.model_copy(update={"officers": False}))
    with pytest.raises(LivescanError, match="keeps no officer's fingers"):
        station.office.run(station.desk.keep_officer("o.7", {Position.RIGHT_INDEX: b""}, 500))
    station.close()


def test_an_officer_may_say_why_and_the_word_stays(station: Station) -> None:
    before = station.book(1, somebody(1), ago=DAYS)
    now = station.book(2, somebody(1, 1))
    station.work()
    station.office.run(station.desk.say_why(now, before, "arrested_again", "o.2"))
    station.book(3, somebody(3))
    station.work()
    (hint,) = station.hints(now)
    assert (hint["said"], hint["said_by"]) == ("arrested_again", "o.2")


@pytest.mark.parametrize(
    ("other", "said"), [("20200101-00000000", "other"), ("", "other"), ("20261124-00000001", "Because of his brother")]
)
def test_a_word_of_ones_own_or_on_another_hint_is_refused(station: Station, other: str, said: str) -> None:
    with pytest.raises(LivescanError, match=r"no such hint|no word"):
        station.office.run(station.desk.say_why("20261124-00000002", other, said, "o.2"))


def test_what_was_complete_before_the_gallery_knew_is_taken_at_the_start(station: Station, tmp_path: Path) -> None:
    before = station.book(1, somebody(1), ago=DAYS)
    station._events.get_nowait()  # the core died here
    station.work()
    now = station.book(2, somebody(1, 1))
    station.work()
    assert [one["other"] for one in station.hints(now)] == [before]


def test_a_restart_gives_no_hint_twice(station: Station) -> None:
    station.book(1, somebody(1), ago=DAYS)
    station.book(2, somebody(1, 1))
    station.work()
    station.desk.close()
    station.start()
    station.work()
    assert len([one for one in station.said if one["event"] == "hint"]) == 1


def test_a_booking_that_is_forgotten_is_in_no_hint_and_found_no_more(station: Station) -> None:
    before = station.book(1, somebody(1), ago=DAYS)
    now = station.book(2, somebody(1, 1))
    station.work()
    station.desk.forget([before])
    assert station.hints(now) == []
    station.book(3, somebody(1, 2))
    station.work()
    assert [one["other"] for one in station.hints("20261124-00000003")] == [now]


def test_what_was_expunged_is_not_enrolled_again(station: Station) -> None:
    before = station.book(1, somebody(1), ago=DAYS)
    station.work()
    proof = station.office.run(station.desk.expunge(before, "o.9"))
    assert (proof["was_there"], proof["found"]) == (True, 0)
    assert [(entry.event, entry.who, entry.booking) for entry in station.noted] == [(Event.EXPUNGED, "o.9", before)]
    station.desk.close()
    station.start()
    now = station.book(2, somebody(1, 1))
    station.work()
    assert station.hints(now) == []


def test_what_is_too_old_is_let_go_and_on_record(station: Station) -> None:
    station.book(1, somebody(1), ago=timedelta(days=80))
    station.work()
    station.moment += timedelta(days=11)
    assert station.office.run(station.desk.purge("o.9")) == ["20261124-00000001"]
    assert [(entry.event, entry.who, entry.facts["count"]) for entry in station.noted] == [(Event.PURGED, "o.9", 1)]


def test_a_gallery_of_another_key_stops_no_booking_and_can_still_be_forgotten(station: Station) -> None:
    before = station.book(1, somebody(1), ago=DAYS)
    station.work()
    station.desk.close()
    station.start(key=bytes(32))
    now = station.book(2, somebody(1, 1))
    station.work()
    assert "another storage key" in station.desk.trouble
    assert station.hints(now) == []
    assert "another storage key" in station.office.run(station.desk.show())["trouble"]
    station.desk.forget([before])
    station.start()
    assert station.office.run(station.desk.show())["subjects"] == 0


def test_a_station_without_a_gallery_reads_no_print(place: Path) -> None:
    station = Station(place, POLICY.model_copy(update={"enabled": False}))
    station.book(1, somebody(1))
    station.read.clear()  # reading it now would fail
    station._events.put_nowait({"event": "imported", "booking": "20261124-00000001"})
    station.office.run(station.desk._guarded(station.desk._take("20261124-00000001")))  # type: ignore[arg-type]
    assert station.desk.trouble == "" and station.office.run(station.desk.show())["subjects"] == 0
    station.close()


def test_times_are_said_as_people_say_them() -> None:
    assert [ago_words(timedelta(**apart)) for apart in ({"days": 3, "hours": 4}, {"hours": 1}, {"minutes": 59}, {"hours": -2}, {})] == [
        "3 days ago",
        "1 hour ago",
        "59 minutes ago",
        "2 hours later",
        "0 seconds ago",
    ]
