"""The jail system that can only write files: taken over once, bad ones aside with their reasons, nothing lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent.jail.drop import DropFolder
from tests.jail.counter import ARRIVAL, Counter


@pytest.fixture
def folder(counter: Counter, tmp_path: Path) -> Path:
    (tmp_path / "jail" / "in").mkdir(parents=True)
    return tmp_path / "jail"


def _look(counter: Counter, folder: Path, times: int = 2) -> None:
    drop = DropFolder(folder, counter.desk)
    for _ in range(times):
        counter.office.run(drop.look())


def _numbers(folder: Path) -> list[str]:
    return [one["booking_number"] for one in json.loads((folder / "out" / "state.json").read_text())["bookings"]]


def test_a_file_is_taken_over_and_leaves_no_name_in_the_clear(counter: Counter, folder: Path) -> None:
    (folder / "in" / "a.json").write_text(json.dumps([ARRIVAL, ARRIVAL | {"booking_number": "2026-004712"}]))
    _look(counter, folder)
    assert sorted(_numbers(folder)) == ["2026-004711", "2026-004712"]
    assert list((folder / "in").iterdir()) == []
    (receipt,) = (folder / "taken").iterdir()
    assert json.loads(receipt.read_text())["taken"] == 2
    assert all(b"TRAINING,SAM" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_file_that_is_still_written_is_left_alone(counter: Counter, folder: Path) -> None:
    drop = DropFolder(folder, counter.desk)
    path = folder / "in" / "a.json"
    path.write_text("[")
    counter.office.run(drop.look())
    path.write_text(json.dumps([ARRIVAL]))
    counter.office.run(drop.look())
    assert path.exists()
    counter.office.run(drop.look())
    assert not path.exists()
    assert list((folder / "bad").iterdir()) == []


@pytest.mark.parametrize("name", [".a.json", "a.json.part", "a.json.tmp", "a.json~"])
def test_a_name_of_an_unfinished_file_is_passed_over(counter: Counter, folder: Path, name: str) -> None:
    (folder / "in" / name).write_text(json.dumps([ARRIVAL]))
    _look(counter, folder)
    assert (folder / "in" / name).exists()


def test_a_bad_file_is_moved_aside_with_its_reason(counter: Counter, folder: Path) -> None:
    (folder / "in" / "a.csv").write_bytes(b"\xff\xfe rubbish")
    _look(counter, folder)
    names = sorted(path.name for path in (folder / "bad").iterdir())
    assert [name[13:] for name in names] == ["a.csv", "a.csv.reason.json"]
    assert (folder / "bad" / names[0]).read_bytes() == b"\xff\xfe rubbish"
    assert "neither JSON nor CSV" in json.loads((folder / "bad" / names[1]).read_text())["refused"][0]["why"]


def test_one_bad_line_keeps_the_others_and_is_named(counter: Counter, folder: Path) -> None:
    text = "booking_number,arrived_at,name\n1,2026-11-24T13:05:00Z,A\n,2026-11-24T13:05:00Z,SECRET\n3,2026-11-24T13:05:00Z,C\n"
    (folder / "in" / "a.csv").write_text(text)
    _look(counter, folder)
    assert sorted(_numbers(folder)) == ["1", "3"]
    (reason,) = (folder / "bad").glob("*.reason.json")
    said = json.loads(reason.read_text())
    assert (said["taken"], [one["line"] for one in said["refused"]]) == (2, [2])
    assert said["refused"][0]["errors"][0]["field"] == "booking_number"
    assert "SECRET" not in reason.read_text()


def test_a_file_dropped_again_changes_nothing(counter: Counter, folder: Path) -> None:
    for _ in range(2):
        (folder / "in" / "a.json").write_text(json.dumps([ARRIVAL]))
        _look(counter, folder)
    assert _numbers(folder) == ["2026-004711"]


def test_a_crash_after_its_effect_and_before_its_end_only_takes_it_again(
    counter: Counter, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "in" / "a.json").write_text(json.dumps([ARRIVAL]))
    monkeypatch.setattr(DropFolder, "_settle", lambda *_: (_ for _ in ()).throw(OSError("power")))
    with pytest.raises(OSError, match="power"):
        _look(counter, folder)
    monkeypatch.undo()
    _look(counter, folder)
    assert _numbers(folder) == ["2026-004711"]
    assert list((folder / "in").iterdir()) == []


def test_a_link_and_a_pipe_are_no_files(counter: Counter, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps([ARRIVAL]))
    (folder / "in" / "link.json").symlink_to(secret)
    os.mkfifo(folder / "in" / "pipe.json")
    _look(counter, folder)
    assert _numbers(folder) == []
    assert secret.exists()
