"""A file shown to a person and to a program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.nist.codec import build, parse
from agent.nist.errors import NistError
from agent.nist.records import Field
from agent.nist.show import MAX_TEXT, lines, show, visible
from agent.nist.write import tagged_record, text_field, transaction
from tests.data import testdata
from tests.nist.samples import REAL_FILES, a_car, car_bytes, changed, with_print


def shown(data: bytes, tag: str) -> list[str]:
    return [row.value for row in show(data) if row.tag == tag]


def test_card_is_shown_image_by_image() -> None:
    data = testdata("prints/nist/type-4-tpcard.an2").read_bytes()
    images = shown(data, "4.009")
    assert len(images) == 14
    assert images[0] == "WSQ 804x752, 42297 bytes, FGP 1 right thumb, rolled, from a card"


def test_tagged_image_is_shown() -> None:
    data = testdata("prints/nist/type-14-amp-nqm-utf8.an2").read_bytes()
    assert shown(data, "14.999")[0] == "WSQ20 804x1000, 50256 bytes, FGP 15 plain thumbs"


def test_field_is_shown_with_mnemonic_and_name() -> None:
    row = next(row for row in show(car_bytes()) if row.tag == "2.020")
    assert (row.record, row.type, row.mnemonic, row.name, row.value) == (1, 2, "POB", "place of birth", "NY")


def test_items_and_subfields_are_set_apart() -> None:
    assert shown(car_bytes(), "2.047") == ["20261122 / BURGLARY OF A DWELLING |  / RESISTING ARREST"]


def test_unknown_field_is_shown_without_a_name() -> None:
    data = build(changed(a_car(), 2, {477: "X"}))
    row = next(row for row in show(data) if row.tag == "2.477")
    assert (row.mnemonic, row.name, row.value) == ("", "", "X")


def test_terminal_never_sees_a_control_character() -> None:
    hostile = tagged_record(2, [text_field(2, 2, "00"), Field("2.018", 18, b"\x1b]0;owned\x07\x1b[2J\r\x7f\x9b31m\t\n\x00")])
    data = build(transaction([text_field(1, 2, "0502")], [hostile]))
    text = "".join(lines(data))
    assert text.isprintable()
    assert "\u241b]0;owned\u2407\u241b[2J\u240d\u2421\\u009b31m\u2409\u240a\u2400" in text


def test_text_that_turns_around_is_made_visible() -> None:
    assert visible("A\u202eB\u2066C\u200d") == "A\\u202eB\\u2066C\\u200d"


@given(st.text())
def test_whatever_is_made_visible_is_printable(text: str) -> None:
    assert visible(text).isprintable()


def test_long_value_is_cut_in_text() -> None:
    data = build(changed(a_car(), 2, {41: "X" * 5000}))
    line = next(line for line in lines(data) if "2.041" in line)
    assert len(line) < MAX_TEXT + 200
    assert line.endswith("... (5000 characters)")


def test_image_that_disagrees_with_its_header_is_named() -> None:
    assert "THE DATA SAY 64x64" in shown(build(with_print(a_car(), 1, width=800)), "4.009")[0]
    assert "NOT A WSQ FILE" in shown(build(with_print(a_car(), 1, data=b"\x00" * 20)), "4.009")[0]


def test_binary_record_of_another_type_is_shown_by_its_size() -> None:
    body = "1.002:0502\x1d1.003:1\x1f1\x1e7\x1f01\x1d1.004:CAR\x1c"
    data = f"1.001:{len(body) + 9}\x1d{body}".encode() + b"\x00\x00\x00\x08\x01abc"
    assert shown(data, "7.999") == ["8 bytes, not read"]


DAMAGED = {"empty": b"", "other": b"not a file", "cut at its end": car_bytes()[:-1], "cut at its start": car_bytes()[1:]}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_file_gives_one_error_and_no_line(data: bytes) -> None:
    with pytest.raises(NistError) as caught:
        next(lines(data))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", REAL_FILES)
def test_every_field_of_a_real_file_is_shown(name: str) -> None:
    data = testdata(f"prints/nist/{name}").read_bytes()
    tags = [row.tag for row in show(data)]
    for record in parse(data).records:
        assert f"{record.type}.001" in tags
    assert "".join(lines(data)).isprintable()
