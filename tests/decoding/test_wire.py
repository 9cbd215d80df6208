"""The decoder's protocol: what is written is read, and nothing that another hand writes is taken for an answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.decoding.wire import (
    ASKED_HEAD,
    FINGER,
    MOST_BYTES,
    TOLD_HEAD,
    Asked,
    Form,
    Formats,
    Refusal,
    Told,
    WireError,
    read_asked_head,
    read_pixels,
    read_told_head,
    write_asked,
    write_told,
)

QUESTIONS = st.builds(
    Asked,
    st.sampled_from(Form),
    st.integers(2, 31).map(lambda n: Formats(n & ~1)),
    st.binary(min_size=1, max_size=40),
    longest=st.integers(0, 3000),
)
GREY = Asked(Form.GREY, FINGER, b"x", 4, 3)


@given(QUESTIONS)
def test_a_question_is_read_as_it_was_asked(asked: Asked) -> None:
    sent = write_asked(asked)
    read, length = read_asked_head(sent[:ASKED_HEAD])
    assert (read.form, read.formats, read.longest, length) == (asked.form, asked.formats, asked.longest, len(asked.data))
    assert sent[ASKED_HEAD:] == asked.data


@given(st.sampled_from(Form), st.integers(1, 9), st.integers(1, 9), st.integers(0, 255))
def test_an_answer_is_read_as_it_was_told(form: Form, width: int, height: int, level: int) -> None:
    asked = Asked(form, FINGER, b"x")
    shape = (height, width) if form is Form.GREY else (height, width, 3)
    sent = write_told(asked, Told(np.full(shape, level, np.uint8)))
    refusal, *size = read_told_head(asked, sent[:TOLD_HEAD])
    assert (refusal, size) == (None, [width, height])
    assert np.array_equal(read_pixels(asked, width, height, sent[TOLD_HEAD:]), np.full(shape, level, np.uint8))


@given(st.one_of(st.binary(max_size=40), QUESTIONS.map(write_asked)), st.integers(0, 23), st.integers(0, 255))
def test_any_bytes_are_a_question_within_limits_or_none(data: bytes, at: int, value: int) -> None:
    head = bytearray(data[:ASKED_HEAD])
    if at < len(head):
        head[at] = value
    try:
        asked, length = read_asked_head(bytes(head))
    except WireError:
        return
    assert 0 < length <= MOST_BYTES
    assert asked.width <= 40_000
    assert asked.height <= 40_000


@given(st.binary(min_size=TOLD_HEAD, max_size=TOLD_HEAD), st.booleans())
def test_any_bytes_are_an_answer_to_this_question_or_none(head: bytes, ours: bool) -> None:
    head = b"LSDA\x01" + head[5:] if ours else head
    try:
        refusal, width, height = read_told_head(GREY, head)
    except WireError:
        return
    assert isinstance(refusal, Refusal) or (width, height) == (4, 3)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (GREY, np.zeros((4, 3), np.uint8)),
        (GREY, np.zeros((3, 4, 3), np.uint8)),
        (Asked(Form.COLOR, FINGER, b"x", longest=10), np.zeros((11, 2, 3), np.uint8)),
        (Asked(Form.COLOR, FINGER, b"x"), np.zeros((0, 0, 3), np.uint8)),
    ],
    ids=["another size than was stated", "more bytes than pixels", "longer than it may be", "nothing"],
)
def test_an_answer_beyond_the_question_is_none(asked: Asked, told: np.ndarray) -> None:
    with pytest.raises(WireError):
        read_told_head(asked, write_told(asked, Told(told))[:TOLD_HEAD])


@pytest.mark.parametrize(
    "asked",
    [
        Asked(Form.GREY, FINGER, b""),
        Asked(Form.GREY, Formats.RAW, b"x"),
        Asked(Form.GREY, Formats.RAW | Formats.PNG, b"x", 1, 1),
        Asked(Form.GREY, FINGER, b"x", 40_001, 1),
        Asked(Form.GREY, FINGER, b"x", 5, 0),
    ],
    ids=["no bytes", "pixels without a size", "pixels or a picture", "too wide", "half a size"],
)
def test_what_may_not_be_asked_is_not_sent(asked: Asked) -> None:
    with pytest.raises(WireError):
        write_asked(asked)
