"""The runner on raw frames: triggered when fingers are good and still, rolls composed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.capture.events import Cautioned, Judged
from agent.capture.plan import plan
from agent.imaging.overlay import ridge_psnr
from agent.model.impression import Trigger
from tests.capture.scripted import Show
from tests.capture.scripted_bench import ROLL, TAKE, TWO_ROLLS, Bench
from tests.imaging.drawn import drawn, right_hand

HAND = drawn(right_hand())
BARE = np.full_like(HAND, 250)
SLAP = plan()[:1]


def test_a_scanner_that_does_not_watch_is_triggered_when_all_fingers_are_good_and_still() -> None:
    bench = Bench([Show(HAND, live=[BARE, HAND])] * 3, answers=[TAKE])
    bench.scanner.auto_capture = False
    bench.run(SLAP)
    assert not any(request.auto for request in bench.scanner.armed)
    assert bench.of(Judged)[0].impression.trigger is Trigger.STATION  # type: ignore[union-attr]


def test_a_scanner_that_watches_is_not_triggered_from_here_but_what_it_does_not_say_is_said() -> None:
    three = drawn(right_hand()[:3])
    bench = Bench([Show(three, live=[BARE] + [three] * 40), Show(three), Show(three)], answers=[TAKE])
    bench.run(SLAP)
    assert bench.of(Judged)[0].impression.trigger is Trigger.DEVICE  # type: ignore[union-attr]
    assert any("Not all fingers are seen" in event.sentence for event in bench.events if isinstance(event, Cautioned))


def rolled(slips: bool = False) -> list[NDArray[np.uint8]]:
    """A strip that goes over a drawn roll, nail to nail; with a slip the skin jumps 20 pixels up half way."""
    frames, across = [], np.arange(ROLL.shape[1])
    for centre in range(130, 680, 22):
        skin = np.roll(ROLL, -20, axis=0) if slips and centre > 390 else ROLL
        strip = np.clip((140 - np.abs(across - centre)) / 12, 0, 1)
        frames.append((255 - (255 - skin.astype(float)) * strip).astype(np.uint8))
    return [np.full_like(ROLL, 255), *frames, np.full_like(ROLL, 255)]


def test_a_roll_is_composed_of_the_scanners_raw_pictures() -> None:
    bench = Bench([Show(rolled()[-1], raw=rolled())])
    bench.run(TWO_ROLLS[:1])
    assert [request.roll_frames for request in bench.scanner.armed] == [True]
    (taken,) = bench.stored
    assert taken.pixels.shape == (750, 800)
    assert taken.roll is not None
    assert (taken.roll.frames, taken.roll.lost_frames) == (25, 0)
    assert ridge_psnr(ROLL, taken.pixels) > 24.0


def test_a_roll_that_slipped_is_taken_again_however_clear_it_looks() -> None:
    bench = Bench([Show(ROLL, raw=rolled(slips=True)), Show(ROLL, raw=rolled())])
    bench.run(TWO_ROLLS[:1])
    (taken,) = bench.stored
    assert taken.attempt == 2
    spoilt = bench.of(Judged)[0].impression  # type: ignore[union-attr]
    assert spoilt.roll is not None
    assert {flaw.kind for flaw in spoilt.roll.flaws} & {"slip", "shift_v"}
    assert spoilt.quality is not None
    assert spoilt.quality.advice == "Roll without sliding or turning the finger."
