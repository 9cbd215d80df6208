"""Frames out of a stream of reads that a cable, a deadline or a device has damaged."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drivers.fap60_frames import FrameAssembler, LostFrame, RawFrame
from drivers.fap60_words import frame_of
from tests.drivers.fap60_bytes import frame, pixels

LIMIT = 1 << 20


def read_like_the_driver(assembler: FrameAssembler, transfer: bytes) -> list[RawFrame | LostFrame]:
    done: list[RawFrame | LostFrame] = []
    while transfer:
        size = assembler.wanted
        done += assembler.feed(transfer[:size])
        transfer = transfer[size:]
    return done


def sequences(frames: list[RawFrame | LostFrame]) -> list[tuple[str, int]]:
    return [(type(f).__name__, f.header.sequence) for f in frames]


def test_a_frame_without_the_padding_of_its_rows() -> None:
    image = pixels(37, 20)
    (raw,) = read_like_the_driver(FrameAssembler(LIMIT), frame(image, pad=11))
    assert isinstance(raw, RawFrame)
    shown = frame_of(raw).pixels
    assert np.array_equal(shown, image)
    assert not shown.flags.writeable


def test_exactly_the_rest_is_asked_for() -> None:
    assembler = FrameAssembler(4 << 20)
    data = frame(pixels(1640, 1520))
    assert assembler.wanted == 512
    assembler.feed(data[:512])
    assert assembler.wanted == 1 << 20
    assembler.feed(data[512 : 512 + (2 << 20)])
    rest = len(data) - 512 - (2 << 20)
    assert assembler.wanted == -(-rest // 512) * 512
    assert sequences(assembler.feed(data[-rest:])) == [("RawFrame", 1)]
    assert assembler.wanted == 512


def test_empty_packets_change_nothing() -> None:
    assembler = FrameAssembler(LIMIT)
    data = frame(pixels(64, 64))
    assert assembler.feed(b"") == []
    assembler.feed(data[:512])
    assert assembler.feed(b"") == []
    assert sequences(assembler.feed(data[512:])) == [("RawFrame", 1)]


def test_a_damaged_payload_is_lost_and_the_next_frame_is_whole() -> None:
    assembler = FrameAssembler(LIMIT)
    damaged = bytearray(frame(pixels(50, 50), sequence=1))
    damaged[200] ^= 1
    assert sequences(read_like_the_driver(assembler, bytes(damaged))) == [("LostFrame", 1)]
    assert sequences(read_like_the_driver(assembler, frame(pixels(50, 50), sequence=2))) == [("RawFrame", 2)]


def test_a_frame_cut_short_is_lost_when_the_next_begins() -> None:
    assembler = FrameAssembler(LIMIT)
    assert read_like_the_driver(assembler, frame(pixels(100, 100), sequence=1)[:5000]) == []
    assert sequences(read_like_the_driver(assembler, frame(pixels(100, 100), sequence=2))) == [("LostFrame", 1), ("RawFrame", 2)]


def test_after_a_deadline_inside_a_frame_the_rest_is_passed_over() -> None:
    assembler = FrameAssembler(LIMIT)
    data = frame(pixels(100, 100), sequence=1)
    assembler.feed(data[:512])
    assert sequences([*assembler.abort()]) == [("LostFrame", 1)]
    assert read_like_the_driver(assembler, data[3000:]) == []
    assert sequences(read_like_the_driver(assembler, frame(pixels(100, 100), sequence=2))) == [("RawFrame", 2)]


def test_a_header_that_begins_at_the_end_of_garbage() -> None:
    assembler = FrameAssembler(LIMIT)
    data = frame(pixels(30, 30), sequence=3)
    assert assembler.feed(b"LSF1 nonsense" + data[:40]) == []
    assert sequences(assembler.feed(data[40:])) == [("RawFrame", 3)]


def test_a_frame_larger_than_the_platen_is_passed_over() -> None:
    assembler = FrameAssembler(limit=1000)
    assert read_like_the_driver(assembler, frame(pixels(100, 100))) == []


@given(st.lists(st.binary(max_size=600), max_size=20))
def test_any_bytes_are_passed_over(chunks: list[bytes]) -> None:
    assembler = FrameAssembler(LIMIT)
    for chunk in chunks:
        assert assembler.feed(chunk) == []
        assert 512 <= assembler.wanted <= 1 << 20


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3000)), max_size=8))
def test_the_next_good_frame_comes_through_whatever_came_before(damage: list[tuple[int, int]]) -> None:
    assembler = FrameAssembler(LIMIT)
    for kind, where in damage:
        data = bytearray(frame(pixels(40, 70), sequence=1))
        at = where % len(data)
        spoiled = [bytes(data[:at]), bytes(data[at:]), bytes(data[:at] + data[at + 1 :]), bytes(data[:at] + b"\0" + data[at:]), bytes(data)]
        read_like_the_driver(assembler, spoiled[kind])
    got = read_like_the_driver(assembler, frame(pixels(40, 70), sequence=2))
    assert sequences(got)[-1] == ("RawFrame", 2)
