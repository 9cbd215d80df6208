"""The database: what `write` returned is on the disk, what it raised left nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.store.database import Database, DatabaseError

TABLES = ("CREATE TABLE fact (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "facts.db"


def put(*added: str) -> Callable[[sqlite3.Connection], None]:
    def write(db: sqlite3.Connection) -> None:
        for text in added:
            db.execute("INSERT INTO fact (text) VALUES (?)", (text,))

    return write


def pragma(name: str) -> Callable[[sqlite3.Connection], object]:
    return lambda db: db.execute(f"PRAGMA {name}").fetchone()[0]


def texts(db: sqlite3.Connection) -> list[str]:
    return [row["text"] for row in db.execute("SELECT text FROM fact ORDER BY id")]


def test_what_was_written_is_there_after_reopening(path: Path) -> None:
    first = Database(path, TABLES)
    asyncio.run(first.write(put("a")))
    first.close()
    again = Database(path, TABLES)
    assert asyncio.run(again.read(texts)) == ["a"]
    again.close()


def test_wal_full_and_foreign_keys_are_on(path: Path) -> None:
    database = Database(path, TABLES)
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    assert [database.write_now(pragma(name)) for name in pragmas] == ["wal", 2, 1]
    database.close()


def test_only_the_owner_can_read_the_files(path: Path) -> None:
    database = Database(path, TABLES)
    database.write_now(put("a"))
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    database.close()


def test_an_exception_rolls_everything_back(path: Path) -> None:
    database = Database(path, TABLES)

    def half(db: sqlite3.Connection) -> None:
        put("a")(db)
        raise KeyError("in the middle")

    with pytest.raises(KeyError):
        database.write_now(half)
    database.write_now(put("b"))
    assert database.read_now(texts) == ["b"]
    database.close()


def test_a_refusal_of_sqlite_is_ours_and_leaves_nothing(path: Path) -> None:
    database = Database(path, TABLES)
    database.write_now(put("a"))
    with pytest.raises(DatabaseError) as refusal:
        database.write_now(put("b", "a"))
    assert isinstance(refusal.value.__cause__, sqlite3.IntegrityError)
    assert database.read_now(texts) == ["a"]
    database.close()


def test_readers_cannot_write_and_see_only_what_is_committed(path: Path) -> None:
    database = Database(path, TABLES)
    with pytest.raises(DatabaseError):
        database.read_now(put("a"))
    began, go_on = threading.Event(), threading.Event()

    def slowly(db: sqlite3.Connection) -> None:
        put("b")(db)
        began.set()
        go_on.wait(10)

    writer = threading.Thread(target=database.write_now, args=(slowly,))
    writer.start()
    assert began.wait(10)
    assert database.read_now(texts) == [], "a reader neither waits for a writer nor sees its half"
    go_on.set()
    writer.join()
    assert database.read_now(texts) == ["b"]
    database.close()


def test_writes_of_many_tasks_do_not_mix(path: Path) -> None:
    async def story() -> list[str]:
        database = Database(path, TABLES)
        await asyncio.gather(*(database.write(put(f"{n}a", f"{n}b")) for n in range(50)))
        found = await database.read(texts)
        database.close()
        return found

    found = asyncio.run(story())
    assert len(found) == 100
    assert all(a[:-1] == b[:-1] for a, b in zip(found[::2], found[1::2], strict=True))


def test_migrations_run_once_and_in_order(path: Path) -> None:
    Database(path, TABLES).close()
    second = (*TABLES, "ALTER TABLE fact ADD COLUMN note TEXT; UPDATE fact SET note = 'old'")
    for _ in range(2):
        database = Database(path, second)
        assert database.read_now(pragma("user_version")) == 2
        database.close()


def test_a_migration_that_fails_leaves_the_old_version(path: Path) -> None:
    database = Database(path, TABLES)
    database.write_now(put("a"))
    database.close()
    with pytest.raises(DatabaseError):
        Database(path, (*TABLES, "ALTER TABLE fact ADD COLUMN note TEXT; SELECT no_such_function()"))
    database = Database(path, TABLES)
    assert database.read_now(texts) == ["a"]
    database.close()


def test_a_database_of_a_newer_program_is_not_touched(path: Path) -> None:
    Database(path, (*TABLES, "CREATE TABLE later (x INTEGER) STRICT")).close()
    with pytest.raises(DatabaseError, match="version 2"):
        Database(path, TABLES)


def test_a_file_that_is_no_database_is_said_in_words(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseError, match=r"facts\.db"):
        Database(path, TABLES)


def test_closing_twice_is_fine(path: Path) -> None:
    database = Database(path, TABLES)
    database.close()
    database.close()


WRITER = """
import sys
from pathlib import Path
from agent.store.database import Database
from tests.store.test_database import TABLES, put
database = Database(Path(sys.argv[1]), TABLES)
for n in range(100_000):
    database.write_now(put(str(n)))
    print(n, flush=True)
"""


def test_no_acknowledged_commit_is_lost_when_the_process_is_killed(path: Path) -> None:
    acknowledged = -1
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged == 60:
                os.kill(process.pid, signal.SIGKILL)
    database = Database(path, TABLES)
    found = database.read_now(texts)
    assert found[: acknowledged + 1] == [str(n) for n in range(acknowledged + 1)]
    assert len(found) <= acknowledged + 2
    assert database.read_now(pragma("integrity_check")) == "ok"
    database.close()
