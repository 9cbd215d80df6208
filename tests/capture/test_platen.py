"""The glass between two people: looked at, cleaned before it costs a reject, and never taken for a print."""

from __future__ import annotations

import asyncio
from functools import cache

import numpy as np
from numpy.typing import NDArray

from agent.capture.autocapture import Verdict, begin
from agent.capture.events import Cautioned, GlassSeen, Judged
from agent.capture.plan import plan
from agent.capture.questions import Answer, Choice, Why
from agent.capture.runner import CaptureRunner
from agent.capture.session import State
from agent.capture.settings import CaptureRules
from agent.capture.watching import Watch
from agent.imaging.platen import background
from agent.model.fingers import Position
from agent.model.impression import Trigger
from agent.quality.hygiene import Cleanliness
from drivers.device import Advice, Frame, Mode
from drivers.errors import Gone
from tests.capture.scripted import ScriptedScanner, Show
from tests.capture.scripted_bench import ROLL, TAKE, Bench
from tests.prints import nist_card

THUMB = plan()[2:3]


@cache
def thumb() -> NDArray[np.uint8]:
    """In the middle of a bare glass."""
    return np.pad(nist_card()[Position.PLAIN_RIGHT_THUMB], 200, constant_values=250)


@cache
def clean() -> NDArray[np.uint8]:
    return np.full(thumb().shape, 250, np.uint8)


@cache
def latent() -> NDArray[np.uint8]:
    """What that hand left on the glass."""
    return np.clip(250 - (255.0 - thumb()) * 0.4, 0, 255).astype(np.uint8)


class Glass(Bench):
    """A bench whose scanner can take the empty glass."""

    def __init__(self, script: list[Show], *empties: NDArray[np.uint8], **more: object) -> None:
        super().__init__(script, **more)  # type: ignore[arg-type]
        self.scanner.empties = list(empties)
        self.settings = {"clean_every_s": 0.02}

    @property
    def seen(self) -> list[Cleanliness]:
        return [event.state for event in self.events if isinstance(event, GlassSeen)]

    @property
    def sentences(self) -> list[str]:
        return [event.sentence for event in self.events if isinstance(event, Cautioned)]

    @property
    def modes(self) -> list[Mode]:
        return [request.mode for request in self.scanner.armed]


def test_the_glass_is_looked_at_before_the_first_finger_and_is_no_print() -> None:
    bench = Glass([Show(thumb()), Show(thumb())], clean())
    bench.run(THUMB)
    assert bench.modes == [Mode.EMPTY, Mode.FLAT_1]
    assert bench.seen == [Cleanliness.CLEAN]
    assert [one.position for one in bench.stored] == [Position.PLAIN_RIGHT_THUMB]
    assert len(bench.keeper.tried) == 1
    assert all(not np.array_equal(one.pixels, clean()) for one in [*bench.stored, *bench.keeper.tried])


def test_a_scanner_that_cannot_take_the_empty_glass_is_not_asked_to() -> None:
    bench = Bench([Show(thumb())])
    bench.run(THUMB)
    assert [request.mode for request in bench.scanner.armed] == [Mode.FLAT_1]


def test_clean_now_is_said_and_waited_for_until_the_glass_is_clean() -> None:
    bench = Glass([Show(thumb())], latent(), latent(), clean())
    bench.run(THUMB)
    assert bench.modes == [Mode.EMPTY] * 3 + [Mode.FLAT_1]
    assert bench.seen == [Cleanliness.CLEAN_NOW, Cleanliness.CLEAN_NOW, Cleanliness.CLEAN]
    said = next(event.advice for event in bench.events if isinstance(event, GlassSeen))
    assert said == "Clean the glass now: a print that was left there lies on it."
    assert bench.sentences == []


def test_a_glass_that_stays_dirty_does_not_stop_the_booking() -> None:
    bench = Glass([Show(thumb())], *[latent()] * 16)
    bench.run(THUMB)
    assert len(bench.seen) == 16
    assert bench.sentences == ["The glass is still not clean: prints may come out poor."]
    assert len(bench.stored) == 1


def test_the_button_goes_on_without_cleaning() -> None:
    bench = Glass([Show(thumb())], latent())
    bench.settings = {"clean_every_s": 30.0}

    async def press(runner: CaptureRunner) -> None:
        while not bench.seen:
            await asyncio.sleep(0.01)
        await runner.trigger(Trigger.BUTTON)

    bench.run(THUMB, during=press)
    assert bench.modes == [Mode.EMPTY, Mode.FLAT_1]
    assert [one.trigger for one in bench.stored] == [Trigger.DEVICE]


def test_a_latent_that_the_scanner_took_for_fingers_is_no_attempt_and_is_said_why() -> None:
    bench = Glass([Show(latent()), Show(thumb())], latent(), clean())
    bench.settings = {"clean_looks": 0}
    bench.run(THUMB)
    assert [one.attempt for one in bench.stored] == [1]
    assert sum(isinstance(event, Judged) for event in bench.events) == 1
    assert bench.modes == [Mode.EMPTY, Mode.FLAT_1, Mode.EMPTY, Mode.FLAT_1]
    why = "Not taken: nothing touches the glass; what is seen on it was left there before. Clean it, then lay the "
    assert any(sentence.startswith(why) for sentence in bench.sentences)


def test_a_manual_trigger_takes_no_latent_either_and_says_why() -> None:
    bench = Glass([Show(latent(), foot=True), Show(thumb())], latent(), clean())
    bench.settings = {"clean_looks": 0}
    bench.run(THUMB)
    assert len(bench.keeper.tried) == 1
    assert [one.trigger for one in bench.stored] == [Trigger.DEVICE]
    assert any(sentence.startswith("Not taken: nothing touches the glass; what is seen") for sentence in bench.sentences)


def test_a_manual_trigger_with_nothing_on_a_clean_glass_costs_no_attempt() -> None:
    bench = Glass([Show(clean(), foot=True), Show(thumb())], clean(), clean())
    bench.run(THUMB)
    assert [one.attempt for one in bench.stored] == [1]
    assert any(sentence.startswith("Not taken: nothing touches the glass. Lay the right thumb") for sentence in bench.sentences)


def test_a_finger_on_a_latent_is_taken() -> None:
    bench = Glass([Show(np.minimum(thumb(), np.roll(latent(), (60, 40), (0, 1))))], np.roll(latent(), (60, 40), (0, 1)))
    bench.settings = {"clean_looks": 0}
    bench.run(THUMB)
    assert len(bench.stored) == 1


def test_latents_again_and_again_are_a_question_to_the_officer() -> None:
    bench = Glass([Show(latent())] * 3 + [Show(thumb())], *[latent()] * 4, answers=[Answer(Choice.REPEAT)])
    bench.settings = {"clean_looks": 0}
    bench.run(THUMB)
    assert [question.why for question in bench.asked] == [Why.NOBODY]
    assert State.ASK_OFFICER in bench.states()
    assert len(bench.keeper.tried) == 1


def test_another_scanner_has_another_glass() -> None:
    bench = Glass([Show(dies=Gone("Unplugged."))], clean(), any_scanner=True)
    second = ScriptedScanner([Show(thumb())], serial="SCRIPT-2")
    second.empties = [latent(), clean()]
    bench.returns = [second]
    bench.run(THUMB)
    assert bench.seen == [Cleanliness.CLEAN, Cleanliness.CLEAN_NOW, Cleanliness.CLEAN]


def test_the_two_subject_guard_does_not_take_what_the_first_hand_left_for_the_hand() -> None:
    hand = nist_card()[Position.PLAIN_RIGHT_FOUR]
    left = np.clip(250 - (255.0 - hand) * 0.4, 0, 255).astype(np.uint8)
    bench = Glass([Show(left)] + [Show(hand)] * 3, left, left, answers=[TAKE], rules=CaptureRules(hand_again=True))
    bench.settings |= {"clean_looks": 0}
    bench.run(plan(), [step.position for step in plan()])
    assert bench.modes == [Mode.EMPTY, Mode.SLAP_RIGHT, Mode.EMPTY] + [Mode.SLAP_RIGHT] * 3
    assert any(sentence.startswith("Not taken: nothing touches the glass; what is seen") for sentence in bench.sentences)
    assert [question.why for question in bench.asked] == [Why.OTHER_PERSON]


def frames(picture: NDArray[np.uint8]) -> list[Frame]:
    return [Frame(n, 1, 66_000 * n, picture, 500, Advice.NONE, Mode.FLAT_1) for n in range(12)]


def test_auto_capture_refuses_what_lay_on_the_empty_glass_and_says_so() -> None:
    watch = Watch(THUMB[0], 300, background(latent(), 500))
    seen = [asyncio.run(watch.see(frame)) for frame in frames(latent())]
    assert not any(one.trigger for one in seen)
    assert "Nothing touches the glass" in "".join(one.advice for one in seen)


def test_auto_capture_takes_a_hand_where_the_empty_glass_is_known() -> None:
    watch = Watch(THUMB[0], 300, background(latent(), 500))
    assert sum(asyncio.run(watch.see(frame)).trigger for frame in frames(thumb())) == 1


def test_a_latent_on_a_glass_that_was_not_seen_empty_is_waited_out() -> None:
    assert begin(THUMB[0], still_ms=300).verdict is Verdict.EMPTY


def test_the_glass_is_looked_at_before_each_plain_impression_and_only_the_first_look_waits() -> None:
    bench = Glass([Show(thumb()), Show(thumb())], clean(), latent(), answers=[TAKE])  # the same thumb again is a question
    bench.settings = {"clean_every_s": 30.0}
    bench.run(plan()[2:4])
    assert bench.modes == [Mode.EMPTY, Mode.FLAT_1, Mode.EMPTY, Mode.FLAT_1]
    assert bench.seen == [Cleanliness.CLEAN, Cleanliness.CLEAN_NOW]


def test_a_roll_is_not_waited_for_by_another_look_at_the_glass() -> None:
    bench = Glass([Show(ROLL), Show(ROLL)], clean())
    bench.run(plan()[4:6])
    assert bench.modes == [Mode.EMPTY, Mode.ROLL, Mode.ROLL]


def test_a_hand_that_comes_down_while_the_glass_is_taken_is_not_taken_for_the_glass() -> None:
    bench = Glass([Show(thumb())], thumb(), clean())
    bench.scanner.hasty = 1
    bench.run(THUMB)
    assert bench.modes == [Mode.EMPTY, Mode.EMPTY, Mode.FLAT_1]
    assert bench.seen == [Cleanliness.CLEAN]
    assert len(bench.stored) == 1
