"""`livescan nist` as a person or a program calls it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from agent.cli.nist import app
from agent.errors import LivescanError, UsageError
from agent.nist.codec import build, parse
from agent.nist.errors import NistError
from agent.nist.records import Field
from agent.nist.write import fingerprint_record, image_field, items_field, tagged_record, text_field, transaction
from tests.data import testdata
from tests.nist.samples import REAL_FILES, a_car, a_card, car_bytes, changed, with_print
from tests.nist.test_check_images import beside, photo


def run(*args: str | Path, expect: int = 0) -> str:
    """What it printed. Errors of ours are raised, as `livescan` would print them."""
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == expect, done.output
    return done.stdout


def run_json(*args: str | Path, expect: int = 0) -> Any:
    return json.loads(run(*args, "--json", expect=expect))


@pytest.fixture
def car(tmp_path: Path) -> Path:
    return kept(tmp_path / "car.an2", build(a_card()))


def kept(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", REAL_FILES)
def test_show_then_build_gives_the_file_back(name: str, tmp_path: Path) -> None:
    original = testdata(f"prints/nist/{name}")
    form = tmp_path / "form.json"
    form.write_text(run("show", original, "--json"))
    made = run_json("build", form, "--out", tmp_path / "again.an2")
    assert made["bytes"] == original.stat().st_size
    assert (tmp_path / "again.an2").read_bytes() == original.read_bytes()


def test_show_prints_each_field(car: Path) -> None:
    text = run("show", car)
    assert "2.018    NAM" in text
    assert "DOE-ROE,JOHN ALEXANDER" in text


def hostile(tmp_path: Path) -> Path:
    record = tagged_record(2, [text_field(2, 2, "00"), Field("2.018", 18, b"[red]\x1b]0;owned\x07\x1b[2J\x9b31m\x7f[/red]")])
    head = [text_field(1, 2, "0502"), text_field(1, 4, "CAR"), items_field(1, 15, [["003", "UTF-8"]])]
    bent = Field("2.019", 19, "A\u202eB\u2066[bold]".encode(), "utf-8")
    return kept(tmp_path / "hostile.an2", build(transaction(head, [record, tagged_record(2, [text_field(2, 2, "01"), bent])])))


@pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["check"], ["check", "--json"], ["roundtrip"]])
def test_hostile_content_never_reaches_the_terminal(command: list[str], tmp_path: Path) -> None:
    text = CliRunner().invoke(app, [command[0], str(hostile(tmp_path)), *command[1:]]).stdout
    assert text.replace("\n", "").isprintable()
    assert "\u202e" not in text


def test_hostile_content_never_reaches_the_terminal_as_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from agent.cli import nist

    screen = Console(file=io.StringIO(), force_terminal=True, width=200)
    monkeypatch.setattr(nist, "out", screen)
    run("show", hostile(tmp_path))
    run("diff", hostile(tmp_path), kept(tmp_path / "other", car_bytes()), expect=1)
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "[red]" in text  # no markup is read
    assert not any(bad in text for bad in ("\x1b]", "\x1b[2J", "\x9b", "\x7f", "\u202e", "\u2066", "\x07"))


def test_check_finds_nothing_in_a_right_car(car: Path) -> None:
    assert run_json("check", car, "--profile", "car") == {"profile": "CAR", "errors": 0, "findings": []}
    assert "Nothing stands against it as CAR" in run("check", car)


def test_check_lists_every_finding_and_says_so_by_its_exit(tmp_path: Path) -> None:
    wrong = kept(tmp_path / "wrong.an2", build(changed(a_card(), 2, {20: "ZZ", 29: "049", 47: [["", "PC 459"]]})))
    found = run_json("check", wrong, expect=1)
    assert found["errors"] == 2
    assert [finding["id"] for finding in found["findings"]] == ["2.020/code", "2.029/syntax", "2.047/literal"]
    assert {finding["form"] for finding in found["findings"]} == {"subject.place_of_birth", "subject.weight", "arrest.charges"}
    assert "2.020/code" in run("check", wrong, expect=1)


def test_warnings_do_not_stand_in_the_way(tmp_path: Path) -> None:
    assert run_json("check", kept(tmp_path / "a", build(changed(a_card(), 2, {29: "049"}))))["errors"] == 0


def test_check_takes_a_state_by_name_or_by_path(car: Path) -> None:
    from agent.settings import config_dir

    for state in ("example-state", config_dir() / "profiles/example-state.toml"):
        ids = [finding["id"] for finding in run_json("check", car, "--state", state, expect=1)["findings"]]
        assert "1.007/state" in ids
    with pytest.raises(UsageError, match="nowhere"):
        run("check", car, "--state", "nowhere")


def test_check_takes_an_edition(car: Path) -> None:
    assert "1.002/code" in [finding["id"] for finding in run_json("check", car, "--edition", "9.1", expect=1)["findings"]]


def test_diff_of_one_file_with_itself(car: Path) -> None:
    assert run_json("diff", car, car) == {"same": True, "differences": []}


def test_diff_names_what_changed(car: Path, tmp_path: Path) -> None:
    other = kept(tmp_path / "b.an2", build(with_print(changed(a_card(), 2, {18: "ROE,JOHN", 40: None, 39: "ACME"}), 3, impression=3)))
    found = {(d["record"], d["tag"]): (d["a"], d["b"]) for d in run_json("diff", car, other, expect=1)["differences"]}
    assert found["Type-2 IDC 00", "2.018"] == ("DOE-ROE,JOHN ALEXANDER", "ROE,JOHN")
    assert found["Type-2 IDC 00", "2.040"] == ("PLUMBER", None)
    assert found["Type-2 IDC 00", "2.039"] == (None, "ACME")
    assert found["Type-4 IDC 03", "4.003"] == ("1 rolled", "3 rolled, from a card")
    assert ("Type-4 IDC 04", "4.009") not in found


def test_diff_sees_other_pixels_behind_the_same_header(car: Path, tmp_path: Path) -> None:
    data = bytes(a_card().records[4].image or b"")  # type: ignore[union-attr]
    other = kept(tmp_path / "b.an2", build(with_print(a_card(), 3, data=data[:-3] + b"\x00" + data[-2:])))
    (found,) = run_json("diff", car, other, expect=1)["differences"]
    assert (found["record"], found["tag"]) == ("Type-4 IDC 03", "4.009")
    assert found["a"] != found["b"]


def test_diff_sees_a_tag_written_otherwise_and_a_missing_record(tmp_path: Path) -> None:
    def with_tag(tag: str) -> bytes:
        return build(transaction([text_field(1, 2, "0502")], [tagged_record(2, [text_field(2, 2, "00"), Field(tag, 18, b"A")])]))

    a, b = kept(tmp_path / "a", with_tag("2.018")), kept(tmp_path / "b", with_tag("2.18"))
    assert [(d["tag"], d["b"]) for d in run_json("diff", a, b, expect=1)["differences"] if d["tag"].endswith("18")] == [
        ("2.018", "2.18: A")
    ]
    c = kept(tmp_path / "c", build(transaction([text_field(1, 2, "0502")], [])))
    assert ("Type-2 IDC 00", None) in [(d["record"], d["b"]) for d in run_json("diff", a, c, expect=1)["differences"]]


def test_extract_writes_each_image_with_its_resolution(tmp_path: Path) -> None:
    found = run_json("extract", testdata("prints/nist/type-4-tpcard.an2"), "--out", tmp_path / "out")
    assert len(found) == 14
    assert found[0]["files"] == ["04-01-right-thumb.wsq", "04-01-right-thumb.png"]
    with Image.open(tmp_path / "out/04-01-right-thumb.png") as png:
        assert png.size == (804, 752)
        assert [round(dpi) for dpi in png.info["dpi"]] == [500, 500]
    told = (tmp_path / "out/04-08-left-middle.wsq").read_bytes()  # its own comment says PPI 255
    assert b"PPI 500" in told


def test_extract_says_what_cannot_be_decoded_and_goes_on(tmp_path: Path) -> None:
    broken = kept(tmp_path / "broken.an2", build(with_print(a_car(), 1, data=b"\xff\xa0" + bytes(100))))
    found = run_json("extract", broken, "--out", tmp_path / "out", expect=1)
    assert [bool(image["problem"]) for image in found] == [True] + [False] * 13
    assert (tmp_path / "out/04-01-right-thumb.wsq").is_file()


def test_extract_of_a_photo_and_of_raw_pixels(tmp_path: Path) -> None:
    jpeg = io.BytesIO()
    Image.new("RGB", (48, 60), (200, 150, 120)).save(jpeg, "JPEG")
    raw = tagged_record(
        14, [text_field(14, n, t) for n, t in ((2, "21"), (6, "4"), (7, "3"), (8, "1"), (9, "500"), (11, "NONE"), (13, "2"))]
    )
    raw = tagged_record(14, [*raw.fields[1:], image_field(14, bytes(range(12)))])
    file = kept(tmp_path / "a.an2", build(beside(photo(data=jpeg.getvalue()), raw)))
    found = run_json("extract", file, "--out", tmp_path / "out")
    assert [image["files"] for image in found[-2:]] == [
        ["10-20-photo.jpg", "10-20-photo.png"],
        ["14-21-right-index.raw", "14-21-right-index.png"],
    ]


def test_nothing_is_written_over_unasked(car: Path, tmp_path: Path) -> None:
    form = tmp_path / "form.json"
    form.write_text(run("show", car, "--json"))
    with pytest.raises(UsageError, match="exists"):
        run("build", form, "--out", car)
    run("build", form, "--out", car, "--force")


def test_build_refuses_what_is_no_form(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no JSON"):
        run("build", kept(tmp_path / "a", b"{"), "--out", tmp_path / "b")
    with pytest.raises(LivescanError, match="schema"):
        run("build", kept(tmp_path / "a", b"{}"), "--out", tmp_path / "b")


def test_roundtrip_of_real_files() -> None:
    files = [testdata(f"prints/nist/{name}") for name in REAL_FILES]
    assert all(result["same"] for result in run_json("roundtrip", *files))
    assert "same bytes" in run("roundtrip", files[0])


def test_roundtrip_of_a_damaged_file_says_where(tmp_path: Path, car: Path) -> None:
    damaged = kept(tmp_path / "damaged.an2", car.read_bytes()[:-1])
    good, bad = run_json("roundtrip", car, damaged, expect=1)
    assert good["same"]
    assert not bad["same"]
    assert bad["field"].startswith("4.")
    assert isinstance(bad["offset"], int)


def test_show_of_a_damaged_file_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(NistError):
        run("show", kept(tmp_path / "a", b"not a file"))


def test_file_from_standard_input(car: Path) -> None:
    done = CliRunner().invoke(app, ["check", "-", "--json"], input=car.read_bytes())
    assert json.loads(done.stdout)["errors"] == 0


def test_an_unreadable_path_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(LivescanError, match="Cannot read"):
        run("show", tmp_path / "nowhere")


def test_a_print_with_a_binary_header_is_built_as_it_was(tmp_path: Path) -> None:
    header = a_car().records[2].header  # type: ignore[union-attr]
    assert header is not None
    tx = transaction([text_field(1, 2, "0502")], [fingerprint_record(header, b"\x00\x01", 6)])
    form = kept(tmp_path / "form", run("show", kept(tmp_path / "a", build(tx)), "--json").encode())
    run("build", form, "--out", tmp_path / "b")
    assert parse((tmp_path / "b").read_bytes()) == tx
