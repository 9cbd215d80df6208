"""What is destroyed is destroyed: searched for in every byte. What must stay stays: an arrest record is never lost."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.audit.book import AuditError
from agent.booking.facts import Facts
from agent.booking.intake import Intake
from agent.booking.states import BookingState
from agent.booking.tcns import TcnState
from agent.casework import tasks
from agent.casework.detainer_record import Lodged
from agent.casework.viewing import What
from agent.core_schema import MIGRATIONS
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.retention.holds import RetentionRefused
from agent.retention.rows import PLACES
from agent.store.database import Database
from agent.store.vault import NotInVault
from tests.retention.station import NAME, PERSON, Station, raw, readable

ENOUGH = 91.0  # days: one more than the policy keeps


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    made = Station(tmp_path_factory.mktemp("station"))
    yield made
    made.close()


def purge(station: Station) -> list[str]:
    return list(station.run(station.retention.run())["purged"])


def kept_by(station: Station, booking: BookingId) -> list[str]:
    (found,) = [one for one in station.run(station.retention.show())["bookings"] if one["booking"] == booking]
    return list(found["kept_by"])


def expunge(station: Station, booking: str, order: str = "CR-2026-0117") -> Any:
    return station.run(station.retention.expunge(booking, order, "court_order", "liaison-1"))


def entries(station: Station, booking: str) -> list[str]:
    station.feed.catch_up()
    return [row.line for row in station.book.rows() if f'"booking":"{booking}"' in row.line]


def test_after_the_purge_nothing_is_found_in_any_byte_of_the_disk(station: Station) -> None:
    booking = station.done()
    other = station.done()
    (sent,) = station.ledger.submissions(booking)
    prints = [station.run(station.prints.impression(booking, position)) for position in station.ledger.taken(booking)]
    pixels = [one.pixels.tobytes() for one in prints]
    key = (station.folder / "bookings" / booking / ".key").read_bytes()
    storage = station.keys.storage_key
    assert sent.content_sha256
    assert sent.envelope_sha256
    marks = [booking.encode(), sent.tcn.encode(), sent.content_sha256.encode(), key]

    before = readable(station.folder, storage, {})
    assert all(one in before for one in [NAME.encode(), *pixels, *marks]), "the search finds what is there"
    station.later(ENOUGH)
    assert set(purge(station)) == {booking, other}
    after = readable(station.folder, storage, {booking: key})
    for number, needle in enumerate([NAME.encode(), *pixels, *marks]):
        assert needle not in after, f"needle {number} is still found"
    found = [name for name, data in raw(station.folder).items() if sent.envelope_sha256.encode() in data]
    assert all(name.startswith("uplink/uplink.sqlite") for name in found), "the uplink knows the sealed bytes' digest, to know a duplicate"
    assert not (station.folder / "bookings" / booking).exists()
    with pytest.raises(NotInVault):
        station.vault.get(booking, "facts")
    assert station.ledger.booking(booking) is None


def test_a_copy_of_the_files_from_before_is_unreadable_without_the_key(station: Station, tmp_path: Path) -> None:
    booking = station.done()
    folder = station.folder / "bookings" / booking
    copy = tmp_path / "bookings" / booking
    copy.mkdir(parents=True)
    for path in folder.iterdir():
        if path.name != ".key":
            (copy / path.name).write_bytes(path.read_bytes())
    key = (folder / ".key").read_bytes()
    station.later(ENOUGH)
    purge(station)
    assert NAME.encode() in readable(tmp_path, station.keys.storage_key, {booking: key})
    assert NAME.encode() not in readable(tmp_path, station.keys.storage_key, {})


def test_what_was_done_stays_on_record_as_ids_and_the_number_stays_counted(station: Station) -> None:
    booking = station.done()
    (sent,) = station.ledger.submissions(booking)
    number = next(row.number for row in station.tcns.account() if row.tcn == sent.tcn)
    station.later(ENOUGH)
    purge(station)
    said = entries(station, booking)
    assert any('"event":"booking_opened"' in line for line in said)
    (stub,) = [line for line in said if '"event":"purged"' in line]
    assert f'"tcn":"{sent.tcn}"' in stub
    assert '"who":"station"' in stub
    assert not any("capture_dropped" in line for line in said), "a purge drops no print for taking it anew"
    assert NAME not in "".join(said)
    row = station.tcns.account()[number - 1]
    assert (row.number, row.state, row.booking_id) == (number, TcnState.PURGED, None)
    assert number not in [gap.number for gap in station.tcns.gaps()]


def waiting(station: Station) -> BookingId:
    return station.booked()


def handed(station: Station) -> BookingId:
    booking = station.booked()
    station.sent(booking)
    return booking


def unanswered(station: Station) -> BookingId:
    booking = handed(station)
    station.receipted(booking)
    return booking


def without_idr(station: Station) -> BookingId:
    booking = unanswered(station)
    station.answered(booking, idr=False)
    return booking


def at_uplink(station: Station) -> BookingId:
    booking = handed(station)
    station.receipted(booking, released=False)
    station.answered(booking)
    return booking


def held_by_law(station: Station) -> BookingId:
    booking = station.done()
    station.run(station.retention.hold(booking, "CV-2026-17", "litigation", "liaison-1"))
    return booking


def with_detainer(station: Station) -> BookingId:
    booking = station.done()
    lodged = Lodged("I-247A", "ERO TRAINING", "OFFICER 1", station.clock.now())
    station.run(station.detainers.lodge(booking, f"form {booking}".encode(), lodged, "liaison-1"))
    return booking


def with_a_task(station: Station) -> BookingId:
    booking = station.done()
    station.database.write_now(lambda db: tasks.after_release(db, booking, f"{booking:0<64}", What.IDENTIFICATION, station.clock.now()))
    return booking


STAYS = {
    "that the bureau has not signed for": (waiting, "not_receipted"),
    "that is with the uplink and not signed for": (handed, "not_receipted"),
    "that the bureau has signed for and not answered": (unanswered, "not_answered"),
    "whose immigration response has not come": (without_idr, "no_idr"),
    "of which the uplink may still have the sealed copy": (at_uplink, "at_uplink"),
    "under a legal hold": (held_by_law, "legal_hold"),
    "with a task that nobody has done": (with_a_task, "for_a_person"),
    "with a detainer that has not ended": (with_detainer, "detainer"),
}


@pytest.mark.parametrize("which", STAYS)
def test_never_purged_however_old_is_one(station: Station, which: str) -> None:
    make, reason = STAYS[which]
    booking = make(station)
    station.later(5000)
    assert booking not in purge(station)
    assert reason in kept_by(station, booking)
    assert station.run(station.prints.facts(booking)).subject.name == NAME


def test_a_young_one_stays_and_a_clock_that_is_set_back_makes_nothing_older(station: Station) -> None:
    booking = station.done()
    station.today()
    assert kept_by(station, booking) == ["too_young"]
    station.later(-5000)
    assert booking not in purge(station)
    station.today()


def test_a_hold_that_is_lifted_by_its_own_case_lets_it_go(station: Station) -> None:
    booking = held_by_law(station)
    station.later(ENOUGH)
    with pytest.raises(RetentionRefused, match="no legal hold of that case"):
        station.run(station.retention.lift(booking, "CV-2026-18", "ended", "liaison-1"))
    with pytest.raises(RetentionRefused, match="legal hold"):
        expunge(station, booking)
    station.run(station.retention.lift(booking, "CV-2026-17", "ended", "liaison-1"))
    assert booking in purge(station)
    placed = [line for line in entries(station, booking) if '"event":"hold_' in line]
    assert ['"case":"CV-2026-17"' in line for line in placed] == [True, True]


def test_expunged_on_order_with_a_proof_that_openssl_believes(station: Station, tmp_path: Path) -> None:
    booking = station.done()
    (sent,) = station.ledger.submissions(booking)
    done = expunge(station, booking)
    assert (done["traces"], done["files"] > 10) == (0, True)
    every = b"".join(raw(station.folder).values())
    assert booking.encode() not in every
    assert sent.tcn.encode() not in every
    text = Path(done["proof"]["kept"])
    assert text.read_text() == done["proof"]["text"]
    for word in (booking, "order CR-2026-0117", "why court_order", "by liaison-1", "0 found"):
        assert word in done["proof"]["text"]
    key = subprocess.run(["openssl", "x509", "-in", text.with_suffix(".crt"), "-pubkey", "-noout"], capture_output=True, check=True).stdout
    (tmp_path / "key.pem").write_bytes(key)
    check = ["openssl", "dgst", "-sha256", "-verify", tmp_path / "key.pem", "-signature", text.with_suffix(".sig")]
    assert subprocess.run([*check, text], capture_output=True, check=False).returncode == 0
    (tmp_path / "other.txt").write_text(done["proof"]["text"].replace("liaison-1", "liaison-2"))
    assert subprocess.run([*check, tmp_path / "other.txt"], capture_output=True, check=False).returncode != 0
    (stub,) = [line for line in entries(station, booking) if '"event":"expunged"' in line]
    assert '"case":"CR-2026-0117"' in stub
    assert '"who":"liaison-1"' in stub


@pytest.mark.parametrize(("make", "why"), [(waiting, "not signed for it"), (at_uplink, "uplink")], ids=["on its way", "at the uplink"])
def test_an_order_is_refused_in_words_while_a_copy_is(station: Station, make: Any, why: str) -> None:
    booking = make(station)
    with pytest.raises(RetentionRefused, match=why):
        expunge(station, booking)
    assert station.run(station.prints.facts(booking)).subject.name == NAME


def test_a_held_booking_that_was_never_sent_is_expunged_and_its_number_is_explained(station: Station) -> None:
    async def held() -> BookingId:
        booking = await station.desk.open(PERSON, "officer-01")
        await station.tcns.give(booking, station.clock.now())
        await station.ledger.hold(booking, "a test")
        return booking

    booking = station.run(held())
    assert station.ledger.booking(booking).state is BookingState.HELD
    expunge(station, booking, "CR-2026-0118")
    voids = [row.why for row in station.tcns.account() if row.state is TcnState.VOID]
    assert "not sent: its booking was destroyed" in voids


def test_an_order_without_a_number_or_reason_of_the_list_is_refused(station: Station) -> None:
    booking = station.done()
    for order, why in (("", "court_order"), ("John Smith's order", "court_order"), ("CR-1", "because the judge said so")):
        with pytest.raises(RetentionRefused):
            station.run(station.retention.expunge(booking, order, why, "liaison-1"))
    with pytest.raises(RetentionRefused, match="no such booking"):
        expunge(station, "20200101-AAAAAAAA")


def test_nothing_is_destroyed_while_the_audit_record_cannot_be_written(station: Station) -> None:
    booking = station.done()
    station.later(ENOUGH)

    def full() -> None:
        raise AuditError("The disk is full.")

    desk = station.desk_of_retention(catch_up=full)
    with pytest.raises(AuditError):
        station.run(desk.run())
    with pytest.raises(AuditError):
        station.run(desk.expunge(booking, "CR-1", "court_order", "liaison-1"))
    assert station.run(station.prints.facts(booking)).subject.name == NAME


class Gallery:
    """Another part that keeps something of bookings."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.broken = True

    def forget(self, bookings: Collection[str]) -> None:
        if self.broken:
            raise LivescanError("The gallery cannot be written.")
        self.forgotten += bookings


def test_a_part_that_cannot_forget_is_asked_again_and_a_crash_on_the_way_is_made_good(station: Station) -> None:
    booking = station.done()
    desk, gallery = station.desk_of_retention(), Gallery()
    desk.shredder.register(gallery)
    with pytest.raises(LivescanError, match="gallery"):
        station.run(desk.expunge(booking, "CR-2026-0119", "statute", "liaison-1"))
    assert not [line for line in entries(station, booking) if "expunged" in line], "it is not said to be done before it is"
    after_a_crash = station.desk_of_retention()
    gallery.broken = False
    after_a_crash.shredder.register(gallery)
    assert station.run(after_a_crash.resume()) == 1
    assert gallery.forgotten == [booking]
    assert [line for line in entries(station, booking) if '"event":"expunged"' in line]
    assert list((station.folder / "audit" / "expunged").glob(f"CR-2026-0119-{booking}.txt"))
    assert booking.encode() not in b"".join(raw(station.folder).values())


def test_only_looking_destroys_nothing(station: Station) -> None:
    booking = station.done()
    station.later(ENOUGH)
    assert booking in station.run(station.retention.run(dry=True))["purged"]
    assert station.run(station.prints.facts(booking)).subject.name == NAME


def test_every_table_that_knows_bookings_is_named(tmp_path: Path) -> None:
    database = Database(tmp_path / "core.sqlite", MIGRATIONS)
    named = {table for table, _ in PLACES} | {"audit_due", "tcn", "retention_due"}  # ids on their way to the record; numbers; what is due
    telling = {"booking", "booking_id", "tcn", "rid", "detainer", "content_sha256", "officer"}

    def knowing(db: Any) -> set[str]:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table for table in tables if telling & {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}}

    unnamed = database.read_now(knowing) - named
    database.close()
    assert not unnamed, "name them in agent.retention.rows.PLACES, or a purge leaves their rows"


def test_a_submission_that_was_undone_is_no_receipt_that_is_missing(station: Station) -> None:
    booking = station.booked()
    station.run(station.leaving.undo(booking, "officer-01"))
    station.later(5000)
    assert "not_sealed" in kept_by(station, booking)
    expunge(station, booking, "CR-2026-0120")
    assert station.ledger.booking(booking) is None


def test_what_the_jails_list_said_of_the_person_goes_with_the_booking(station: Station) -> None:
    said = replace(PERSON, subject=replace(PERSON.subject, name="MARROWBONE,HEPZIBAH"))
    intake = on_list(station)
    arrival = station.run(intake.arrive("JAIL-2026-00077", said, station.clock.now()))
    booking = station.done()
    station.database.write_now(lambda db: db.execute("UPDATE arrival SET booking = ? WHERE id = ?", (booking, arrival)))
    assert b"MARROWBONE" in readable(station.folder, station.keys.storage_key, {})
    expunge(station, booking, "CR-2026-0121")
    assert b"MARROWBONE" not in readable(station.folder, station.keys.storage_key, {})
    every = b"".join(raw(station.folder).values())
    assert b"JAIL-2026-00077" not in every
    assert arrival.encode() not in every


def on_list(station: Station) -> Intake:
    parts = {"ledger": station.ledger, "prints": station.prints, "desk": station.desk, "clock": station.clock}
    return Intake(station.database, station.vault, **parts, check=lambda _facts: [])  # type: ignore[arg-type]


def named(name: str) -> Facts:
    return replace(PERSON, subject=replace(PERSON.subject, name=name))


def test_who_was_never_printed_goes_from_the_list_by_age_with_the_requests_that_brought_them(station: Station) -> None:
    intake = on_list(station)
    old = station.run(intake.arrive("JAIL-2026-00101", named("OLDACRE,JONAS"), station.clock.now()))
    request = ("k" * 64, "b" * 64, old, "2026-11-24T00:00:00Z")
    station.database.write_now(lambda db: db.execute("INSERT INTO jail_request VALUES (?, ?, ?, ?)", request))
    off = station.run(intake.arrive("JAIL-2026-00102", named("MCFARLANE,HECTOR"), station.clock.now()))
    station.run(intake.take_off(off))
    station.later(60)
    young = station.run(intake.arrive("JAIL-2026-00103", named("LESTRADE,G"), station.clock.now()))
    again = station.run(intake.arrive("JAIL-2026-00104", named("HUDSON,MARTHA"), station.clock.now()))
    station.later(60)
    station.run(intake.arrive("JAIL-2026-00104", named("HUDSON,MARTHA"), station.clock.now()))
    assert station.run(station.retention.run(dry=True))["unprinted"] == 2
    assert b"OLDACRE" in readable(station.folder, station.keys.storage_key, {}), "only looked"

    assert station.run(station.retention.run())["unprinted"] == 2
    assert {one.id for one in station.run(intake.arrivals())} >= {young, again}
    assert b"OLDACRE" not in readable(station.folder, station.keys.storage_key, {})
    every = b"".join(raw(station.folder).values())
    assert not [one for one in (old, off) if one.encode() in every]
    assert b"k" * 64 not in every
    station.today()


def test_whose_prints_are_being_taken_stays_on_the_list_however_long_it_takes(station: Station) -> None:
    intake = on_list(station)
    arrival = station.run(intake.arrive("JAIL-2026-00105", named("STAPLETON,BERYL"), station.clock.now()))
    booking = station.booked()
    station.database.write_now(lambda db: db.execute("UPDATE arrival SET booking = ? WHERE id = ?", (booking, arrival)))
    station.later(ENOUGH)
    assert station.run(station.retention.run())["unprinted"] == 0
    assert arrival in {one.id for one in station.run(intake.arrivals())}
    station.today()
