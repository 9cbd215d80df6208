"""The frames of the handover, read as they are written and refused in one sentence otherwise."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.handover import frames
from agent.handover.errors import FrameError
from agent.handover.instants import read_instant, write_instant

AT = datetime(2026, 11, 24, 7, 0, 0, 1, UTC)
TXID = "ab" * 32

MESSAGES = (
    frames.Hello(1, "core"),
    frames.Offer(TXID, "LS-0001", 5),
    frames.Want(TXID),
    frames.EnvelopeFrame(TXID, "LS-0001", 0, b"sealed"),
    frames.Have(TXID, AT),
    frames.Refuse(TXID, "The disk is full."),
    frames.Progress(TXID, frames.Stage.SENT, AT),
    frames.ProgressTaken(TXID, frames.Stage.HELD),
    frames.Release(TXID),
    frames.Released(TXID),
    frames.Inbound(TXID, b"\x00" * 10),
    frames.InboundTaken(TXID),
    frames.CertificateRequest("signing", TXID, b"request"),
    frames.Certificate("opening", TXID, b"certificate"),
    frames.CertificateTaken(TXID, ""),
    frames.Revocations(TXID, b"list"),
    frames.RevocationsTaken(TXID, "It is of another authority."),
    frames.QueueAsked(7),
    frames.Queue(7, b"{}"),
    frames.TryAgain(TXID),
    frames.Report(b"signed"),
    frames.Command("ab" * 16, b"signed"),
    frames.Answer("ab" * 16, b"sealed"),
    frames.ReloadAsked(),
)


def test_there_is_an_example_of_every_message() -> None:
    assert {type(message) for message in MESSAGES} == set(get_args(frames.Message))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_read_as_it_was_written(message: frames.Message) -> None:
    data = frames.encode(message)
    head, body = frames.lengths(data[: frames.PREFIX.size])
    start = frames.PREFIX.size
    assert len(data) == start + head + body
    assert frames.decode(data[start : start + head], data[start + head :]) == message


HOSTILE = {
    "no JSON": (b"{", b""),
    "not an object": (b"[1]", b""),
    "a string": (b'"hello"', b""),
    "no name": (b"{}", b""),
    "an unknown name": (b'{"t":"shutdown"}', b""),
    "a name that is no text": (b'{"t":["hello"]}', b""),
    "a field too many": (json.dumps({"t": "want", "txid": TXID, "x": 1}).encode(), b""),
    "a field missing": (b'{"t":"want"}', b""),
    "a body where none belongs": (json.dumps({"t": "want", "txid": TXID}).encode(), b"x"),
    "no body where one belongs": (json.dumps({"t": "inbound", "rid": TXID}).encode(), b""),
    "a body in the head": (json.dumps({"t": "inbound", "rid": TXID, "body": "x"}).encode(), b""),
    "a path for a digest": (json.dumps({"t": "want", "txid": "../" * 21 + "x"}).encode(), b""),
    "a digest with a line end": (json.dumps({"t": "want", "txid": TXID + "\n"}).encode(), b""),
    "digits of another script": (json.dumps({"t": "want", "txid": "٣" * 64}).encode(), b""),
    "a number for a text": (json.dumps({"t": "want", "txid": 5}).encode(), b""),
    "true for a number": (json.dumps({"t": "hello", "version": True, "end": "core"}).encode(), b""),
    "a priority out of range": (json.dumps({"t": "offer", "txid": TXID, "station": "A", "priority": 10}).encode(), b""),
    "a topic for a station": (json.dumps({"t": "offer", "txid": TXID, "station": "a/#", "priority": 1}).encode(), b""),
    "an unknown stage": (json.dumps({"t": "progress_taken", "txid": TXID, "stage": "lost"}).encode(), b""),
    "a request for the uplink's own key": (json.dumps({"t": "certificate_request", "use": "tls", "sha256": TXID}).encode(), b"x"),
    "a local time": (json.dumps({"t": "have", "txid": TXID, "queued_at": "2026-11-24T07:00:00"}).encode(), b""),
    "a list for a stage": (json.dumps({"t": "progress_taken", "txid": TXID, "stage": []}).encode(), b""),
    "deep nesting": (b'{"t":' + b"[" * 4000, b""),
    "not UTF-8": (b'{"t":"\xff"}', b""),
}


@pytest.mark.parametrize(("head", "body"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_frame_is_refused_in_one_sentence(head: bytes, body: bytes) -> None:
    with pytest.raises(FrameError):
        frames.decode(head, body)


@given(st.binary(max_size=200), st.binary(max_size=3))
def test_no_bytes_make_the_parser_fail_otherwise(head: bytes, body: bytes) -> None:
    with pytest.raises(FrameError):
        frames.decode(head, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(frames._NAMES)), st.dictionaries(st.sampled_from(["txid", "rid", "stage", "at", "version", "end"]), JSON))
def test_no_json_makes_the_parser_fail_otherwise(name: str, values: dict[str, object]) -> None:
    head = json.dumps({"t": name, **values}).encode()
    with suppress(FrameError):
        frames.decode(head, b"")


@pytest.mark.parametrize("prefix", [(0, 0), (1, 0), (frames.HEAD_LIMIT + 1, 0), (2, frames.BODY_LIMIT + 1), (2**32 - 1, 2**32 - 1)])
def test_a_frame_beyond_the_limits_is_refused_before_it_is_read(prefix: tuple[int, int]) -> None:
    with pytest.raises(FrameError, match="limits"):
        frames.lengths(frames.PREFIX.pack(*prefix))


def test_a_message_that_no_reader_would_take_is_not_written() -> None:
    with pytest.raises(FrameError):
        frames.encode(frames.Want("not a digest"))


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))
def test_times_are_read_as_they_were_written(at: datetime) -> None:
    assert read_instant(write_instant(at)) == at
