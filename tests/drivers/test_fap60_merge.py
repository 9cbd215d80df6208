"""Two pipes, one order."""

from __future__ import annotations

import threading
import time

import pytest

from drivers.device import Advice
from drivers.errors import Gone
from drivers.fap60_frames import RawFrame
from drivers.fap60_merge import KEEP_PREVIEWS, LIMIT, Item, Merge
from drivers.fap60_wire import Event, parse_frame_header
from tests.drivers.fap60_bytes import frame, pixels


def event(sequence: int) -> Event:
    return Event(2, sequence, 7, 0, 1, 4, Advice.NONE)


def preview(sequence: int) -> RawFrame:
    return RawFrame(parse_frame_header(frame(pixels(4, 4), sequence=sequence, kind=1)), b"")


def number(item: Item | None) -> int | None:
    return None if item is None else item.sequence if isinstance(item, Event) else item.header.sequence


def drained(merge: Merge) -> list[int | None]:
    got = []
    while (item := merge.get(0.05)) is not None:
        got.append(number(item))
    return got


def test_what_arrives_in_another_order_is_handed_out_in_sequence() -> None:
    merge = Merge()
    for sequence in (3, 1, 2):
        merge.put(sequence, event(sequence))
    assert drained(merge) == [1, 2, 3]


def test_an_event_waits_for_the_frame_that_was_sent_before_it() -> None:
    merge = Merge()
    merge.frame_begins(5)
    merge.put(6, event(6))
    assert merge.get(0.05) is None
    merge.put(5, preview(5), preview=True)
    merge.frame_ends()
    assert drained(merge) == [5, 6]


def test_an_event_from_before_the_frame_does_not_wait() -> None:
    merge = Merge()
    merge.frame_begins(5)
    merge.put(4, event(4))
    assert number(merge.get(0.1)) == 4


def test_a_frame_that_does_not_come_holds_events_for_a_moment_only() -> None:
    merge = Merge()
    merge.frame_begins(5)
    merge.put(6, event(6))
    began = time.monotonic()
    assert number(merge.get(1.0)) == 6
    assert 0.2 < time.monotonic() - began < 0.4


def test_old_previews_are_dropped_and_nothing_else() -> None:
    merge = Merge()
    for sequence in range(1, 21, 2):
        merge.put(sequence, preview(sequence), preview=True)
        merge.put(sequence + 1, event(sequence + 1))
    got = [n for n in drained(merge) if n is not None]
    assert [n for n in got if n % 2 == 0] == list(range(2, 21, 2))
    assert [n for n in got if n % 2] == [15, 17, 19]
    assert len([n for n in got if n % 2]) == KEEP_PREVIEWS


def test_a_slow_reader_holds_up_the_device_instead_of_losing_events() -> None:
    merge = Merge()
    for sequence in range(LIMIT):
        assert merge.put(sequence, event(sequence))
    assert not merge.put(LIMIT, event(LIMIT), timeout=0.01)
    assert merge.put(LIMIT + 1, preview(LIMIT + 1), preview=True)
    assert number(merge.get(1.0)) == 0
    assert merge.put(LIMIT, event(LIMIT), timeout=0.01)
    assert drained(merge) == list(range(1, LIMIT + 2))


def test_a_failure_comes_after_what_is_worth_having() -> None:
    merge = Merge()
    merge.put(1, preview(1), preview=True)
    merge.put(2, event(2))
    merge.fail(Gone("unplugged"))
    assert number(merge.get(0.0)) == 2
    with pytest.raises(Gone):
        merge.get(1.0)


def test_a_failure_wakes_the_reader_at_once() -> None:
    merge = Merge()
    threading.Timer(0.05, lambda: merge.fail(Gone("unplugged"))).start()
    began = time.monotonic()
    with pytest.raises(Gone):
        merge.get(5.0)
    assert time.monotonic() - began < 0.2


def test_events_before_a_result_are_waited_for() -> None:
    merge = Merge()

    def late() -> None:
        merge.put(8, event(8))
        merge.note_event(8)

    threading.Timer(0.05, late).start()
    assert [number(item) for item in merge.earlier_than(9, last_event=8, timeout=1.0)] == [8]
