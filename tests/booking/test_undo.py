"""Undo before the first byte leaves: what an officer takes back is not sent, and nothing of it is lost without an explanation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.booking.leaving import Leaving, TooLate
from agent.booking.outbound import NORMAL, URGENT
from agent.booking.states import BookingState
from agent.booking.tcns import TcnState
from agent.clock import SetClock
from agent.errors import LivescanError
from agent.model.booking import BookingId
from tests.booking.office import FACTS, Office

UNDO = 60.0  # s


class JumpingClock(SetClock):
    """Its wall time can be moved alone."""

    offset = timedelta()

    def now(self) -> datetime:
        return super().now() + self.offset


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(datetime.now(UTC))


@pytest.fixture
def office(tmp_path: Path, clock: JumpingClock) -> Iterator[Office]:
    office = Office(tmp_path, undo=UNDO, clock=clock)
    yield office
    office.close()


def submitted(office: Office) -> BookingId:
    booking = office.run(office.desk.open(FACTS, "officer-01"))
    office.run(office.settled(booking))
    return booking


def offered(office: Office) -> list[str]:
    return [item.txid for item in office.outbound.pending()]


def test_nothing_is_offered_before_the_time_is_up_and_then_it_is(office: Office, clock: JumpingClock) -> None:
    submitted(office)
    assert offered(office) == []
    assert office.reminded == [UNDO]
    clock.advance(timedelta(seconds=UNDO - 1))
    assert offered(office) == []
    assert office.reminded[-1] == pytest.approx(1.0)
    clock.advance(timedelta(seconds=1))
    assert offered(office) == list(office.ledger.unreceipted())


def test_an_undone_booking_is_not_sent_and_its_number_is_void_with_the_reason(office: Office, clock: JumpingClock, tmp_path: Path) -> None:
    booking = submitted(office)
    (row,) = office.ledger.submissions(booking)
    tcn, txid = office.run(office.leaving.undo(booking, "officer-02"))
    office.outbound.forget(txid)
    clock.advance(timedelta(seconds=UNDO * 2))
    assert (tcn, txid) == (row.tcn, row.envelope_sha256)
    assert offered(office) == []
    assert list((tmp_path / "outbound").iterdir()) == []
    with pytest.raises(TooLate, match="undone"):
        office.outbound.load(txid)
    number = office.tcns.account()[0]
    assert (number.tcn, number.state, number.why) == (tcn, TcnState.VOID, "undone by officer-02 before anything was sent")
    found = office.ledger.booking(booking)
    assert found is not None
    assert found.state is BookingState.UNDONE
    words = {step.name: step.words for step in office.casework.thread(booking)}
    assert words["signed"] == f"Undone by an officer before anything was sent; the control number {tcn} is void."
    assert (words["received"], words["SRE"]) == ("Nothing was sent.", "Nothing was sent yet.")
    assert office.casework.open_items() == ()


def test_an_undone_booking_goes_on_under_a_new_number_and_the_gap_is_explained(office: Office, clock: JumpingClock) -> None:
    booking = submitted(office)
    void, _ = office.run(office.leaving.undo(booking, "officer-01"))
    taken = len(office.scanner.taken)
    office.run(office.desk.resume(booking))
    office.run(office.settled(booking))
    clock.advance(timedelta(seconds=UNDO))
    (txid,) = offered(office)
    assert len(office.scanner.taken) == taken, "no print is taken again"
    assert office.ledger.by_envelope(txid).tcn != void  # type: ignore[union-attr]
    assert [(gap.tcn, gap.state) for gap in office.tcns.gaps()] == [(void, TcnState.VOID)]
    assert not office.casework.thread(booking)[2].words.startswith("Undone")
    assert [item.tcn for item in office.casework.open_items()] == [office.sealer.last_sealed(booking).tcn]


def test_facts_and_prints_of_an_undone_booking_are_corrected_without_reference_to_what_was_never_sent(office: Office) -> None:
    booking = submitted(office)
    office.run(office.leaving.undo(booking, "officer-01"))
    taken = len(office.scanner.taken)
    position = office.scanner.taken[0]
    assert office.run(office.records.correct(booking, "officer-01", FACTS, [position])) is None
    office.run(office.settled(booking))
    assert office.scanner.taken[taken:] == [position]
    assert office.records.corrected_by(booking) == {}


def test_a_correction_that_is_undone_and_sealed_again_still_names_what_was_sent(office: Office, clock: JumpingClock) -> None:
    booking = submitted(office)
    clock.advance(timedelta(seconds=UNDO))
    (first,) = offered(office)
    office.outbound.load(first)
    sent = office.sealer.last_sealed(booking).tcn
    office.run(office.records.correct(booking, "officer-01", FACTS, []))
    office.run(office.settled(booking))
    office.run(office.leaving.undo(booking, "officer-01"))
    assert office.casework.open_items()[0].tcn == sent, "the one that was sent counts again"
    office.run(office.desk.resume(booking))
    office.run(office.settled(booking))
    assert office.records.corrected_by(booking)[office.sealer.last_sealed(booking).tcn] == sent


def test_once_its_bytes_were_read_it_cannot_be_undone(office: Office, clock: JumpingClock) -> None:
    booking = submitted(office)
    clock.advance(timedelta(seconds=UNDO))
    office.outbound.load(offered(office)[0])
    with pytest.raises(TooLate, match="has left"):
        office.run(office.leaving.undo(booking, "officer-01"))
    assert office.tcns.account()[0].state is TcnState.SENT
    assert len(offered(office)) == 1


def test_a_courier_carries_nothing_that_can_be_undone(office: Office) -> None:
    booking = submitted(office)
    office.run(office.records.envelope(booking, "officer-01"))
    with pytest.raises(TooLate):
        office.run(office.leaving.undo(booking, "officer-01"))


def test_after_the_time_is_up_it_can_be_undone_for_as_long_as_nothing_has_left(office: Office, clock: JumpingClock) -> None:
    booking = submitted(office)
    clock.advance(timedelta(seconds=UNDO * 10))
    assert len(offered(office)) == 1
    office.run(office.leaving.undo(booking, "officer-01"))
    assert offered(office) == []


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)], ids=["back", "ahead"])
def test_a_clock_that_jumps_neither_delays_nor_hurries(office: Office, clock: JumpingClock, jump: timedelta) -> None:
    submitted(office)
    assert offered(office) == []
    clock.offset = jump
    clock.advance(timedelta(seconds=UNDO - 1))
    assert offered(office) == []
    clock.advance(timedelta(seconds=1))
    assert len(offered(office)) == 1


def test_after_a_restart_with_a_clock_set_back_it_waits_no_longer_than_the_setting(office: Office, clock: JumpingClock) -> None:
    submitted(office)
    clock.offset = timedelta(hours=-5)
    again = Leaving(office.database, lambda *_: None, clock, timedelta(seconds=UNDO))
    assert [again.waits(one) for one in again.owed()] == [UNDO]


def test_an_officer_need_not_wait(office: Office) -> None:
    booking = submitted(office)
    office.run(office.leaving.now(booking))
    assert len(offered(office)) == 1


def test_what_is_urgent_overtakes(office: Office, clock: JumpingClock) -> None:
    first, second = submitted(office), submitted(office)
    assert office.run(office.leaving.urgent(second, urgent=True))
    assert not office.run(office.leaving.urgent("20261124-NONESUCH", urgent=True))
    clock.advance(timedelta(seconds=UNDO))
    items = office.outbound.pending()
    assert [(office.ledger.booking_of(one.txid), one.priority) for one in items] == [(second, URGENT), (first, NORMAL)]


def test_what_is_undone_is_undone_whole_or_not_at_all(office: Office, clock: JumpingClock) -> None:
    """The journal is written last: when it cannot be, nothing of the undoing stays."""
    booking = submitted(office)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    broken = Leaving(office.database, full, clock, timedelta(seconds=UNDO))
    with pytest.raises(LivescanError, match="full"):
        office.run(broken.undo(booking, "officer-01"))
    assert office.ledger.booking(booking).state is BookingState.SEALED  # type: ignore[union-attr]
    assert office.tcns.account()[0].state is TcnState.SENT
    clock.advance(timedelta(seconds=UNDO))
    assert len(offered(office)) == 1


def test_a_booking_that_is_not_sealed_has_nothing_to_undo(office: Office) -> None:
    booking = office.run(office.desk.open(FACTS, "officer-01"))
    with pytest.raises(TooLate, match="not sealed"):
        office.run(office.leaving.undo(booking, "officer-01"))
