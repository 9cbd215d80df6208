"""The test book: every case is what it says, and whoever gets the folder can verify it without this program."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import nistitl
import numpy as np
import pytest
from typer.testing import CliRunner

from agent.cli.nist import app
from agent.conformance.book import Book, make_book, write_book
from agent.conformance.cases import cases
from agent.conformance.prints import boxes, draw, size
from agent.errors import LivescanError
from agent.model.fingers import FINGERS, Position, fingers_of
from agent.nist.check import check
from agent.nist.codec import build, parse
from agent.nist.editions import EDITIONS, standard
from agent.nist.findings import errors
from agent.nist.records import BinaryRecord, TaggedRecord
from agent.submission.pictures import pictures_of
from agent.workers import Workers
from tests.nist.test_profiles import state

pytestmark = pytest.mark.xdist_group("conformance")  # the book is made once


def made(edition: str, profile: bool = False) -> Book:
    workers = Workers(2)
    try:
        return asyncio.run(make_book(edition, state() if profile else None, workers, lambda _: None))
    finally:
        workers.close()


@pytest.fixture(scope="module")
def book() -> Book:
    return made("11.0")


def test_every_case_has_a_name_and_a_sentence_of_its_own() -> None:
    for edition in EDITIONS:
        listed = list(cases(standard(edition), state() if edition == "11.0" else None))
        assert len({case.name for case in listed}) == len(listed) > 70
        assert all(case.title.endswith(".") for case in listed)


def test_what_is_said_of_a_case_is_so(book: Book) -> None:
    for page in book.pages:
        tx = parse(page.data)
        assert build(tx) == page.data
        assert page.accepted == (not errors(check(tx)))
        assert page.sha256 == hashlib.sha256(page.data).hexdigest()


def test_every_finger_is_missing_once_for_each_reason(book: Book) -> None:
    names = {page.name for page in book.pages}
    for finger in FINGERS:
        words = finger.words.replace(" ", "-")
        assert {f"amputated-{finger:02d}-{words}", f"bandaged-{finger:02d}-{words}"} <= names


def test_every_mandatory_field_is_left_out_once(book: Book) -> None:
    mandatory = [row for row in standard().rows(2) if (row.occurrences("CAR") or (0, 0))[0] and row.number > 2]
    rejected = {page.name: page for page in book.pages if not page.accepted}
    for row in mandatory:
        assert [finding["id"] for finding in rejected[f"without-{row.mnemonic.lower()}"].findings] == [f"{row.tag}/mandatory"]


def test_all_fields_are_all_forty_eight(book: Book) -> None:
    type2 = parse(next(page.data for page in book.pages if page.name == "all-fields")).first(2)
    assert type2 is not None
    assert len(type2.fields) == 48


def test_every_kind_of_image_is_there(book: Book) -> None:
    pictures = [picture for page in book.pages for picture in pictures_of(parse(page.data))]
    kinds = {(picture.record_type, picture.coding, picture.ppi) for picture in pictures}
    assert {(4, "WSQ20", 500), (14, "WSQ20", 500), (14, "JP2", 1000), (10, "JPEGB", 0), (15, "WSQ20", 500)} <= kinds


def test_control_numbers_are_each_their_own(book: Book) -> None:
    tcns = [parse(page.data).tcn for page in book.pages]
    assert len(set(tcns)) == len(tcns)


@pytest.mark.long
def test_book_of_a_state_has_its_fields_and_its_refusals() -> None:
    pages = {page.name: page for page in made("11.0", profile=True).pages}
    assert {"other-bureau", "without-sid", "not-taken-2-098", "without-arn", "without-atn"} <= pages.keys()
    type2 = parse(pages["plain-card"].data).first(2)
    assert isinstance(type2, TaggedRecord)
    assert type2.text(1001)
    assert not type2.text(98)


@pytest.mark.long
@pytest.mark.parametrize("edition", ["9.1", "10.0"])
def test_book_of_an_earlier_edition(edition: str) -> None:
    assert len(made(edition).pages) > 70


def test_folder_can_be_verified_without_this_program(book: Book, tmp_path: Path) -> None:
    written = write_book(book, tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    assert len(written) == 2 * len(index["cases"]) + 2
    for case in index["cases"]:
        assert hashlib.sha256((tmp_path / case["file"]).read_bytes()).hexdigest() == case["sha256"]
        assert json.loads((tmp_path / f"{case['case']}.json").read_text())["findings"] == case["findings"]
    pdf = (tmp_path / "summary.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    write_book(book, tmp_path)
    assert (tmp_path / "summary.pdf").read_bytes() == pdf


def test_case_that_is_not_what_it_should_be_stops_the_book(monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.conformance import book as module

    monkeypatch.setattr(module, "cases", lambda *_: [case for case in cases(standard(), None) if case.name == "plain-card"])
    monkeypatch.setattr(module, "check", lambda *_, **__: [_strange()])
    with pytest.raises(LivescanError, match="plain-card"):
        made("11.0")


def _strange() -> object:
    from agent.nist.findings import Rule, error

    return error("2.018", Rule.SYNTAX, "nowhere", "Strange.")


def test_a_gone_finger_is_not_drawn() -> None:
    slap = Position.PLAIN_RIGHT_FOUR
    whole, without = draw(slap), draw(slap, gone=frozenset([Position.RIGHT_RING]))
    left, top, right, bottom = boxes(slap)[Position.RIGHT_RING]
    assert whole.shape == without.shape == size(slap)[::-1]
    assert np.all(without[top:bottom, left:right] == 255)
    assert np.mean(whole[top:bottom, left:right]) < 220
    assert set(boxes(slap)) == set(fingers_of(slap))


def test_command_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    for name in ("ebts-12.0", "nowhere"):
        done = CliRunner().invoke(app, ["conformance", name, "--out", str(tmp_path)])
        assert isinstance(done.exception, LivescanError)
    assert not list(tmp_path.iterdir())


def test_independent_reader_reads_every_field_of_every_case(book: Book) -> None:
    """nistitl (IDEMIA) takes LEN, IDC and the numbers of binary headers for numbers and computes CNT itself; all else must be the same."""
    for page in book.pages:
        message = nistitl.Message()
        message.parse(page.data)
        ours = parse(page.data)
        assert len(message) == len(ours.records)
        for theirs, record in zip(message, ours.records, strict=True):
            if isinstance(record, BinaryRecord):
                assert (theirs.type, theirs.IDC, theirs.NIST) == (4, record.idc, bytes(record.raw))
                continue
            for field in record.fields:
                if (record.type, field.number) in ((1, 3), (1, 1)) or field.number == 1:
                    continue
                expected = bytes(field.raw) if field.number != 2 or record.type == 1 else str(int(field.text)).encode()
                assert bytes(theirs[field.number].NIST) == f"{field.tag}:".encode() + expected, (page.name, field.tag)
