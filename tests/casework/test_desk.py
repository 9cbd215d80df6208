"""Receipts and replies, from sealed bytes to the booking's thread."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from agent.access.roles import Role
from agent.casework import inbox
from agent.casework.answer_states import IdentState, ImmigrationState
from agent.casework.desk import Casework
from agent.casework.errors import CaseworkError
from agent.casework.events import CaseState, EventKind
from agent.casework.inbound_files import InboundFiles
from agent.casework.submission_states import SubmissionState
from agent.casework.taken import Taken
from agent.casework.tie import TiedBy
from agent.casework.viewing import Viewer
from agent.clock import SetClock
from agent.model.booking import BookingId
from agent.model.messages import Environment, MessageKind, ReplyKind, Routing
from agent.nist.codec import build, parse
from agent.nist.write import tagged_record, transaction
from agent.signing import seal as sealing
from agent.signing.keys import BureauKeys, init_training
from agent.store.vault import VaultError
from agent.submission import replies
from tests.casework.bench import BOOKING, BUREAU, NOW, POLICY, STATION, TCN, Desk, Keys, Office, car


def _rid(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def _take(desk: Desk, data: bytes) -> Taken:
    try:
        return await desk.casework.take(_rid(data), data)
    finally:
        await desk.casework.at_rest()


async def _sent_and_taken(desk: Desk, digest: str, *messages: bytes) -> list[Taken]:
    await desk.sent(digest)
    return [await _take(desk, message) for message in messages]


def _run(desk: Desk, digest: str, *messages: bytes) -> list[Taken]:
    return asyncio.run(_sent_and_taken(desk, digest, *messages))


def test_a_verified_receipt_acknowledges_and_releases_the_payload(desk: Desk, office: Office, digest: str) -> None:
    [taken] = _run(desk, digest, office.receipt(digest))
    assert taken == Taken("receipt", BOOKING, TCN, "e" * 64, verified=True, answers_sha256=digest)
    assert desk.casework.state(BOOKING).submission is SubmissionState.ACKNOWLEDGED
    assert desk.casework.manual_queue() == ()


@pytest.mark.parametrize(
    "change",
    [
        {"content_sha256": "0" * 64},
        {"stage": "conflict"},
        {"station": "LS-0002"},
        {"tcn": "LS-0001-OTHER"},
        {"bureau": "SOMEBODY"},
        {"schema": "livescan-receipt/2"},
        {"received_at": "yesterday"},
        {"duplicate": "no"},
        {"envelope_sha256": None},
    ],
)
def test_a_receipt_about_anything_else_goes_to_a_person_and_releases_nothing(
    desk: Desk, office: Office, digest: str, change: dict[str, Any]
) -> None:
    body = office.receipt_body(digest) | change
    [taken] = _run(desk, digest, office.send(json.dumps(body).encode(), MessageKind.RECEIPT))
    assert taken.release_txid is None
    assert taken.manual
    assert desk.casework.state(BOOKING).submission is SubmissionState.SEALED
    assert [waiting.taken for waiting in desk.casework.manual_queue()] == [taken]


def test_receipt_for_a_transaction_never_sent_goes_to_a_person(desk: Desk, office: Office, digest: str) -> None:
    taken = asyncio.run(_take(desk, office.receipt(digest)))
    assert (taken.booking_id, taken.release_txid) == (None, None)
    assert len(desk.casework.manual_queue()) == 1


def test_sre_and_idr_are_tied_by_tcr(desk: Desk, office: Office, digest: str) -> None:
    taken = _run(desk, digest, office.sre(), office.idr())
    assert [(one.kind, one.booking_id, one.tied_by) for one in taken] == [
        ("SRE", BOOKING, TiedBy.TCR),
        ("IDR_NO_MATCH", BOOKING, TiedBy.TCR),
    ]
    assert desk.casework.state(BOOKING) == CaseState(SubmissionState.SEALED, IdentState.NOT_IDENTIFIED, ImmigrationState.NO_MATCH)


def test_idr_alone_never_blocks_or_answers_the_sre(desk: Desk, office: Office, digest: str) -> None:
    _run(desk, digest, office.idr())
    assert desk.casework.state(BOOKING).ident is IdentState.AWAITED
    asyncio.run(_take(desk, office.sre(identified=True)))
    assert desk.casework.state(BOOKING).ident is IdentState.IDENTIFIED


def test_an_unclassified_reply_moves_nothing_and_waits_for_a_person(desk: Desk, office: Office, digest: str) -> None:
    odd = office.reply(replies.build_idr_no_match, "SIB-0000000009").replace(b"IDR/1|", b"IDR/9|")
    [taken] = _run(desk, digest, office.send(odd))
    assert (taken.kind, taken.booking_id) == (ReplyKind.UNCLASSIFIED, BOOKING)
    assert desk.casework.state(BOOKING).immigration is ImmigrationState.AWAITED
    assert desk.casework.thread(BOOKING)[-1].name == "manual"


def test_a_joint_idr_and_iar_records_both(desk: Desk, office: Office, digest: str) -> None:
    joint = office.reply(replies.build_idr_match, "SIB-0000000003", encounters=[replies.Encounter(name="TESTER,TESS")], iar="TEXT")
    _run(desk, digest, office.send(joint))
    assert desk.casework.state(BOOKING).immigration is ImmigrationState.MATCH_WITH_IAR


def test_errt_rejects_the_submission(desk: Desk, office: Office, digest: str) -> None:
    errt = office.reply(replies.build_errt, "SIB-0000000004", messages=["E0001 DOB"])
    _run(desk, digest, office.send(errt), office.receipt(digest))
    assert desk.casework.state(BOOKING) == CaseState(SubmissionState.REJECTED, IdentState.ERROR, ImmigrationState.AWAITED)


def test_an_orphan_reply_is_kept_for_a_person(desk: Desk, office: Office, digest: str) -> None:
    sre = office.sre()
    taken = asyncio.run(_take(desk, sre))
    assert (taken.kind, taken.booking_id) == ("SRE", None)
    [waiting] = desk.casework.manual_queue()
    assert desk.casework.original(waiting.rid) == sre


@pytest.mark.parametrize("data", [b"", b"\x30\x80", b"not an envelope at all"])
def test_bytes_that_are_no_envelope_are_kept_for_a_person(desk: Desk, data: bytes) -> None:
    assert asyncio.run(_take(desk, data)).kind == "unusable"
    [waiting] = desk.casework.manual_queue()
    assert desk.casework.original(waiting.rid) == data


def test_one_flipped_bit_is_kept_for_a_person(desk: Desk, office: Office, digest: str) -> None:
    data = bytearray(office.receipt(digest))
    data[-40] ^= 1
    [taken] = _run(desk, digest, bytes(data))
    assert (taken.kind, taken.release_txid) == ("unusable", None)


def test_a_station_cannot_give_receipts(desk: Desk, office: Office, digest: str) -> None:
    own = office.keys.station
    routing = Routing(MessageKind.RECEIPT, STATION, TCN, STATION, Environment.TRAINING)
    body = json.dumps(office.receipt_body(digest)).encode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealing, "_refusal", lambda *arguments: None)
        forged = sealing.seal(body, routing, signer=own.signer, recipient=own.openers[0].certificate, now=NOW)
    [taken] = _run(desk, digest, forged.data)
    assert (taken.kind, taken.release_txid) == ("unusable", None)
    assert "bureau" in (taken.manual or "")


def test_the_bureau_of_another_authority_is_not_believed(tmp_path: Path, desk: Desk, office: Office, digest: str) -> None:
    init_training(tmp_path / "other", station=STATION, bureau=BUREAU, clock=SetClock(NOW))
    stranger = BureauKeys.load(tmp_path / "other", environment=Environment.TRAINING)
    theirs = Office(Keys(tmp_path, office.keys.station, stranger), car())
    [taken] = _run(desk, digest, theirs.receipt(digest))
    assert (taken.kind, taken.release_txid) == ("unusable", None)


def test_the_same_message_twice_has_one_effect_and_one_answer(desk: Desk, office: Office, digest: str) -> None:
    sre = office.sre()
    first, second = _run(desk, digest, sre, sre)
    assert first == second
    assert [event.kind for event in desk.casework.events(BOOKING)].count(EventKind.SRE_NON_IDENT) == 1


def test_the_same_reply_in_another_envelope_has_one_effect(desk: Desk, office: Office, digest: str) -> None:
    _run(desk, digest, office.sre(), office.sre())
    assert [event.kind for event in desk.casework.events(BOOKING)].count(EventKind.SRE_NON_IDENT) == 1
    assert desk.casework.manual_queue() == ()


def test_another_reply_under_a_used_control_number_goes_to_a_person(desk: Desk, office: Office, digest: str) -> None:
    taken = _run(desk, digest, office.sre(identified=False), office.sre(identified=True))
    assert taken[1].manual
    assert desk.casework.state(BOOKING).ident is IdentState.NOT_IDENTIFIED


def test_a_reply_without_tcr_is_tied_by_oca(desk: Desk, office: Office, digest: str) -> None:
    content = _without_tcr(office.reply(replies.build_sre, "SIB-0000000001", identified=False))
    [taken] = _run(desk, digest, office.send(content))
    assert taken.tied_by is TiedBy.OCA


def test_a_reply_with_the_fbi_number_only_is_tied_by_it(desk: Desk, office: Office, digest: str) -> None:
    request = Office(office.keys, car("SIB-MASTER-0001", BookingId("20200101-OTHER")))
    content = _without_tcr(request.reply(replies.build_sre, "SIB-0000000001", identified=True, fbi_number="123456AA7"))
    [taken] = _run(desk, digest, office.send(content))
    assert (taken.tied_by, taken.booking_id) == (TiedBy.FBI_NUMBER, BOOKING)


def test_envelope_and_content_naming_different_submissions_is_for_a_person(desk: Desk, office: Office, digest: str) -> None:
    async def story() -> Taken:
        await desk.sent(digest)
        await desk.sent("b" * 64, tcn="LS-0001-OTHER", booking=BookingId("20261124-OTHER"))
        return await _take(desk, office.send(office.reply(replies.build_sre, "SIB-0000000001", identified=False), tcn="LS-0001-OTHER"))

    taken = asyncio.run(story())
    assert taken.booking_id is None
    assert taken.manual


def test_original_bytes_lie_with_their_booking_and_are_shredded_with_it(desk: Desk, office: Office, digest: str) -> None:
    sre = office.sre()
    first, again = _run(desk, digest, sre, sre)
    assert desk.vault.names(BOOKING) == (f"rx-{_rid(sre)}",)
    assert desk.vault.bookings() == (BOOKING,)
    desk.vault.shred(BOOKING)
    assert asyncio.run(_take(desk, sre)) == first == again
    assert desk.vault.bookings() == ()


@pytest.mark.parametrize("step", ["arrive", "settle", "moved"])
def test_a_crash_between_any_two_steps_is_made_good_by_resuming(
    desk: Desk, office: Office, digest: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*arguments: object) -> None:
        raise KeyboardInterrupt

    sre = office.sre()
    with monkeypatch.context() as patched:
        patched.setattr(inbox, step, crash)
        with pytest.raises(KeyboardInterrupt):
            _run(desk, digest, sre)
    fresh = Casework(desk.database, desk.vault, office.keys.station, SetClock(NOW), lambda: POLICY)
    assert asyncio.run(fresh.resume()) == (1 if step == "moved" else 0)
    taken = asyncio.run(fresh.take(_rid(sre), sre))
    assert (taken.booking_id, taken.tied_by) == (BOOKING, TiedBy.TCR)
    assert [event.kind for event in desk.casework.events(BOOKING)].count(EventKind.SRE_NON_IDENT) == 1
    assert desk.vault.bookings() == (BOOKING,)


def test_a_message_that_could_not_be_put_away_is_read_all_the_same_and_put_away_at_the_next_start(
    desk: Desk, office: Office, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sre = office.sre()

    def full(*_: object) -> None:
        raise VaultError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(InboundFiles, "_put", full)
        [taken] = _run(desk, digest, sre)
    assert taken.booking_id == BOOKING
    assert desk.casework.original(_rid(sre)) == sre
    assert asyncio.run(desk.casework.resume()) == 1
    assert desk.vault.names(BOOKING) == (f"rx-{_rid(sre)}",)
    assert desk.vault.bookings() == (BOOKING,)


def test_a_message_whose_booking_was_destroyed_on_its_way_leaves_nothing(desk: Desk, office: Office, digest: str) -> None:
    """The row goes between the settling of the message and the moving of its bytes."""
    sre = office.sre()

    async def story() -> None:
        await desk.sent(digest)
        await desk.casework.take(_rid(sre), sre)
        await desk.database.write(lambda db: (db.execute("DELETE FROM case_effects"), db.execute("DELETE FROM case_inbound")))
        await desk.casework.at_rest()

    asyncio.run(story())
    assert desk.vault.bookings() == ()


def test_no_personal_data_in_the_database(desk: Desk, office: Office, digest: str) -> None:
    _run(desk, digest, office.receipt(digest), office.sre(identified=True, fbi_number="123456AA7"), office.idr())
    desk.database.close()
    stored = b"".join(path.read_bytes() for path in desk.database.path.parent.glob("core.sqlite*"))
    for secret in (b"TESTER", b"123456AA7", b"ST1234567", b"19900101"):
        assert secret not in stored


def test_one_control_number_never_stands_for_two_files(desk: Desk, digest: str) -> None:
    async def story() -> None:
        await desk.sent(digest)
        with pytest.raises(CaseworkError, match="another file"):
            await desk.sent("b" * 64)

    asyncio.run(story())


def test_sealing_again_keeps_the_submission(desk: Desk, office: Office, digest: str) -> None:
    async def story() -> Taken:
        await desk.sent(digest)
        await desk.casework.record(BOOKING, EventKind.SEALED, NOW, tcn=TCN, content_sha256=digest, envelope_sha256="f" * 64)
        return await _take(desk, office.receipt(digest, envelope_sha256="f" * 64))

    assert asyncio.run(story()).release_txid == "f" * 64


def _without_tcr(content: bytes) -> bytes:
    """The same reply as a bureau would send that does not return the TCR."""
    tx = parse(content)
    type1 = [field for field in tx.type1.fields if field.number not in (1, 3, 10)]
    type2 = tx.first(2)
    assert type2 is not None
    return build(transaction(type1, [tagged_record(2, [field for field in type2.fields if field.number != 1])]))


def test_a_place_that_a_crash_left_without_bytes_is_tidied_at_the_start(desk: Desk, office: Office, digest: str, tmp_path: Path) -> None:
    """Killed between the key of a message's place and its bytes: the uplink still has the message and brings it again."""
    message = office.receipt(digest)
    place = f"inbox-{_rid(message)}"
    desk.vault.put(place, "envelope", message)
    (tmp_path / "vault" / place / "envelope").unlink()
    asyncio.run(desk.casework.resume())
    assert place not in desk.vault.bookings()
    [taken] = _run(desk, digest, message)
    assert taken.release_txid is not None


def test_bytes_that_were_stored_and_not_yet_noted_are_taken_at_the_start(desk: Desk, office: Office, digest: str) -> None:
    message = office.receipt(digest)
    asyncio.run(desk.sent(digest))
    desk.vault.put(f"inbox-{_rid(message)}", "envelope", message)
    asyncio.run(desk.casework.resume())
    assert desk.casework.state(BOOKING).submission is SubmissionState.ACKNOWLEDGED


def test_why_somebody_looked_is_on_record_and_in_no_column(desk: Desk, office: Office, digest: str) -> None:
    sre = office.sre()

    async def story() -> None:
        await _sent_and_taken(desk, digest, sre)
        await desk.casework.read(_rid(sre), Viewer("officer-07", (Role.RECORDS_LIAISON,), "TESTER,TESS asked for it"))

    asyncio.run(story())
    assert [view.reason for view in desk.casework.views(BOOKING)] == ["TESTER,TESS asked for it"]
    desk.database.close()
    assert b"TESTER" not in b"".join(path.read_bytes() for path in desk.database.path.parent.glob("core.sqlite*"))
