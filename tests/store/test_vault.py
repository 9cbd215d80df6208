"""Bookings at rest: what is stored comes back, what was touched does not, what is shredded is gone."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.store import files
from agent.store.vault import NotInVault, Unreadable, Vault, VaultError

KEY = bytes(range(32))
BOOKING = "20261124-7K3M9Q2X"
OTHER = "20261124-AAAAAAAA"


@pytest.fixture
def store(tmp_path: Path) -> Vault:
    return Vault(tmp_path, KEY)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True), data=st.binary(max_size=2000))
def test_what_is_stored_comes_back(store: Vault, name: str, data: bytes) -> None:
    store.put(BOOKING, name, data)
    assert store.get(BOOKING, name) == data
    assert name in store.names(BOOKING)


def test_another_vault_with_the_same_key_reads_it(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "car.an2", b"file")
    assert Vault(tmp_path, KEY).get(BOOKING, "car.an2") == b"file"


def test_nothing_is_readable_on_the_disk(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "draft.json", b"SURNAME,GIVEN" * 100)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"SURNAME" not in stored
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_storing_again_replaces(store: Vault) -> None:
    store.put(BOOKING, "draft.json", b"first")
    store.put(BOOKING, "draft.json", b"second")
    assert store.get(BOOKING, "draft.json") == b"second"
    assert store.names(BOOKING) == ("draft.json",)


def test_names_are_sorted_and_hide_what_is_internal(store: Vault, tmp_path: Path) -> None:
    for name in ("fgp-13", "fgp-02", "car.an2"):
        store.put(BOOKING, name, b"")
    (tmp_path / BOOKING / ".part-0123").write_bytes(b"half")
    assert store.names(BOOKING) == ("car.an2", "fgp-02", "fgp-13")
    assert store.names(OTHER) == ()
    assert store.bookings() == (BOOKING,)


@pytest.mark.parametrize("name", ["", ".", "..", ".key", "a/b", "../x", "a\0", "a b", "ä", "-x", "x" * 101, "a\n"])
def test_names_outside_the_alphabet_are_refused(store: Vault, name: str) -> None:
    with pytest.raises(VaultError, match="not allowed"):
        store.put(BOOKING, name, b"")
    with pytest.raises(VaultError, match="not allowed"):
        store.get(name, "x")
    with pytest.raises(VaultError, match="not allowed"):
        store.shred(name)


def test_absent_booking_and_absent_file(store: Vault) -> None:
    with pytest.raises(NotInVault, match=BOOKING):
        store.get(BOOKING, "x")
    store.put(BOOKING, "y", b"")
    with pytest.raises(NotInVault):
        store.get(BOOKING, "x")


# --- touched


def test_any_flipped_bit_is_noticed(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "x", b"file")
    path = tmp_path / BOOKING / "x"
    good = path.read_bytes()
    for position in range(len(good)):
        for bit in range(8):
            path.write_bytes(good[:position] + bytes([good[position] ^ 1 << bit]) + good[position + 1 :])
            with pytest.raises(Unreadable):
                store.get(BOOKING, "x")
    path.write_bytes(good)
    assert store.get(BOOKING, "x") == b"file"


@pytest.mark.parametrize("length", [0, 3, 4, 20, 33])
def test_a_truncated_file_is_noticed(store: Vault, tmp_path: Path, length: int) -> None:
    store.put(BOOKING, "x", b"file")
    path = tmp_path / BOOKING / "x"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(Unreadable):
        store.get(BOOKING, "x")


def test_a_flipped_bit_of_the_bookings_key_is_noticed(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "x", b"file")
    path = tmp_path / BOOKING / ".key"
    wrapped = bytearray(path.read_bytes())
    wrapped[20] ^= 1
    path.write_bytes(wrapped)
    with pytest.raises(Unreadable, match="key of the booking"):
        store.get(BOOKING, "x")


def test_a_renamed_file_is_noticed(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "fgp-02", b"right index")
    store.put(BOOKING, "fgp-07", b"left index")
    (tmp_path / BOOKING / "fgp-02").rename(tmp_path / BOOKING / "fgp-07")
    with pytest.raises(Unreadable):
        store.get(BOOKING, "fgp-07")


def test_files_swapped_between_bookings_are_noticed(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "x", b"one person")
    store.put(OTHER, "x", b"another")
    (tmp_path / BOOKING / "x").rename(tmp_path / OTHER / "x")
    with pytest.raises(Unreadable):
        store.get(OTHER, "x")


def test_a_whole_booking_under_another_id_is_noticed(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "x", b"one person")
    (tmp_path / BOOKING).rename(tmp_path / OTHER)
    with pytest.raises(Unreadable, match="key of the booking"):
        store.get(OTHER, "x")


def test_another_storage_key_reads_nothing(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "x", b"file")
    foreign = Vault(tmp_path, bytes(32))
    with pytest.raises(Unreadable, match="another storage key"):
        foreign.get(BOOKING, "x")
    with pytest.raises(Unreadable):
        foreign.put(BOOKING, "y", b"")


def test_a_storage_key_of_another_length(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(tmp_path, bytes(16))


# --- shredded


def test_shredded_is_gone(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "x", b"file")
    store.put(OTHER, "x", b"kept")
    store.shred(BOOKING)
    assert store.names(BOOKING) == ()
    assert not (tmp_path / BOOKING).exists()
    with pytest.raises(NotInVault):
        store.get(BOOKING, "x")
    assert store.get(OTHER, "x") == b"kept"
    store.shred(BOOKING)


def test_an_interrupted_shred_leaves_nothing_readable_and_can_be_finished(
    store: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(BOOKING, "x", b"file")

    def stop(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EIO, "cut")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", stop)
        with pytest.raises(VaultError):
            store.shred(BOOKING)
    with pytest.raises(Unreadable):
        store.get(BOOKING, "x")
    store.shred(BOOKING)
    assert not (tmp_path / BOOKING).exists()


def test_half_a_shredded_booking_takes_nothing_new(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "x", b"file")
    (tmp_path / BOOKING / ".key").unlink()
    with pytest.raises(Unreadable):
        store.put(BOOKING, "y", b"")
    assert store.sweep() == 1
    assert not (tmp_path / BOOKING).exists()
    store.put(BOOKING, "y", b"new")
    assert store.get(BOOKING, "y") == b"new"


# --- crashes, full disks, threads


def test_sweep_removes_only_what_a_crash_left(store: Vault, tmp_path: Path) -> None:
    store.put(BOOKING, "x", b"file")
    (tmp_path / BOOKING / ".part-0123").write_bytes(b"half")
    (tmp_path / "lost+found").mkdir()
    assert store.sweep() == 1
    assert store.get(BOOKING, "x") == b"file"
    assert (tmp_path / "lost+found").exists()


def test_a_full_disk_keeps_the_old_file(store: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(BOOKING, "x", b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(VaultError, match="No space left on device"):
        store.put(BOOKING, "x", b"new")
    monkeypatch.undo()
    assert store.get(BOOKING, "x") == b"old"
    assert not list((tmp_path / BOOKING).glob(".part-*"))


WRITER = """
import sys
from pathlib import Path
from agent.store.vault import Vault
store = Vault(Path(sys.argv[1]), bytes(range(32)))
for turn in range(100000):
    store.put("B", "x", b"%d" % turn * 5000)
    print(turn, flush=True)
"""


@pytest.mark.parametrize("turns", [1, 7, 20])
def test_killed_while_writing_the_file_is_whole(tmp_path: Path, turns: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(turns)]
    writer.kill()
    lines += writer.stdout.readlines()
    writer.wait(10)
    stored = Vault(tmp_path, KEY).get("B", "x")
    last = int(lines[-1])
    assert stored in (b"%d" % last * 5000, b"%d" % (last + 1) * 5000)


def test_threads_that_begin_the_same_booking_share_its_key(store: Vault) -> None:
    barrier = threading.Barrier(8)

    def put(number: int) -> None:
        barrier.wait()
        store.put(BOOKING, f"n{number}", str(number).encode())

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [store.get(BOOKING, f"n{number}") for number in range(8)] == [str(number).encode() for number in range(8)]
