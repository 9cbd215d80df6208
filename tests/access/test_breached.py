"""Passwords of breaches: the shipped list, a station's own, a large sorted one on the disk; and when it is too old."""

from __future__ import annotations

import hashlib
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.access import breached
from agent.access.breached import BreachedList
from agent.access.passwords import PasswordRefused, check_choice
from agent.errors import ConfigError

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def listed(folder: Path, passwords: list[str], *, counted: bool = True, end: str = "\n") -> Path:
    path = folder / "pwned.txt"
    lines = sorted(f"{sha1(one)}{':17' if counted else ''}" for one in passwords)
    path.write_bytes(end.join(lines).encode() + end.encode())
    return path


def test_the_shipped_list_holds_without_any_file() -> None:
    known = BreachedList()
    assert "PASSWORD123" in known
    assert "a quiet night at the counter" not in known
    with pytest.raises(PasswordRefused, match="attackers try first"):
        check_choice("Trustno1", "officer-07", known)


def test_a_list_of_plain_passwords_is_compared_without_case(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("correct horse battery\n\nÜbung macht\n")
    known = BreachedList(tmp_path / "list.txt")
    assert "Correct Horse Battery" in known
    assert "U\u0308bung macht" in known, "the same characters, however they are composed"
    assert "" not in known


@pytest.mark.parametrize("counted", [True, False], ids=["with counts", "without"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_every_entry_of_a_sorted_list_is_found_and_nothing_else(tmp_path: Path, counted: bool, end: str) -> None:
    chance = random.Random(7)
    inside = [f"password {chance.random()}" for _ in range(500)]
    known = BreachedList(listed(tmp_path, inside, counted=counted, end=end))
    assert all(one in known for one in inside)
    assert not any(f"other {chance.random()}" in known for _ in range(500))


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=30), st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_list_answers_as_a_set_does(tmp_path_factory: pytest.TempPathFactory, inside: list[str], asked: str) -> None:
    inside = [one for one in inside if one.isprintable()] or ["one"]
    folder = tmp_path_factory.mktemp("lists")
    with (folder / "pwned.txt").open("wb") as file:
        file.write(b"".join(sorted(f"{sha1(one)}\n".encode() for one in inside)))
    with (folder / "pwned.txt").open("rb") as file:
        assert breached._search(file, sha1(asked).encode()) is (sha1(asked) in {sha1(one) for one in inside})


def test_a_quarter_later_it_is_said_that_the_list_is_old(tmp_path: Path) -> None:
    path = listed(tmp_path, ["one"])
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    known = BreachedList(path)
    assert known.complaint(NOW + timedelta(days=91)) is None
    assert "93 days old" in str(known.complaint(NOW + timedelta(days=93)))
    path.unlink()
    assert "gone" in str(known.complaint(NOW))
    assert "password1" in known
    assert "access.breached" in str(BreachedList().complaint(NOW))


def test_what_is_no_list_stops_the_start_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError):
        BreachedList(tmp_path / "not there")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00 no text")
    with pytest.raises(ConfigError):
        BreachedList(tmp_path / "bytes")
    (tmp_path / "large").write_bytes(b"password\n" * 100)
    monkeypatch.setattr(breached, "LARGEST", 500)
    with pytest.raises(ConfigError, match="too large"):
        BreachedList(tmp_path / "large")
