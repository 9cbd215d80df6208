"""The runner and a scanner that goes, garbles, hangs or breaks the order."""

from __future__ import annotations

import pytest

from agent.capture.events import Cautioned, Interrupted
from agent.capture.session import NoSuchMove, State
from agent.model.fingers import Position
from drivers.device import DeviceState
from drivers.errors import Garbled, Gone, Timeout
from tests.capture.scripted import ScriptedScanner, Show
from tests.capture.scripted_bench import ROLL, TWO_ROLLS, Bench


def test_an_unplugged_scanner_pauses_and_the_same_finger_is_taken_when_it_is_back() -> None:
    bench = Bench([Show(ROLL), Show(dies=Gone("The scanner is gone."))])
    back = ScriptedScanner([Show(ROLL)])
    bench.returns = [Gone("not there"), Gone("not there"), back]
    bench.run()
    assert [impression.position for impression in bench.stored] == [Position.RIGHT_THUMB, Position.RIGHT_INDEX]
    assert [request.fingers for request in back.armed] == [{2}]
    assert bench.of(Interrupted)[0] == Interrupted("The scanner is gone.", Gone.means, Gone.do, kind="gone")
    assert State.PAUSED in bench.states()
    assert bench.scanner.closed


def test_the_capture_goes_on_with_a_second_scanner_where_any_may() -> None:
    bench = Bench([Show(ROLL), Show(dies=Gone("Unplugged."))], any_scanner=True)
    second = ScriptedScanner([Show(ROLL)], serial="SCRIPT-2")
    bench.returns = [Gone("Not there."), second]
    bench.run()
    assert [(i.position, i.device.serial) for i in bench.stored] == [
        (Position.RIGHT_THUMB, "SCRIPT-1"),
        (Position.RIGHT_INDEX, "SCRIPT-2"),
    ]
    assert any("another scanner: SCRIPT-2" in event.sentence for event in bench.events if isinstance(event, Cautioned))
    assert second.closed


def test_another_scanner_does_not_take_the_place_of_the_one_that_left() -> None:
    other, back = ScriptedScanner([], serial="OTHER"), ScriptedScanner([Show(ROLL)])
    bench = Bench([Show(dies=Gone("gone"))], returns=[other, back])
    bench.run(TWO_ROLLS[:1])
    assert other.closed
    assert not other.armed
    assert len(bench.stored) == 1


def test_a_garbled_scanner_is_opened_again_a_few_times_and_then_reported() -> None:
    bench = Bench([Show(dies=Garbled("bytes"))])
    bench.returns = [ScriptedScanner([Show(dies=Garbled("bytes"))]) for _ in range(4)]
    with pytest.raises(Garbled):
        bench.run()
    assert len(bench.of(Interrupted)) == 4
    assert list(bench.states())[-1] is State.CANCELLED


def test_a_scanner_that_waited_in_vain_is_armed_again() -> None:
    bench = Bench([Show(), Show(), Show(ROLL)])
    bench.run(TWO_ROLLS[:1])
    assert len(bench.scanner.armed) == 3
    assert bench.stored[0].attempt == 1


def test_a_scanner_that_says_that_nobody_came_is_armed_again_without_being_opened() -> None:
    bench = Bench([Show(dies=Timeout("nobody"))] * 6 + [Show(ROLL)])
    bench.run(TWO_ROLLS[:1])
    assert bench.of(Interrupted) == []
    assert len(bench.stored) == 1


def test_a_scanner_that_does_not_answer_at_all_is_opened_again() -> None:
    bench = Bench([Show(dies=Timeout("silence"), states=())], returns=[ScriptedScanner([Show(ROLL)])])
    bench.run(TWO_ROLLS[:1])
    assert len(bench.of(Interrupted)) == 1
    assert len(bench.stored) == 1


def test_a_scanner_that_breaks_the_order_is_an_error_that_names_event_and_state() -> None:
    lawless = [ScriptedScanner([Show(ROLL, states=(DeviceState.TAKING,))]) for _ in range(4)]
    bench = Bench([Show(ROLL, states=(DeviceState.TAKING,))], returns=[*lawless])
    with pytest.raises(NoSuchMove, match="'image taking' has no place in the state 'await clear'"):
        bench.run()
    assert len(bench.of(Interrupted)) == 4
