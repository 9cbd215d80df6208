"""The glass of the simulated scanner over USB/IP: what one person leaves there is said, and is no print of the next, whoever triggers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from agent.capture.events import CaptureEvent, Cautioned, GlassSeen, Moved
from agent.capture.plan import plan
from agent.capture.session import State
from agent.model.impression import Trigger
from agent.quality.hygiene import Cleanliness
from tests.capture.bench import SimulatedScanner, simulated_scanner
from tests.capture.test_real_scanner import SPEED, Booth
from tests.data import testdata
from tests.prints import nist_card

pytestmark = pytest.mark.xdist_group("capture on the simulated scanner")

THUMBS = plan()[2:4]
NOT_TAKEN = "Not taken: nothing touches the glass; what is seen on it was left there before."


@pytest.fixture
def sim() -> Iterator[SimulatedScanner]:
    with simulated_scanner(testdata("prints/nist/type-4-tpcard.an2"), SPEED) as scanner:
        yield scanner


def glasses(booth: Booth) -> list[Cleanliness]:
    return [event.state for event in booth.events if isinstance(event, GlassSeen)]


def sentences(booth: Booth) -> list[str]:
    return [event.sentence for event in booth.events if isinstance(event, Cautioned)]


def once(happens: Callable[[CaptureEvent], bool], *words: Callable[[], None]) -> Callable[[CaptureEvent], None]:
    """Each thing is done once, in order, when it happens again."""
    left = list(words)

    def hear(event: CaptureEvent) -> None:
        if left and happens(event):
            left.pop(0)()

    return hear


def left_behind(sim: SimulatedScanner) -> None:
    """Somebody was here before, and left prints."""
    before = Booth(sim)
    sim.do("fault prints-left-on-glass percent=70")
    before.capture(THUMBS[:1])
    assert glasses(before)[0] is Cleanliness.CLEAN


def test_the_next_person_is_taken_on_a_clean_glass(sim: SimulatedScanner) -> None:
    left_behind(sim)
    booth = Booth(sim)
    booth.on_event = once(lambda event: isinstance(event, GlassSeen), lambda: sim.do("clear"))
    booth.capture(THUMBS[:1])
    assert glasses(booth) == [Cleanliness.CLEAN_NOW, Cleanliness.CLEAN]
    assert np.array_equal(booth.taken[0].pixels, nist_card()[11])


def test_dirt_is_said_before_it_costs_a_reject(sim: SimulatedScanner) -> None:
    sim.do("fault dirt-on-glass percent=60")
    booth = Booth(sim)
    booth.on_event = once(lambda event: isinstance(event, GlassSeen), lambda: sim.do("clear"))
    booth.capture(THUMBS[:1])
    assert glasses(booth) == [Cleanliness.CLEAN_NOW, Cleanliness.CLEAN]
    said = [event.advice for event in booth.events if isinstance(event, GlassSeen)]
    assert said == ["Clean the glass now.", ""]


def test_a_scanner_that_takes_what_was_left_for_fingers_brings_no_print(sim: SimulatedScanner) -> None:
    left_behind(sim)
    sim.do("fault latent-for-fingers")
    booth = Booth(sim, clean_looks=0)
    booth.on_event = once(lambda event: isinstance(event, Cautioned) and event.sentence.startswith(NOT_TAKEN), lambda: sim.do("clear"))
    booth.capture(THUMBS[:1])
    assert sum(sentence.startswith(NOT_TAKEN) for sentence in sentences(booth)) == 1
    assert glasses(booth) == [Cleanliness.CLEAN_NOW, Cleanliness.CLEAN]
    assert all(np.array_equal(one.pixels, nist_card()[11]) for one in [*booth.taken, *booth.keeper.tried])
    assert booth.keeper.tried[0].attempt == 1


def test_the_foot_switch_takes_no_latent_either(sim: SimulatedScanner) -> None:
    left_behind(sim)
    booth = Booth(sim, clean_looks=0)
    sim.do("lift")  # from now on nobody comes by himself
    waits = once(lambda event: isinstance(event, Moved) and event.state is State.AWAIT_FINGER, lambda: sim.do("foot"))
    refused = once(
        lambda event: isinstance(event, Cautioned) and event.sentence.startswith(NOT_TAKEN), lambda: (sim.do("clear"), sim.do("by-itself"))
    )
    booth.on_event = lambda event: (waits(event), refused(event))
    booth.capture(THUMBS[:1])
    assert sum(sentence.startswith(NOT_TAKEN) for sentence in sentences(booth)) == 1
    assert all(np.array_equal(one.pixels, nist_card()[11]) for one in [*booth.taken, *booth.keeper.tried])
    assert {one.trigger for one in booth.keeper.tried} == {Trigger.DEVICE}


def test_at_a_thousand_ppi_the_glass_says_the_same(sim: SimulatedScanner) -> None:
    left_behind(sim)
    sim.do("fault latent-for-fingers")
    booth = Booth(sim, clean_looks=0, ppi=1000)
    booth.on_event = once(lambda event: isinstance(event, Cautioned) and event.sentence.startswith(NOT_TAKEN), lambda: sim.do("clear"))
    booth.capture([*THUMBS[:1], plan()[4]])
    assert sum(sentence.startswith(NOT_TAKEN) for sentence in sentences(booth)) == 1
    assert [(one.ppi, one.pixels.shape) for one in booth.taken] == [
        (1000, tuple(2 * side for side in nist_card()[11].shape)),
        (1000, (1500, 1600)),
    ]


def test_what_was_left_there_is_no_roll_either(sim: SimulatedScanner) -> None:
    before = Booth(sim)
    sim.do("fault prints-left-on-glass percent=90")
    before.capture([plan()[4]])
    sim.do("fault latent-for-fingers")
    booth = Booth(sim, clean_looks=0)
    booth.on_event = once(lambda event: isinstance(event, Cautioned) and event.sentence.startswith(NOT_TAKEN), lambda: sim.do("clear"))
    booth.capture([plan()[4]])
    assert sum(sentence.startswith(NOT_TAKEN) for sentence in sentences(booth)) == 1
    assert [one.attempt for one in booth.keeper.tried] == [1]
    assert len(booth.taken) == 1
