"""A touch in motion: what comes down grows, what rolls passes, and both end at the finished print."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from firmware_sim.subject.condition import GOOD, NAMED, Condition, Flaw, RollFault, RollFaultKind
from firmware_sim.subject.motion import Rolling, lift, place, roll
from firmware_sim.subject.person import FLAT_AREA, ROLL_AREA, Box, Gray, Touch, Way
from firmware_sim.subject.roll import Moment, flaws, path


def ridges(width: int, height: int, seed: int = 0) -> Gray:
    """A round patch of ridges that is nowhere like itself."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = np.sin(2 * np.pi * (y + 18 * np.sin(x / 37 + seed) + x * x / 9000) / 9)
    inside = ((x - width / 2) / (width / 2)) ** 4 + ((y - height / 2) / (height / 2)) ** 4 < 0.9
    return np.where(inside, 130 - 90 * wave, 250).astype(np.uint8)


@pytest.fixture(scope="module")
def four() -> Touch:
    sheet = np.full((600, 1400), 250, np.uint8)
    boxes = tuple(Box(finger, 40 + 340 * n, 50, 280, 500) for n, finger in enumerate((2, 3, 4, 5)))
    for box in boxes:
        sheet[box.top : box.top + box.height, box.left : box.left + box.width] = ridges(box.width, box.height, box.finger)
    return Touch(13, Way.PLAIN, 4, sheet, boxes)


def rolled(how: Condition = GOOD) -> Touch:
    return Touch(2, Way.ROLLED, 1, ridges(660, 640), (Box(2, 0, 0, 660, 640),), how=how)


def ink(pixels: Gray) -> float:
    return float(np.mean(pixels < 180))


def test_fingers_come_down_one_after_the_other_and_contact_grows(four: Touch):
    motion = place(four, half=True)
    looks = [motion.look(ms) for ms in range(-50, int(motion.duration_ms) + 50, 40)]
    assert looks[0].fingers == 0
    assert ink(looks[0].pixels) == 0
    assert [look.fingers for look in looks] == sorted(look.fingers for look in looks)
    amounts = [ink(look.pixels) for look in looks]
    assert all(b >= a - 0.002 for a, b in pairwise(amounts))
    assert looks[-1].contact == (1, 1, 1, 1)


def test_contact_grows_from_the_middle_of_each_finger(four: Touch):
    motion = place(four, half=True)
    seen = motion.look(motion.hand.press_ms / 2).pixels
    rows, columns = np.nonzero(seen < 180)
    first = columns < 820 // 2 - 1400 // 4 + 180  # of the half-size window
    middle = 760 // 2
    assert abs(rows[first].mean() - middle) < 20
    assert np.ptp(rows[first]) < 240


def test_settled_fingers_are_the_finished_picture(four: Touch):
    motion = place(four)
    seen = motion.look(motion.duration_ms).pixels
    assert seen.shape == (FLAT_AREA[1], FLAT_AREA[0])
    top, left = (FLAT_AREA[1] - 600) // 2, (FLAT_AREA[0] - 1400) // 2
    part = seen[top : top + 600, left : left + 1400].astype(int)
    assert np.abs(part - four.pixels).mean() < 4


def test_lifted_hand_leaves_a_bare_platen(four: Touch):
    motion = lift(four, half=True)
    amounts = [ink(look.pixels) for look in motion.frames(30)]
    assert amounts[0] > 0.1
    assert amounts[-1] == 0
    assert amounts == sorted(amounts, reverse=True)


def test_a_finger_that_slides_is_elsewhere_later(four: Touch):
    sliding = Touch(13, Way.PLAIN, 4, four.pixels, four.boxes, how=Condition(slide=100))
    motion = place(sliding)
    seen, later = (motion.look(motion.duration_ms + ms).pixels < 180 for ms in (0, 1000))
    still = place(four)
    again = still.look(still.duration_ms + 1000).pixels < 180
    assert np.mean(seen != later) > 0.05
    assert np.mean((still.look(still.duration_ms).pixels < 180) != again) < 0.01


def test_touch_off_the_middle_is_seen_off_the_middle():
    touch = Touch(2, Way.PLAIN, 1, ridges(200, 300), centre=(-600, 100))
    motion = place(touch)
    rows, columns = np.nonzero(motion.look(motion.duration_ms).pixels < 150)
    assert abs(columns.mean() - (FLAT_AREA[0] / 2 - 600)) < 5
    assert abs(rows.mean() - (FLAT_AREA[1] / 2 + 100)) < 5


def test_same_time_gives_the_same_bytes(four: Touch):
    assert np.array_equal(place(four).look(200).pixels, place(four).look(200).pixels)
    assert np.array_equal(roll(rolled()).look(700).pixels, roll(rolled()).look(700).pixels)


def test_roll_shows_a_strip_that_passes_from_nail_to_nail():
    motion = roll(rolled())
    looks = list(motion.frames(15))
    assert looks[0].pixels.shape == (ROLL_AREA[1], ROLL_AREA[0])
    assert [look.part for look in looks] == sorted(look.part for look in looks)
    assert (looks[0].part, looks[-1].part) == (0, 1)
    for look in looks[5:-5]:
        columns = np.flatnonzero((look.pixels < 150).any(0))
        assert look.strip[0] - 3 <= columns[0]
        assert columns[-1] <= look.strip[1] + 3
        assert 260 <= np.ptp(columns) <= 340


def test_every_picture_of_a_good_roll_agrees_with_the_finished_print():
    touch = rolled()
    motion = roll(touch)
    top, left = (ROLL_AREA[1] - 640) // 2, (ROLL_AREA[0] - 660) // 2
    for ms in (400, 700, 1000):
        look = motion.look(ms)
        middle = slice(look.strip[0] + 40, look.strip[1] - 40)
        seen = look.pixels[top + 100 : top + 540, middle].astype(int)
        true = touch.pixels[100:540, middle.start - left : middle.stop - left].astype(int)
        assert np.corrcoef(seen.ravel(), true.ravel())[0, 1] > 0.97
    assert motion.finished() is touch.pixels


def fault(kind: RollFaultKind, amount: float, **more: object) -> Condition:
    return Condition(roll_faults=(RollFault(kind, 0.5, amount, **more),))  # type: ignore[arg-type]


def moments(how: Condition) -> tuple[Moment, ...]:
    return path(how, 660, np.random.default_rng(1))


def test_pause_burst_and_slow_change_how_long_a_roll_takes():
    usual = len(moments(GOOD))
    assert usual == pytest.approx(1500, rel=0.1)
    assert len(moments(fault(RollFaultKind.PAUSED, 900))) == pytest.approx(usual + 900, abs=3)
    assert len(moments(fault(RollFaultKind.FAST, 4))) < usual - 150
    assert len(moments(fault(RollFaultKind.SLOW, 4))) > usual + 500
    assert len(moments(Condition(roll_ms=200))) < 250


def test_reversed_roll_goes_back_and_ends_all_the_same():
    parts = [moment.part * 660 for moment in moments(fault(RollFaultKind.REVERSED, 120))]
    turn = int(np.argmax(np.diff(parts) < 0))
    assert parts[turn] - min(parts[turn:]) == pytest.approx(120, rel=0.1)
    assert parts[-1] == 660


def test_slip_moves_the_skin_and_shift_moves_finger_and_strip():
    slipped = moments(fault(RollFaultKind.SLIP, 30, along="y", frames_ms=330))[-1]
    assert slipped.skin == pytest.approx((0, 30))
    assert slipped.shift == (0, 0)
    shifted = moments(fault(RollFaultKind.SHIFT, 40, frames_ms=300))[-1]
    assert shifted.shift == pytest.approx((40, 0))
    assert shifted.skin == (0, 0)


def test_slip_displaces_the_ridges_by_what_was_asked():
    before, after = Rolling(rolled()), Rolling(rolled(fault(RollFaultKind.SLIP, 12, along="y")))
    ms = next(n for n, moment in enumerate(after.path) if moment.skin[1] > 0) + 50
    strip = slice(after.look(ms).strip[0] + 20, after.look(ms).strip[1] - 20)
    clean, slid = (motion.look(ms).pixels[150:600, strip].astype(int) for motion in (before, after))
    assert np.corrcoef(clean[:-12].ravel(), slid[12:].ravel())[0, 1] > 0.9
    assert np.corrcoef(clean.ravel(), slid.ravel())[0, 1] < 0.5


def test_narrow_roll_ends_before_the_other_nail():
    assert moments(fault(RollFaultKind.NARROW, 0.55))[-1].part == 0.55


def test_lifted_roll_shows_nothing_for_a_while():
    motion = roll(rolled(fault(RollFaultKind.LIFTED, 300)))
    bare = [look for look in motion.frames(30) if look.fingers == 0]
    assert 8 <= len(bare) <= 10
    assert all(ink(look.pixels) == 0 for look in bare)


def test_second_finger_shows_beside_the_strip():
    motion = roll(rolled(fault(RollFaultKind.SECOND_FINGER, 500)))
    both = [look for look in motion.frames(30) if look.fingers == 2]
    assert 14 <= len(both) <= 16
    assert all((np.delete(look.pixels, range(max(0, look.strip[0] - 10), look.strip[1] + 10), axis=1) < 180).any() for look in both)


ROLLS = sorted(name for name in NAMED if name.startswith("roll-"))


@pytest.mark.parametrize("name", ROLLS)
def test_faulty_roll_says_so_and_a_scanner_composes_something_of_it(name: str):
    touch = rolled(NAMED[name])
    assert flaws(touch.how)
    made = roll(touch).finished()
    assert made.shape == touch.pixels.shape
    assert made.dtype == np.uint8
    assert not np.array_equal(made, touch.pixels)


def test_all_faults_of_a_roll_have_a_flaw():
    told = {flaw for name in ROLLS for flaw in flaws(NAMED[name])}
    assert told == {flaw for flaw in Flaw if flaw.value.startswith("roll-")} | {Flaw.EXTRA_FINGER}


def test_live_pictures_are_cheap_enough_for_thirty_a_second(four: Touch):
    for motion in (place(four), roll(rolled())):
        motion.look(0)
        begin = time.process_time()
        for ms in range(0, 1000, 50):
            motion.look(ms)
        assert (time.process_time() - begin) / 20 < 1 / 30
