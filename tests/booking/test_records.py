"""Corrections, resending, files out and in, photos: with a real ledger, vault, casework, keys and workers."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.audit.entries import Event
from agent.booking.facts import FactsError, facts_to_json
from agent.booking.from_file import ImportRefused, facts_of, read_card
from agent.booking.records import RecordsError, WantedPhoto
from agent.booking.sealing import NotSealed
from agent.booking.states import BookingState
from agent.capture.camera import NoPicture, take_picture
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.model.fingers import MissingReason, Position
from agent.model.photo import PhotoKind
from agent.nist.codec import build, parse
from agent.nist.errors import NistError
from agent.nist.records import TaggedRecord, Transaction
from agent.nist.write import transaction
from agent.submission import pictures
from agent.submission.pictures import Picture, pictures_of
from agent.submission.profiles import CAR
from tests.booking.office import FACTS, Office
from tests.data import testdata
from tests.nist.samples import ARREST, SUBJECT, a_booking, a_car, car_bytes, images_without, with_print


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    camera = folder / "camera.png"
    Image.new("RGB", (64, 80), (200, 100, 10)).save(camera)
    opened = Office(folder, camera=str(camera))
    yield opened
    opened.close()


def sealed(office: Office) -> BookingId:
    async def run() -> BookingId:
        booking_id = await office.desk.open(FACTS, "officer-01")
        await office.settled(booking_id)
        return booking_id

    return office.run(run())


def sent(office: Office, booking_id: str) -> Transaction:
    """The last submission as the bureau opens it."""
    data = office.run(office.records.envelope(booking_id, "officer-01"))
    return parse(office.opened(data))


def fingers(tx: Transaction) -> dict[Position, Picture]:
    return pictures.fingers(pictures_of(tx))


# corrections


def test_corrected_facts_go_under_a_new_number_that_names_the_old(office: Office) -> None:
    booking_id = sealed(office)
    first = sent(office, booking_id)
    before = office.run(office.sealer.file(booking_id))
    mended = replace(FACTS, subject=replace(FACTS.subject, name="TRAINING,SAMUEL"))

    async def correct() -> str | None:
        corrects = await office.records.correct(booking_id, "officer-02", mended, ())
        await office.settled(booking_id)
        return corrects

    assert office.run(correct()) == first.tcn
    second = sent(office, booking_id)
    type2 = second.first(2)
    assert type2 is not None
    assert (second.tcr, type2.text(18)) == (first.tcn, "TRAINING,SAMUEL")
    assert second.tcn != first.tcn
    assert office.records.corrected_by(booking_id) == {second.tcn: first.tcn}
    assert office.run(office.prints.file(booking_id, f"car-{first.tcn}")) == before  # what was sent stays as it was sent
    assert {p: bytes(v.data) for p, v in fingers(first).items()} == {p: bytes(v.data) for p, v in fingers(second).items()}
    assert [step.words for step in office.casework.thread(booking_id) if step.name == "signed"] == [
        f"Signed and sealed to the bureau as {second.tcn}."
    ]


def test_only_the_fingers_named_are_taken_again(office: Office) -> None:
    booking_id = sealed(office)
    first = sent(office, booking_id)
    office.scanner.taken.clear()

    async def correct() -> None:
        await office.records.correct(booking_id, "officer-02", None, (Position.LEFT_RING, Position.PLAIN_LEFT_FOUR))
        await office.settled(booking_id)

    office.run(correct())
    second = sent(office, booking_id)
    assert sorted(office.scanner.taken) == [Position.LEFT_RING, Position.PLAIN_LEFT_FOUR]
    changed = {p for p in CAR.positions if bytes(fingers(first)[p].data) != bytes(fingers(second)[p].data)}
    assert changed == {Position.LEFT_RING, Position.PLAIN_LEFT_FOUR}
    assert second.tcr == first.tcn


def test_a_correction_of_a_correction_names_the_one_before(office: Office) -> None:
    booking_id = sealed(office)
    numbers = [sent(office, booking_id).tcn]
    for name in ("TRAINING,SAMUEL", "TRAINING,SAMUEL B"):

        async def correct(name: str = name) -> None:
            await office.records.correct(booking_id, "officer-02", replace(FACTS, subject=replace(FACTS.subject, name=name)), ())
            await office.settled(booking_id)

        office.run(correct())
        tx = sent(office, booking_id)
        assert tx.tcr == numbers[-1]
        numbers.append(tx.tcn)
    assert len(set(numbers)) == 3


def test_facts_of_a_held_booking_are_mended_under_the_same_number(office: Office) -> None:
    """Nothing was sent, so nothing is referred to."""

    async def run() -> BookingId:
        wrong = replace(FACTS, subject=replace(FACTS.subject, eyes="TURQUOISE"))
        booking_id = await office.desk.open(wrong, "officer-01")
        await office.settled(booking_id, BookingState.HELD)
        assert await office.records.correct(booking_id, "officer-01", FACTS, ()) is None
        await office.settled(booking_id)
        return booking_id

    booking_id = office.run(run())
    assert sent(office, booking_id).tcr is None
    assert [row.tcn for row in office.tcns.account() if row.booking_id == booking_id] == [sent(office, booking_id).tcn]


def test_what_cannot_be_corrected_is_refused_in_words(office: Office) -> None:
    booking_id = sealed(office)
    for booking, facts, retake, said in (
        ("20261124-ZZZZZZZZ", FACTS, (), "no such booking"),
        (booking_id, None, (), "Nothing is to be corrected"),
        (booking_id, None, (Position.PLAIN_THUMBS,), "plain thumbs"),
    ):
        with pytest.raises(RecordsError, match=said):
            office.run(office.records.correct(booking, "officer-01", facts, retake))


# sending again


def test_what_has_no_receipt_is_sent_again_as_it_is(office: Office) -> None:
    booking_id = sealed(office)
    (digest,) = (row.envelope_sha256 for row in office.ledger.submissions(booking_id))
    assert office.run(office.records.resend(booking_id, "officer-01")) == digest


def test_what_has_its_receipt_is_sealed_anew_with_the_same_bytes_and_number(office: Office) -> None:
    booking_id = sealed(office)
    (row,) = office.ledger.submissions(booking_id)
    assert row.envelope_sha256 is not None
    before = office.opened(office.run(office.records.envelope(booking_id, "officer-01")))
    office.run(office.outbound.receipted(row.envelope_sha256))
    with pytest.raises(RecordsError, match="signed for"):
        office.run(office.records.envelope(booking_id, "officer-01"))
    with pytest.raises(NotSealed, match="being closed"):
        office.run(office.records.resend(booking_id, "officer-01"))
    office.run(office.outbound.release_acknowledged(row.envelope_sha256))
    txid = office.run(office.records.resend(booking_id, "officer-01"))
    (again,) = office.ledger.submissions(booking_id)
    assert txid == again.envelope_sha256 != row.envelope_sha256
    assert (again.tcn, again.content_sha256, again.receipted) == (row.tcn, row.content_sha256, False)
    assert office.opened(office.run(office.records.envelope(booking_id, "officer-01"))) == before
    assert txid in office.ledger.unreceipted()


def test_a_booking_that_is_not_sealed_has_no_file(office: Office) -> None:
    async def run() -> None:
        booking_id = await office.desk.open(FACTS, "officer-01")
        for what in (
            office.records.envelope(booking_id, "officer-01"),
            office.records.plain_file(booking_id, "officer-01"),
            office.records.resend(booking_id, "officer-01"),
        ):
            with pytest.raises(NotSealed):
                await what
        await office.settled(booking_id)

    office.run(run())


def test_who_takes_the_plain_file_out_is_on_the_audit_record(office: Office) -> None:
    booking_id = sealed(office)
    data = office.run(office.records.plain_file(booking_id, "officer-09"))
    assert build(parse(data)) == data
    noted = office.noted[-1]
    assert (noted.event, noted.who, noted.booking) == (Event.FILE_EXPORTED, "officer-09", booking_id)


# from a file


def test_a_card_becomes_a_booking_and_its_images_are_sent_as_they_came(office: Office) -> None:
    card = testdata("prints/nist/type-4-tpcard.an2").read_bytes()

    async def run() -> str:
        made = await office.records.import_file(card, FACTS, "officer-01")
        assert made["ignored"] == []
        await office.settled(made["booking"])
        return str(made["booking"])

    booking_id = office.run(run())
    tx = sent(office, booking_id)
    theirs, ours = fingers(parse(card)), fingers(tx)
    assert {p: bytes(v.data) for p, v in ours.items()} == {p: bytes(v.data) for p, v in theirs.items()}
    assert all(not picture.live for picture in ours.values())
    type2 = tx.first(2)
    assert type2 is not None
    assert type2.field(67) is None  # the file names no scanner
    taken = office.run(office.prints.impression(BookingId(booking_id), Position.PLAIN_RIGHT_FOUR))
    assert taken.quality is not None
    assert len(taken.quality.fingers) in (0, 4)


def test_a_transaction_of_ours_comes_back_with_its_own_facts(office: Office) -> None:
    async def run() -> str:
        made = await office.records.import_file(car_bytes(), None, "officer-01")
        await office.settled(made["booking"])
        return str(made["booking"])

    booking_id = office.run(run())
    facts = office.run(office.prints.facts(BookingId(booking_id)))
    assert (facts.subject, facts.arrest) == (SUBJECT, ARREST)
    taken = office.run(office.prints.impression(BookingId(booking_id), Position.LEFT_RING))
    assert taken.override is not None  # 64 pixels of waves are no print, and nobody can take it again
    assert taken.override.by == "officer-01"
    assert taken.device.make == "TRAINING"


def test_type_14_with_a_missing_finger_says_what_it_leaves_out() -> None:
    card = read_card(parse(testdata("prints/nist/type-14-amp-nqm-utf8.an2").read_bytes()))
    assert sorted(card.prints) == [13, 14]
    assert card.ignored == ("plain thumbs",)


def test_missing_fingers_come_from_the_file() -> None:
    missing = {Position.LEFT_RING: MissingReason.AMPUTATED, Position.RIGHT_THUMB: MissingReason.UNPRINTABLE}
    gone = images_without(Position.LEFT_RING, Position.RIGHT_THUMB, Position.PLAIN_RIGHT_THUMB)
    facts = facts_of(parse(car_bytes(a_booking(missing=missing), gone)))
    assert facts.missing == missing


def test_facts_that_the_file_has_not_are_named(office: Office) -> None:
    card = testdata("prints/nist/type-4-tpcard.an2").read_bytes()
    with pytest.raises(FactsError, match=r"subject\.name"):
        office.run(office.records.import_file(card, None, "officer-01"))


def hostile() -> dict[str, tuple[bytes, str]]:
    """Files that must not become bookings."""
    tx = a_car()
    return {
        "no ANSI/NIST file": (b"\x00" * 100, "damaged"),
        "no images": (build(Transaction((_count_none(tx), tx.records[1]))), "no finger image"),
        "an image that is none": (build(with_print(tx, 3, data=b"\xff\xa0\xff\xa4" + b"\x00" * 50)), "right middle"),
        "an image of another size": (build(with_print(tx, 3, width=65)), "right middle"),
        "native resolution": (build(with_print(tx, 3, resolution=1)), "unknown ppi"),
    }


def _count_none(tx: Transaction) -> TaggedRecord:
    others = {f.number: f for f in tx.type1.fields if f.number not in (1, 3)}
    head = transaction([others[n] for n in sorted(others)], [tx.records[1]]).records[0]
    assert isinstance(head, TaggedRecord)
    return head


@pytest.mark.parametrize("name", hostile())
def test_a_file_that_is_none_opens_no_booking(office: Office, name: str) -> None:
    data, said = hostile()[name]
    before = office.ledger.bookings()
    with pytest.raises((NistError, ImportRefused), match=said):
        office.run(office.records.import_file(data, FACTS, "officer-01"))
    assert office.ledger.bookings() == before


def test_an_image_that_kills_its_decoder_is_refused_by_name(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.decoding.desk.told", _die)
    with pytest.raises(ImportRefused, match="ended the process"):
        office.run(office.records.import_file(car_bytes(), FACTS, "officer-01"))


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


# photos


def test_the_camera_is_whatever_opencv_opens(tmp_path: Path) -> None:
    picture = tmp_path / "face.png"
    Image.new("RGB", (48, 60), (250, 20, 10)).save(picture)
    pixels = take_picture(str(picture))
    assert pixels.shape == (60, 48, 3)
    assert np.abs(pixels.reshape(-1, 3).mean(0) - (250, 20, 10)).max() < 4
    with pytest.raises(NoPicture):
        take_picture(str(tmp_path / "nothing.png"))


def test_photos_are_sent_with_the_prints_and_a_new_face_replaces_the_old(office: Office) -> None:
    tattoo = io.BytesIO()
    Image.new("RGB", (30, 40), (0, 0, 90)).save(tattoo, "PNG")

    async def run() -> str:
        booking_id = await office.desk.open(FACTS, "officer-01")
        assert await office.records.add_photo(booking_id, "officer-01", WantedPhoto()) == 1
        marked = WantedPhoto(PhotoKind.TATTOO, "TAT L ARM", "ANCHOR", tattoo.getvalue())
        assert await office.records.add_photo(booking_id, "officer-01", marked) == 2
        assert await office.records.add_photo(booking_id, "officer-01", WantedPhoto()) == 1
        await office.settled(booking_id)
        return booking_id

    tx = sent(office, office.run(run()))
    photos = [r for r in tx.of_type(10) if isinstance(r, TaggedRecord)]
    assert [(r.text(3), r.text(6), r.text(7), r.text(11)) for r in photos] == [
        ("FACE", "64", "80", "JPEGB"),
        ("TATTOO", "30", "40", "JPEGB"),
    ]


def test_a_photo_of_a_sealed_booking_is_a_correction(office: Office) -> None:
    booking_id = sealed(office)
    first = sent(office, booking_id)

    async def run() -> None:
        await office.records.add_photo(booking_id, "officer-01", WantedPhoto())
        await office.settled(booking_id)

    office.run(run())
    second = sent(office, booking_id)
    assert second.tcr == first.tcn
    assert len(list(second.of_type(10))) == 1


@pytest.mark.parametrize(
    ("wanted", "said"),
    [(WantedPhoto(PhotoKind.SCAR), "NCIC code"), (WantedPhoto(picture=b"GIF89a"), "none of the formats")],
    ids=["a scar without its code", "no picture"],
)
def test_a_photo_that_cannot_be_used_is_refused(office: Office, wanted: WantedPhoto, said: str) -> None:
    booking_id = sealed(office)
    with pytest.raises(LivescanError, match=said):
        office.run(office.records.add_photo(booking_id, "officer-01", wanted))


def test_facts_survive_as_json() -> None:
    assert b"TRAINING,SAM" in facts_to_json(FACTS)
