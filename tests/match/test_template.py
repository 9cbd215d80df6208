"""A template as bytes: the same again, and foreign bytes refused in words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.match.template import Template, TemplateError, parse
from tests.match.prints import prepared

COLUMNS = ("x", "y", "direction", "bifurcation", "quality", "flow")


@pytest.fixture(scope="module")
def template() -> Template:
    return prepared(1, 0).template


def test_a_template_survives_its_bytes(template: Template) -> None:
    again = parse(template.serialise())
    assert (again.extractor, again.version, again.width, again.height) == ("mindtct", 1, template.width, template.height)
    assert all(np.array_equal(getattr(again, name), getattr(template, name)) for name in COLUMNS)
    assert again.serialise() == template.serialise()


def test_a_template_is_small(template: Template) -> None:
    assert 300 < len(template.serialise()) < 1600


REFUSED = {
    "no bytes": (lambda data: b"", "too short"),
    "another magic": (lambda data: b"XXXX" + data[4:], "do not begin"),
    "a later form": (lambda data: data[:4] + b"\x09" + data[5:], "do not begin"),
    "cut off": (lambda data: data[:-1], "length"),
    "one byte more": (lambda data: data + b"\0", "length"),
    "a name that is no text": (lambda data: data.replace(b"mindtct", b"mind\x00ct"), "name"),
    "a width of nothing": (lambda data: data[:8] + b"\0\0" + data[10:], "size"),
    "another width than the flow's": (lambda data: data[:8] + b"\x20\x00" + data[10:], "flow"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_template_is_refused_in_words(case: str, template: Template) -> None:
    damage, word = REFUSED[case]
    with pytest.raises(TemplateError, match=word):
        parse(damage(template.serialise()))


def test_a_minutia_outside_of_its_print_is_refused(template: Template) -> None:
    data = bytearray(template.serialise())
    head = len(data) - 7 * len(template) - template.flow.size
    data[head : head + 2] = b"\xff\x7f"
    with pytest.raises(TemplateError, match="outside"):
        parse(bytes(data))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_damage_is_read_as_a_template_or_refused(data: st.DataObject) -> None:
    """Whatever the bytes: a template that serialises to the same bytes, or TemplateError; nothing else."""
    good = bytearray(prepared(1, 0).template.serialise())
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, min(60, len(good) - 1)) | st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(good[: data.draw(st.integers(0, len(good)) | st.just(len(good)))])
    try:
        assert parse(cut).serialise() == cut
    except TemplateError as refused:
        assert refused.what


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(TemplateError):
        parse(data)
