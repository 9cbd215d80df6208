"""The uplink's account of its queue: read as it is written, and refused in one sentence otherwise."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.handover.errors import FrameError
from agent.handover.queue_facts import MOST, ItemFacts, QueueFacts, decode_queue, encode_queue, plain

ITEM = ItemFacts("ab" * 32, "sent", 3, 12.5, "The broker has it.")
FACTS = QueueFacts(True, "online", "", None, 0, 1, (ITEM,))


def test_it_is_read_as_it_was_written() -> None:
    assert decode_queue(encode_queue(FACTS)) == FACTS


def changed(change: dict[str, Any]) -> bytes:
    return json.dumps(json.loads(encode_queue(FACTS)) | change).encode()


def with_item(change: dict[str, Any]) -> bytes:
    value = json.loads(encode_queue(FACTS))
    value["items"][0] |= change
    return json.dumps(value).encode()


HOSTILE = {
    "no JSON": b"{",
    "a list": b"[]",
    "no items": b"{}",
    "items that are none": changed({"items": {}}),
    "too many items": changed({"items": [{}] * (MOST + 1)}),
    "an unknown field": changed({"x": 1}),
    "a word for a truth": changed({"connected": "yes"}),
    "a bureau in another state": changed({"bureau": "asleep"}),
    "an endless sentence": changed({"why": "x" * 301}),
    "an escape sequence": changed({"why": "\x1b[2J"}),
    "an endless detail": changed({"detail": "x" * 301}),
    "an escape sequence for what to do": changed({"do": "\x1b[2J"}),
    "a negative absence": changed({"away_s": -1}),
    "a negative time": changed({"next_try_s": -1}),
    "no number": changed({"next_try_s": float("nan")}),
    "for ever": changed({"next_try_s": float("inf")}),
    "a truth for a count": changed({"silent": True}),
    "an item that is a text": changed({"items": ["x"]}),
    "a txid that is a path": with_item({"txid": "../x"}),
    "an unknown state": with_item({"state": "lost"}),
    "a list for a state": with_item({"state": []}),
    "a fraction of an attempt": with_item({"attempts": 1.5}),
    "deep nesting": b"[" * 100_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_anything_else_is_refused_in_one_sentence(body: bytes) -> None:
    with pytest.raises(FrameError, match="cannot be read"):
        decode_queue(body)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_parser_fail_otherwise(body: bytes) -> None:
    with suppress(FrameError):
        decode_queue(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(["connected", "bureau", "why", "do", "detail", "away_s", "next_try_s", "silent", "total", "items"]), JSON)
def test_no_value_makes_the_parser_fail_otherwise(name: str, value: Any) -> None:
    with suppress(FrameError):
        decode_queue(changed({name: value}))


@given(st.text())
def test_whatever_a_broker_says_can_be_told(said: str) -> None:
    facts = QueueFacts(False, "unknown", plain(said), None, 0, 0, (), plain(said), plain(said), 3.5)
    assert decode_queue(encode_queue(facts)) == facts
