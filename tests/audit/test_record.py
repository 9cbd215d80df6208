"""The audit record: what it takes, what it notices, and what a court can check without us."""

from __future__ import annotations

import io
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.audit.book import ANCHOR, CHECKPOINT_EVERY, AuditBook, AuditError
from agent.audit.entries import AuditRefused, Entry, Event, instant
from agent.audit.evidence import NotARecord, archive, verify_archive, verify_file
from agent.signing.keys import StationKeys
from agent.store.database import DatabaseError
from tests.audit.record import NOON, STATION, Record, station_keys

WHOLE = None


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> StationKeys:
    return station_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def record(tmp_path: Path, keys: StationKeys) -> Iterator[Record]:
    made = Record(tmp_path / "audit", keys)
    yield made
    made.book.close()


def fault(record: Record) -> tuple[int, str] | None:
    record.book.close()
    found = verify_file(record.folder, record.keys.ca).fault
    return None if found is None else (found.n, found.sentence)


def test_an_entry_says_what_when_where_by_what_door_and_who(record: Record) -> None:
    record.book.append(Entry(Event.FILE_EXPORTED, "officer-07", "20261124-7K3M9Q2X", "LS-0001-01JDF", door="socket"))
    line = record.book.rows()[0].line
    for said in (
        '"event":"file_exported"',
        '"at":"2026-11-24T12:00:00.25Z"',
        f'"station":"{STATION}"',
        '"door":"socket"',
        '"who":"officer-07"',
    ):
        assert said in line


def test_time_is_cut_to_a_hundredth_of_a_second() -> None:
    assert instant(NOON.replace(microsecond=999_999)) == "2026-11-24T12:00:00.99Z"


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "x"},
        {"purpose": "Because Sam Training said so"},
        {"case": "training, sam"},
        {"recipient": "Sam Training"},
        {"fgp": "1"},
        {"fgp": True},
        {"print": "SHA"},
        {"step": "sre ident"},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_nothing_but_ids_numbers_and_our_own_words_gets_in(facts: dict[str, str]) -> None:
    with pytest.raises(AuditRefused):
        Entry(Event.ASKED, facts=facts)


@given(st.text().filter(lambda text: not text.isascii() or " " in text or "," in text or not text))
def test_no_field_takes_a_name_as_people_write_it(text: str) -> None:
    for wrong in ({"who": text}, {"booking": text}, {"tcn": text}):
        with pytest.raises(AuditRefused):
            Entry(Event.ASKED, **wrong)  # type: ignore[arg-type]


def test_a_refusal_does_not_repeat_what_was_refused() -> None:
    with pytest.raises(AuditRefused) as refused:
        Entry(Event.ASKED, "TRAINING,SAM A")
    assert "SAM" not in str(refused.value)


def test_a_record_that_nobody_touched_is_whole(record: Record) -> None:
    record.fill(10)
    record.book.checkpoint()
    record.fill(5)
    record.book.close()
    verdict = verify_file(record.folder, record.keys.ca)
    assert (verdict.fault, verdict.first, verdict.last, verdict.signed_to) == (WHOLE, 1, 15, 10)


def test_a_checkpoint_is_made_by_itself_after_so_many_entries(record: Record) -> None:
    record.fill(CHECKPOINT_EVERY)
    assert [one.n for one in record.book.checkpoints()] == [CHECKPOINT_EVERY]


TAMPERINGS = {
    "an altered line": (["UPDATE entry SET line = replace(line, '\"fgp\":5', '\"fgp\":6') WHERE n = 5"], 5, "was altered"),
    "an altered line with its digest made to fit": (
        [
            "UPDATE entry SET line = replace(line, '\"fgp\":5', '\"fgp\":6') WHERE n = 5",
            "UPDATE entry SET sha256 = digest(line) WHERE n = 5",
        ],
        5,
        "was altered",
    ),
    "a deleted line": (["DELETE FROM entry WHERE n = 7"], 7, "was deleted"),
    "the first line deleted": (["DELETE FROM entry WHERE n = 1"], 1, "was deleted"),
    "two lines exchanged": (
        ["UPDATE entry SET n = -3 WHERE n = 3", "UPDATE entry SET n = 3 WHERE n = 4", "UPDATE entry SET n = 4 WHERE n = -3"],
        3,
        "was moved",
    ),
    "a deleted line, the others moved up": (
        ["DELETE FROM entry WHERE n = 7", "UPDATE entry SET n = n - 1000 WHERE n > 7", "UPDATE entry SET n = n + 999 WHERE n < 0"],
        7,
        "was moved",
    ),
    "the end cut off": (["DELETE FROM entry WHERE n > 15"], 16, "gone from the end"),
    "the end cut off, with its checkpoint": (["DELETE FROM entry WHERE n > 15", "DELETE FROM checkpoint"], 16, "gone from the end"),
    "a deleted checkpoint": (["DELETE FROM checkpoint"], 20, "deleted from the record"),
    "a forged checkpoint": (["UPDATE checkpoint SET signature = zeroblob(70)"], 20, "does not hold"),
}


@pytest.mark.parametrize("case", TAMPERINGS)
def test_the_first_wrong_entry_is_named(record: Record, case: str) -> None:
    statements, n, words = TAMPERINGS[case]
    record.fill(20)
    record.book.checkpoint()
    record.tamper(*statements)
    found = fault(record)
    assert found is not None
    assert found[0] == n
    assert words in found[1]


def test_a_chain_that_was_made_anew_from_some_entry_on_does_not_fit_its_checkpoint(record: Record, tmp_path: Path) -> None:
    record.fill(20)
    record.book.checkpoint()
    other = Record(tmp_path / "other", record.keys)
    other.fill(19)
    other.book.append(Entry(Event.PURGED))
    rows = [(row.n, row.line, row.sha256) for row in other.book.rows()]
    other.book.close()
    record.tamper("DELETE FROM entry")
    db = sqlite3.connect(record.folder / "audit.sqlite")
    db.executemany("INSERT INTO entry (n, line, sha256) VALUES (?, ?, ?)", rows)
    db.commit()
    db.close()
    found = fault(record)
    assert found is not None
    assert "the signed checkpoint names another digest" in found[1]


def test_a_checkpoint_of_another_authority_is_not_believed(record: Record, tmp_path: Path) -> None:
    record.fill(3)
    record.book.checkpoint()
    record.book.close()
    stranger = station_keys(tmp_path / "stranger")
    found = verify_file(record.folder, stranger.ca).fault
    assert found is not None
    assert found.n == 3


def test_our_own_program_can_neither_change_nor_delete_an_entry(record: Record) -> None:
    record.fill(3)
    for statement in ("UPDATE entry SET line = '{}'", "DELETE FROM entry", "DELETE FROM checkpoint", "UPDATE checkpoint SET at = ''"):
        record.book.checkpoint()
        with pytest.raises(DatabaseError, match="append-only"):
            record.book._database.write_now(lambda db, sql=statement: db.execute(sql))


def test_the_same_happening_told_twice_is_one_entry(record: Record) -> None:
    for _ in range(2):
        record.book.append(Entry(Event.SEALED), due=[("a" * 32, NOON)])
    assert len(record.book.rows()) == 1


def test_what_is_past_its_time_goes_up_to_a_checkpoint_and_the_rest_stays_whole(record: Record) -> None:
    record.fill(10)
    record.book.checkpoint()
    record.fill(2)
    record.clock.advance(timedelta(days=400))
    record.fill(3)
    assert record.book.let_go(NOON + timedelta(days=1)) == 10
    record.book.close()
    verdict = verify_file(record.folder, record.keys.ca)
    assert (verdict.fault, verdict.first, verdict.last) == (WHOLE, 11, 15)


def test_a_record_that_cannot_be_written_says_what_that_means(record: Record) -> None:
    record.fill(1)
    pages = record.book._database.write_now(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    record.book._database.write_now(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchall())  # as on a full disk
    with pytest.raises(AuditError, match=r"full.*Nothing is sent"):
        record.fill(500)
    assert len(record.book.rows()) == 1


def test_it_goes_on_where_it_ended(record: Record) -> None:
    record.fill(4)
    record.book.close()
    again = AuditBook(record.folder, STATION, record.keys.signer, record.clock)
    again.append(Entry(Event.STARTED))
    again.close()
    assert verify_file(record.folder, record.keys.ca).last == 5


def taken_out(record: Record) -> bytes:
    record.fill(6)
    record.book.checkpoint()
    record.fill(2)
    book = record.book
    return archive(book.rows(), book.checkpoints(), book.base(), record.keys.ca, STATION)


def test_what_is_taken_out_for_a_court_is_checked_without_the_station(record: Record) -> None:
    verdict = verify_archive(taken_out(record), record.keys.ca)
    assert (verdict.fault, verdict.last, verdict.signed_to) == (WHOLE, 8, 6)


def test_a_line_changed_in_what_was_taken_out_is_named(record: Record) -> None:
    data, out = taken_out(record), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b'"fgp":3', b'"fgp":4'))
    found = verify_archive(out.getvalue(), record.keys.ca).fault
    assert found is not None
    assert found.n == 3


def test_openssl_and_sha256sum_agree(record: Record, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    with zipfile.ZipFile(io.BytesIO(taken_out(record))) as files:
        files.extractall(tmp_path)
    key = subprocess.run(["openssl", "x509", "-in", "checkpoint-6.crt", "-pubkey", "-noout"], cwd=tmp_path, capture_output=True, check=True)
    (tmp_path / "key.pem").write_bytes(key.stdout)
    check = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "checkpoint-6.sig", "checkpoint-6.txt"]
    assert b"Verified OK" in subprocess.run(check, cwd=tmp_path, capture_output=True, check=True).stdout
    sixth = (tmp_path / "entries.jsonl").read_bytes().splitlines()[5]
    found = subprocess.run(["sha256sum"], input=sixth, capture_output=True, check=True)
    assert found.stdout.split()[0] in (tmp_path / "checkpoint-6.txt").read_bytes()


@given(st.binary(max_size=200))
def test_any_other_file_is_no_record(data: bytes) -> None:
    with pytest.raises(NotARecord):
        verify_archive(data)


def test_the_last_checkpoint_stands_beside_the_file(record: Record) -> None:
    record.fill(2)
    record.book.checkpoint()
    assert "entries 2\n" in (record.folder / ANCHOR).read_text()


def test_nothing_younger_than_a_year_goes(record: Record) -> None:
    record.fill(10)
    record.book.checkpoint()
    record.clock.advance(timedelta(days=365))
    assert record.book.let_go(record.clock.now()) == 0
    record.clock.advance(timedelta(days=2))
    assert record.book.let_go(record.clock.now()) == 10
