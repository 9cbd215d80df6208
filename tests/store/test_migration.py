"""Between two versions of the program: all steps or none, a way back until something is written, never at the cost of a booking."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agent.store import migration
from agent.store.database import Database
from agent.store.migration import MigrationFailed, NewerSchema, copies
from tests.store.test_database import TABLES, pragma, put, texts

NOTE = "ALTER TABLE fact ADD COLUMN note TEXT; UPDATE fact SET note = 'old'"
NEWER = (*TABLES, NOTE)
BROKEN = (*NEWER, "CREATE TABLE more (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the older version, with one fact in it."""
    made = tmp_path / "state" / "facts.db"
    older = Database(made, TABLES)
    older.write_now(put("a"))
    older.close()
    return made


def upgraded(path: Path, *added: str) -> None:
    newer = Database(path, NEWER)
    if added:
        newer.write_now(put(*added))
    newer.close()


def held(path: Path, known: tuple[str, ...] = TABLES) -> tuple[list[str], object]:
    """The facts, and the version of the file."""
    database = Database(path, known)
    try:
        return database.read_now(texts), database.read_now(pragma("user_version"))
    finally:
        database.close()


def test_of_two_steps_of_which_the_second_fails_none_is_kept(path: Path) -> None:
    with pytest.raises(MigrationFailed, match="from version 1 to 3") as refused:
        Database(path, BROKEN)
    assert refused.value.exit_code == 78, "systemd does not try it again"
    assert "older version" in refused.value.do
    with sqlite3.connect(path) as db:
        assert [row[1] for row in db.execute("PRAGMA table_info(fact)")] == ["id", "text"]
    assert held(path) == (["a"], 1)


def test_the_older_version_goes_on_where_the_newer_one_wrote_nothing(path: Path) -> None:
    upgraded(path)
    assert set(copies(path)) == {1}
    assert held(path) == (["a"], 1)
    assert held(path, NEWER) == (["a"], 2), "and up again"


def test_the_older_version_refuses_where_something_was_written_since(path: Path) -> None:
    upgraded(path, "b")
    assert copies(path) == {}
    before = path.read_bytes()
    with pytest.raises(NewerSchema, match="version 2") as refused:
        Database(path, TABLES)
    assert refused.value.exit_code == 78
    assert path.read_bytes() == before
    assert held(path, NEWER) == (["a", "b"], 2)


def test_looking_and_what_changed_nothing_keep_the_way_back(path: Path) -> None:
    newer = Database(path, NEWER)
    newer.write_now(lambda _: None)
    with pytest.raises(migration.DatabaseError):
        newer.write_now(put("a"))
    newer.read_now(texts)
    newer.settle(rewrite=True)
    newer.close()
    assert set(copies(path)) == {1}


def test_two_upgrades_with_nothing_written_lead_back_over_both(path: Path) -> None:
    upgraded(path)
    held(path, (*NEWER, "CREATE TABLE more (x INTEGER) STRICT"))
    assert set(copies(path)) == {1, 2}
    assert held(path) == (["a"], 1)


def test_a_log_of_the_newer_file_is_not_replayed_on_the_copy(path: Path) -> None:
    """The newer program was killed right after its migration, which stands in the log alone."""
    script = (
        "import os, sys; from pathlib import Path; from agent.store.database import Database;"
        "from tests.store.test_migration import NEWER; Database(Path(sys.argv[1]), NEWER); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == -signal.SIGKILL
    assert path.with_name("facts.db-wal").stat().st_size > 0
    assert held(path) == (["a"], 1)


def test_while_a_copy_cannot_be_taken_away_nothing_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = Database(path, NEWER)

    def refused(_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(migration.DatabaseError):
        newer.write_now(put("b"))
    monkeypatch.undo()
    assert newer.read_now(texts) == ["a"]
    newer.write_now(put("b"))
    newer.close()
    assert copies(path) == {}


def test_without_room_for_the_copy_nothing_is_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as m:
        m.setattr(os, "fsync", full)
        with pytest.raises(MigrationFailed, match="No space left"):
            Database(path, NEWER)
    assert held(path) == (["a"], 1)


def test_the_copy_is_the_owners_alone_and_a_new_database_has_none(path: Path, tmp_path: Path) -> None:
    upgraded(path)
    assert stat.S_IMODE(copies(path)[1].stat().st_mode) == 0o600
    held(tmp_path / "new.db")
    assert copies(tmp_path / "new.db") == {}
