"""A database is brought to what this program knows, with a way back as long as nothing was written since.

    older    ─▶ a copy of it is laid beside it, then every step that is missing runs in one transaction: all of them, or none
    the same ─▶ nothing
    newer    ─▶ a copy that this program knows lies beside it: nothing was written since it was made, so it takes the file's place
             ─▶ none does: NewerSchema; the file is not touched

`copies` of a file `core.sqlite` are `core.sqlite.schema-17`, by the version in them. The first transaction that changes a row takes them
away before it commits (`agent.store.database`): a copy that lies there loses nothing and doubles nothing. Bookings that were taken or sent
by the newer program are never given up for the older one's sake.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from agent.errors import LivescanError
from agent.store.files import PART, sync_folder

_COPY = ".schema-"
_BLOCK = 1024 * 1024  # bytes


class DatabaseError(LivescanError):
    """SQLite could not do what was asked; nothing of that transaction was kept."""


class NewerSchema(DatabaseError):
    """A newer version of this program wrote it; starting again does not help."""

    exit_code = 78  # sysexits.h EX_CONFIG


class MigrationFailed(DatabaseError):
    """It stands at the older version still; starting again does not help."""

    exit_code = 78


def schema_of(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def copies(path: Path) -> dict[int, Path]:
    """By the version that is in each."""
    found = path.parent.glob(f"{path.name}{_COPY}*")
    return {int(one.name.rpartition("-")[2]): one for one in found if one.name.rpartition("-")[2].isdecimal()}


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    """`migrations[n]` leads from version n to n + 1. Raises MigrationFailed; then all is as it was."""
    version, meant = schema_of(connection), len(migrations)
    if version >= meant:
        return
    try:
        if version > 0:
            _copy(connection, path, version)
        steps = ";\n".join(migrations[version:])
        connection.executescript(f"BEGIN IMMEDIATE;\n{steps};\nPRAGMA user_version={meant};\nCOMMIT;")
    except (sqlite3.Error, OSError) as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise MigrationFailed(
            f"The records in {path.name} could not be brought from version {version} to {meant}: {error}.",
            means=f"They are as they were, of version {version}; nothing is lost.",
            do="If the disk is full, make room and start again; else put the older version back (apt install --allow-downgrades).",
        ) from error


def put_back(connection: sqlite3.Connection, path: Path, known: int) -> None:
    """The newest copy that this program knows takes the file's place; the connection is closed then. Raises NewerSchema."""
    version, kept = schema_of(connection), copies(path)
    found = max((one for one in kept if one <= known), default=None)
    if found is None:
        raise NewerSchema(
            f"The database {path.name} is of version {version}; this program knows versions up to {known}.",
            means="Nothing was changed in it. What it holds since its upgrade would be lost in an older one.",
            do="Install the version of this program that wrote it, or a newer one.",
        )
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # no log that would be replayed on the copy
    if busy:
        raise sqlite3.OperationalError("another process has it open")
    connection.close()
    for left in ("-wal", "-shm"):
        path.with_name(path.name + left).unlink(missing_ok=True)
    kept[found].replace(path)
    sync_folder(path.parent)


def no_way_back(path: Path) -> None:
    """The copies are overwritten and gone when it returns: something is about to be written that they do not hold. Raises OSError."""
    for one in copies(path).values():
        with one.open("r+b") as file:
            left = one.stat().st_size
            while left > 0:
                left -= file.write(bytes(min(left, _BLOCK)))
            file.flush()
            os.fsync(file.fileno())
        one.unlink()
    sync_folder(path.parent)


def _copy(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Whole, on the disk and readable by the owner alone, or not there."""
    part, made = path.with_name(f"{PART}{path.name}"), path.with_name(f"{path.name}{_COPY}{version}")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection.execute("VACUUM INTO ?", (str(part),))
    descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(made)
    sync_folder(path.parent)
