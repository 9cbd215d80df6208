"""What a disk, a crash or a fault can do to a booking: it is noticed, mended or held, and no other booking suffers."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.booking.ledger import SealedWith
from agent.booking.outbound import OutboundError
from agent.booking.renewing import Renewing
from agent.booking.states import BookingState
from agent.clock import SystemClock
from agent.handover.core_end import CoreEnd
from agent.signing.certificates import sha256 as certificate_sha256
from agent.store import files
from tests.booking.office import FACTS, Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


def sealed(office: Office) -> tuple[str, str]:
    """A booking that waits for its receipt, and its transfer id."""
    booking = office.run(office.desk.open(FACTS, "officer-01"))
    office.run(office.settled(booking))
    (txid,) = office.ledger.unreceipted()
    return booking, txid


@pytest.mark.parametrize(
    "harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"rot" + path.read_bytes()[3:])], ids=["gone", "rotten"]
)
def test_an_envelope_that_the_disk_lost_is_sealed_anew_under_the_same_number(office: Office, tmp_path: Path, harm: object) -> None:
    booking, txid = sealed(office)
    content = office.ledger.submissions(booking)[0].content_sha256
    harm(tmp_path / "outbound" / f"{txid}.cms")  # type: ignore[operator]
    with pytest.raises(OutboundError, match="gone or damaged"):
        office.outbound.load(txid)
    assert office.lost == [txid]
    gone = not (tmp_path / "outbound" / f"{txid}.cms").exists()
    assert office.outbound.missing() == ([txid] if gone else []), "at the start nothing is read: damage is found when it is"
    anew = office.run(office.sealer.renew(txid))
    assert anew is not None
    assert office.ledger.unreceipted() == [anew]
    assert hashlib.sha256(office.opened(office.outbound.load(anew))).hexdigest() == content
    assert [row.tcn for row in office.ledger.submissions(booking)] == [office.ledger.submissions(booking)[0].tcn]


def test_the_uplink_is_told_to_let_the_old_envelope_go_until_it_has(office: Office) -> None:
    _, txid = sealed(office)
    anew = office.run(office.sealer.renew(txid))
    assert office.ledger.unacknowledged_releases() == [txid]
    office.run(office.ledger.release_known(txid))
    assert (office.ledger.unacknowledged_releases(), office.ledger.unreceipted()) == ([], [anew])


def test_a_receipt_for_the_old_envelope_is_one_for_the_new(office: Office, tmp_path: Path) -> None:
    """The bureau had it before it was sealed anew: a transaction is its content, not its envelope."""
    _, txid = sealed(office)
    anew = office.run(office.sealer.renew(txid))
    assert sorted(office.run(office.outbound.receipted(txid))) == sorted([txid, anew])
    assert office.ledger.unreceipted() == []
    assert list((tmp_path / "outbound").iterdir()) == []
    assert sorted(office.ledger.unacknowledged_releases()) == sorted([txid, anew])  # type: ignore[type-var]


def test_a_refusal_of_the_old_envelope_does_not_stop_the_new_one(office: Office) -> None:
    _, txid = sealed(office)
    anew = office.run(office.sealer.renew(txid))
    office.run(office.ledger.refused(txid))
    assert office.ledger.unreceipted() == [anew]


BUREAU = "b" * 64
LATER = datetime(2027, 6, 1, tzinfo=UTC)


def outdated(office: Office, now: datetime, bureau: str = "") -> list[str]:
    return office.ledger.outdated(bureau or certificate_sha256(office.keys.bureau).hex(), now)


def test_what_was_sealed_to_a_certificate_that_the_bureau_replaced_is_known_after_any_pause(office: Office) -> None:
    _, txid = sealed(office)
    now = datetime.now(UTC)
    assert outdated(office, now) == []
    assert outdated(office, now, BUREAU) == [txid]
    office.run(office.ledger.refused(txid))
    assert outdated(office, now, BUREAU) == [txid], "what the bureau refused since it could not open it, too"
    office.run(office.outbound.receipted(txid))
    assert outdated(office, now, BUREAU) == []


def test_what_was_signed_with_a_certificate_that_ended_while_it_waited_is_known(office: Office) -> None:
    _, txid = sealed(office)
    assert outdated(office, office.keys.signer.certificate.not_valid_after_utc + timedelta(seconds=1)) == [txid]


def test_what_is_outdated_is_sealed_anew_once_and_the_old_one_let_go(office: Office, tmp_path: Path) -> None:
    booking, txid = sealed(office)
    keys = SimpleNamespace(now=office.keys)
    office.run(office.ledger.resealed(office.sealer.last_sealed(booking).tcn, txid, datetime.now(UTC), SealedWith(BUREAU, LATER)))  # type: ignore[arg-type]

    async def story() -> None:
        end = CoreEnd(tmp_path / "handover.sock", source=office.outbound, sink=None)  # type: ignore[arg-type]
        renewing = Renewing(office.ledger, office.outbound, office.sealer, handover=end, keys=keys, clock=SystemClock())
        await renewing.look()
        await renewing.look()

    office.run(story())
    (anew,) = office.ledger.unreceipted()
    assert anew != txid
    assert office.ledger.unacknowledged_releases() == [txid]
    assert [path.name for path in (tmp_path / "outbound").iterdir()] == [f"{anew}.cms"]
    assert len(office.ledger.submissions(booking)) == 1


def test_a_full_disk_holds_the_booking_and_it_goes_on_when_there_is_room(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    booking = office.run(office.desk.open(FACTS, "officer-01"))
    keep = office.outbound.keep

    async def full(_envelope: object) -> None:
        with monkeypatch.context() as disk:
            disk.setattr(files.os, "fsync", _no_room)
            await keep(_envelope)  # type: ignore[arg-type]

    monkeypatch.setattr(office.outbound, "keep", full)
    office.run(office.settled(booking, BookingState.HELD))
    row = office.ledger.booking(booking)
    assert row is not None
    assert "No space left" in (row.held_why or "")
    monkeypatch.undo()
    office.run(office.desk.resume(row.id))
    office.run(office.settled(booking))


def test_a_fault_in_one_booking_holds_that_one_and_the_next_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = office.sealer.seal
    broken = office.run(office.desk.open(FACTS, "officer-01"))

    async def faulty(booking_id: object) -> str:
        if booking_id == broken:
            raise ZeroDivisionError("a secret of the person")
        return await seal(booking_id)  # type: ignore[arg-type]

    monkeypatch.setattr(office.sealer, "seal", faulty)
    whole = office.run(office.desk.open(FACTS, "officer-01"))
    office.run(office.settled(whole))
    row = office.ledger.booking(broken)
    assert row is not None
    assert row.state is BookingState.HELD
    assert "ZeroDivisionError" in (row.held_why or "")
    assert "secret" not in (row.held_why or "")


def test_a_refused_envelope_is_kept_and_sent_again_only_by_a_person(office: Office) -> None:
    booking, txid = sealed(office)
    office.run(office.ledger.refused(txid))
    assert (office.ledger.unreceipted(), office.ledger.unacknowledged_releases()) == ([], [txid])
    assert office.outbound.load(txid)
    assert office.run(office.records.resend(booking, "officer-01")) == txid
    assert (office.ledger.unreceipted(), office.ledger.unacknowledged_releases()) == ([txid], [])


def _no_room(_handle: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_a_person_sets_aside_is_kept_and_not_sent_until_a_person_tries_again(office: Office, tmp_path: Path) -> None:
    booking, txid = sealed(office)
    tcn = office.sealer.last_sealed(booking).tcn  # type: ignore[arg-type]
    assert office.run(office.leaving.aside(tcn, "officer-01")) == txid
    assert (office.outbound.pending(), office.ledger.unacknowledged_releases()) == ([], [txid])
    assert [path.name for path in (tmp_path / "outbound").iterdir()] == [f"{txid}.cms"]
    assert office.run(office.leaving.again(tcn)) == txid
    assert [item.txid for item in office.outbound.pending()] == [txid]
    assert office.ledger.unacknowledged_releases() == []


def test_what_is_receipted_can_be_neither_set_aside_nor_tried_again(office: Office) -> None:
    booking, txid = sealed(office)
    tcn = office.sealer.last_sealed(booking).tcn  # type: ignore[arg-type]
    office.run(office.outbound.receipted(txid))
    assert office.run(office.leaving.aside(tcn, "officer-01")) is None
    assert office.run(office.leaving.again(tcn)) is None
