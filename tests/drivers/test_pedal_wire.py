"""The pedal's lines by hand, and what a foot, a bouncing contact and a lost line make of them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import Garbled
from drivers.line_wire import LineDecoder, build, parse
from drivers.pedal_wire import Contact, Foot, Hello, PedalEvent
from drivers.pedal_wire import parse as parse_pedal

P, R, STUCK, LOST = PedalEvent.PRESSED, PedalEvent.RELEASED, PedalEvent.STUCK, PedalEvent.LINES_LOST


def test_a_line_by_hand() -> None:
    assert build("?") == b"?*3F\n"
    assert build("D 7") == b"D 7*53\n"  # 0x44 ^ 0x20 ^ 0x37
    assert parse(b"D 7*53\r") == "D 7"


@pytest.mark.parametrize("line", [b"", b"*00", b"D 7", b"D 7*54", b"D 7*5", b"D 7*53 ", b"D*7*53", b"\x01*01", b"x" * 61 + b"*78", b"?*3f"])
def test_a_damaged_line(line: bytes) -> None:
    with pytest.raises(Garbled):
        parse(line)


@pytest.mark.parametrize("content", ["", "a*b", "é", "a\nb", "x" * 61])
def test_what_no_line_may_hold(content: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        build(content)


def test_what_a_pedal_says() -> None:
    assert parse_pedal("!PEDAL 1 FP-0001 1.4") == Hello("FP-0001", "1.4")
    assert parse_pedal("D 7") == Contact(True, 7, edge=True)
    assert parse_pedal("U 65535") == Contact(False, 65535, edge=True)
    assert parse_pedal("S D 7") == Contact(True, 7, edge=False)


@pytest.mark.parametrize("content", ["D", "D x", "D 65536", "D -1", "D ²", "S X 1", "!PEDAL 2 A B", "!PEDAL 1  ", "hello", "D 1 2"])
def test_what_a_pedal_does_not_say(content: str) -> None:
    with pytest.raises(Garbled):
        parse_pedal(content)


def played(*lines: tuple[float, str], until: float = 0.0) -> list[PedalEvent]:
    """Times in s and contents; the clock is looked at every 10 ms between them."""
    foot, events, now = Foot(), [], 0.0
    for at, content in (*lines, (until, "")):
        while now < at:
            events += foot.passed(now)
            now += 0.01
        if content:
            said = parse_pedal(content)
            assert isinstance(said, Contact)
            events += foot.contact(said, at)
    return events


def test_a_press_counts_at_its_first_edge() -> None:
    assert played((0.5, "S U 0"), (1.0, "D 1")) == [P]
    assert played((0.5, "S U 0"), (1.0, "D 1"), (1.4, "U 2"), until=2) == [P, R]


def test_a_contact_that_bounces_is_one_press() -> None:
    bounce = [(1.000, "D 1"), (1.003, "U 2"), (1.005, "D 3"), (1.011, "U 4"), (1.013, "D 5")]
    lift = [(1.400, "U 6"), (1.402, "D 7"), (1.409, "U 8")]
    assert played((0.5, "S U 0"), *bounce, *lift, until=2) == [P, R]


def test_a_tap_shorter_than_a_bounce_is_a_press_and_a_release() -> None:
    assert played((0.5, "S U 0"), (1.0, "D 1"), (1.01, "U 2"), until=2) == [P, R]


def test_a_pedal_that_is_held_at_the_start_has_not_been_pressed() -> None:
    assert played((0.5, "S D 3"), (1.0, "S D 3"), (1.5, "U 4"), (2.0, "D 5"), until=3) == [P]


@pytest.mark.parametrize("start", [[(0.5, "S U 0"), (1.0, "D 1")], [(0.5, "S D 1")]])
def test_a_stuck_pedal_is_reported_once(start: list[tuple[float, str]]) -> None:
    beats = [(n * 0.5, "S D 1") for n in range(3, 60)]
    events = played(*start, *beats, (31.0, "U 2"), (32.0, "D 3"), until=33)
    assert events.count(STUCK) == 1
    assert events[-2:] == [R, P]


def test_a_press_that_may_have_been_lost_is_not_made_up() -> None:
    assert played((0.5, "S U 0"), (1.0, "S U 2"), until=2) == [LOST]
    assert played((0.5, "S U 0"), (1.0, "S D 1"), (2.0, "U 2"), (3.0, "D 3"), until=4) == [LOST, P]


def test_the_count_of_edges_wraps() -> None:
    assert played((0.5, "S U 65535"), (1.0, "D 0"), (2.0, "U 1"), until=3) == [P, R]


contacts = st.builds(Contact, st.booleans(), st.integers(0, 65535), edge=st.booleans())


@given(st.lists(st.tuples(st.floats(0, 3), contacts)))
def test_presses_and_releases_take_turns_whatever_is_heard(script: list[tuple[float, Contact]]) -> None:
    foot, at, presses = Foot(), 0.0, []
    for pause, contact in script:
        at += pause
        presses += [event for event in foot.contact(contact, at) + foot.passed(at) if event in (P, R)]
    assert all(now is not before for before, now in pairwise(presses))


@given(st.lists(st.binary(max_size=100)))
def test_any_bytes_in_any_pieces_are_lines_or_nothing(pieces: list[bytes]) -> None:
    whole, cut = LineDecoder(), LineDecoder()
    got = [content for piece in pieces for content in cut.feed(piece)]
    assert got == whole.feed(b"".join(pieces))
    assert cut.damaged == whole.damaged


@given(st.text("DUS? 0123456789", min_size=1, max_size=60), st.binary(max_size=40))
def test_a_good_line_after_any_bytes_is_heard(content: str, noise: bytes) -> None:
    decoder = LineDecoder()
    decoder.feed(noise + b"\n")
    assert decoder.feed(build(content)) == [content]
