"""The readable form: shown as JSON, changed by a person, built into a file again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.nist.codec import build, parse
from agent.nist.errors import NistError
from agent.nist.from_readable import FormError, from_json
from agent.nist.readable import as_json
from tests.data import testdata
from tests.nist.samples import REAL_FILES, car_bytes
from tests.nist.test_codec import KIND

_keys = st.sampled_from(["schema", "records", "type", "fields", "tag", "value", "subfields", "x"])


def again(data: bytes) -> bytes:
    """Shown, written as text, read, built."""
    return build(from_json(json.loads(json.dumps(as_json(data)))))


def form_of(data: bytes) -> Any:
    return json.loads(json.dumps(as_json(data)))


def field_of(form: Any, tag: str) -> Any:
    return next(field for record in form["records"] for field in record["fields"] if field["tag"] == tag)


@pytest.mark.parametrize("name", REAL_FILES)
def test_real_file_comes_back_byte_for_byte(name: str) -> None:
    data = testdata(f"prints/nist/{name}").read_bytes()
    assert again(data) == data


@pytest.mark.parametrize("data", [*KIND.values(), car_bytes()], ids=[*KIND, "a CAR"])
def test_strange_file_comes_back_byte_for_byte(data: bytes) -> None:
    assert again(data) == data


def test_form_says_what_it_is_of() -> None:
    form = as_json(car_bytes())
    assert [record["type"] for record in form["records"]] == [1, 2, *[4] * 14]
    assert [record["idc"] for record in form["records"][:4]] == [None, 0, 1, 2]
    assert sum(record["bytes"] for record in form["records"]) == form["bytes"] == len(car_bytes())


def test_field_has_mnemonic_name_and_value() -> None:
    assert field_of(form_of(car_bytes()), "2.020") == {"tag": "2.020", "mnemonic": "POB", "name": "place of birth", "value": "NY"}


def test_nothing_in_it_is_obeyed_by_a_terminal() -> None:
    data = build(from_json(_with_name("\x1b]0;owned\x07\u202e", utf8=True)))
    text = json.dumps(as_json(data))
    assert text.isascii()
    assert text.isprintable()


def _with_name(name: str, *, utf8: bool = False) -> Any:
    form = form_of(car_bytes())
    field_of(form, "2.018")["value"] = name
    if utf8:
        form["records"][0]["fields"].append({"tag": "1.015", "subfields": [["003", "UTF-8"]]})
    return form


def test_changed_value_gets_right_lengths() -> None:
    form = _with_name("ROE,RICHARD WILLIAM ALEXANDER")
    data = build(from_json(form))
    assert len(data) == len(car_bytes()) + len("ROE,RICHARD WILLIAM ALEXANDER") - len("DOE-ROE,JOHN ALEXANDER")
    read = parse(data).first(2)
    assert read is not None
    assert read.text(18) == "ROE,RICHARD WILLIAM ALEXANDER"


def test_record_taken_out_is_no_longer_counted() -> None:
    form = form_of(car_bytes())
    del form["records"][5]
    tx = parse(build(from_json(form)))
    assert len(tx.records) == 15
    assert tx.type1.items(3)[0] == ("1", "14")


def test_form_written_by_hand() -> None:
    form = {
        "schema": "livescan-nist/1",
        "records": [
            {"type": 1, "fields": [{"tag": "1.002", "value": "0502"}, {"tag": "1.004", "value": "SRE"}]},
            {"type": 2, "fields": [{"tag": "2.002", "value": "00"}, {"tag": "2.060", "subfields": [["ONE"], ["TWO"]]}]},
            {
                "type": 4,
                "fields": [
                    *({"tag": f"4.{number:03d}", "value": "1"} for number in (2, 3, 4, 6, 7, 8)),
                    {"tag": "4.005", "value": "0"},
                    {"tag": "4.009", "base64": "/6A="},
                ],
            },
        ],
    }
    data = build(from_json(form))
    assert data == (
        b"1.001:50\x1d1.002:0502\x1d1.003:1\x1f2\x1e2\x1f00\x1e4\x1f01\x1d1.004:SRE\x1c"
        b"2.001:32\x1d2.002:00\x1d2.060:ONE\x1eTWO\x1c"
        b"\x00\x00\x00\x14\x01\x01\x01\xff\xff\xff\xff\xff\x00\x00\x01\x00\x01\x01\xff\xa0"
    )


def _broken(change: Any) -> Any:
    form = form_of(car_bytes())
    change(form)
    return form


WRONG = {
    "a list": [],
    "another schema": {"schema": "x", "records": []},
    "no records": {"schema": "livescan-nist/1", "records": []},
    "unknown key of the document": _broken(lambda form: form.update(recrods=[])),
    "unknown key of a record": _broken(lambda form: form["records"][1].update(field=[])),
    "unknown key of a field": _broken(lambda form: field_of(form, "2.018").update(vlaue="X")),
    "record without type": _broken(lambda form: form["records"][1].pop("type")),
    "record of type 100": _broken(lambda form: form["records"][1].update(type=100)),
    "tag of another record": _broken(lambda form: field_of(form, "2.018").update(tag="3.018")),
    "tag that is none": _broken(lambda form: field_of(form, "2.018").update(tag="NAM")),
    "value that is a number": _broken(lambda form: field_of(form, "2.018").update(value=5)),
    "no value": _broken(lambda form: field_of(form, "2.018").pop("value")),
    "empty subfields": _broken(lambda form: field_of(form, "2.047").update(subfields=[])),
    "separator in a value": _broken(lambda form: field_of(form, "2.018").update(value="A\x1dB")),
    "letter outside the character set": _broken(lambda form: field_of(form, "2.018").update(value="Ł")),
    "unknown charset": _broken(lambda form: field_of(form, "2.018").update(charset="cp437")),
    "width beyond its two bytes": _broken(lambda form: field_of(form, "4.006").update(value="65536")),
    "impression that is no number": _broken(lambda form: field_of(form, "4.003").update(value="-1")),
    "seven positions": _broken(lambda form: field_of(form, "4.004").update(subfields=[["1"]] * 7)),
    "no image": _broken(lambda form: field_of(form, "4.009").pop("base64")),
    "image that is no base64": _broken(lambda form: field_of(form, "4.009").update(base64="*")),
    "field of a binary record left out": _broken(lambda form: form["records"][2]["fields"].pop(2)),
}


@pytest.mark.parametrize("form", WRONG.values(), ids=WRONG)
def test_wrong_form_is_refused_in_words(form: Any) -> None:
    with pytest.raises(FormError, match=r"\."):
        from_json(form)


def test_form_without_images_is_shorter_and_not_built() -> None:
    form = as_json(car_bytes(), images=False)
    assert "base64" not in json.dumps(form)
    with pytest.raises(FormError, match="no-images"):
        from_json(form)


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda v: st.lists(v, max_size=3) | st.dictionaries(_keys, v, max_size=4))
)
@settings(max_examples=200, deadline=None)
def test_any_json_is_built_or_refused(form: Any) -> None:
    for whole in (form, {"schema": "livescan-nist/1", "records": [form]}, {"schema": "livescan-nist/1", "records": form}):
        try:
            build(from_json(whole))
        except (FormError, NistError):
            continue


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_whatever_can_be_read_comes_back(data: st.DataObject) -> None:
    mutated = bytearray(car_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        mutated[data.draw(st.integers(0, 1200))] = data.draw(st.integers(0, 255))
    try:
        parse(bytes(mutated))
    except NistError:
        return
    assert again(bytes(mutated)) == bytes(mutated)
