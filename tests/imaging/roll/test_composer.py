"""A roll composed from its frames: the print, and what went wrong on the way."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from agent.imaging.roll import RollComposer, RollFaultKind
from firmware_sim.subject.condition import Condition, RollFault
from firmware_sim.subject.condition import RollFaultKind as Injected
from tests.imaging.roll.rolls import AREA, composed, psnr, roll_of, truth

CAUSES = {
    "roll-slip": RollFaultKind.SLIP,
    "roll-slip-down": RollFaultKind.SHIFT_V,  # a strip does not show which of the two it was
    "roll-shift": RollFaultKind.SHIFT_H,
    "roll-shift-down": RollFaultKind.SHIFT_V,
    "roll-fast": RollFaultKind.FAST,
    "roll-burst": RollFaultKind.FAST,
    "roll-slow": RollFaultKind.SLOW,
    "roll-paused": RollFaultKind.PAUSED,
    "roll-lifted": RollFaultKind.LIFTED,
    "roll-reversed": RollFaultKind.REVERSED,
    "roll-narrow": RollFaultKind.NARROW,
    "roll-second-finger": RollFaultKind.SECOND_FINGER,
}


def test_good_roll_gives_the_true_print_and_no_fault() -> None:
    roll = roll_of()
    found = composed(roll)
    assert found.pixels.shape == (AREA[1], AREA[0]) and found.pixels.dtype == np.uint8
    assert not found.faults
    assert psnr(found.pixels, truth(roll, found)) > 29
    assert abs(found.width_mm - roll.picture.shape[1] * 25.4 / 500) < 3  # mm; the picture has a soft edge
    assert (found.lost_frames, found.unchecked_frames) == (0, 0)


def test_roll_from_right_to_left_is_as_good() -> None:
    roll = roll_of()
    composer = RollComposer(AREA)
    for (_, index, at_us), (pixels, _, _) in zip(roll.frames, reversed(roll.frames), strict=True):
        composer.add(pixels, index, at_us)
    found = composer.finish()
    assert not found.faults
    assert psnr(found.pixels, truth(roll, found)) > 29


@pytest.mark.parametrize(("name", "kind"), CAUSES.items())
def test_fault_is_named_and_nothing_else_is(name: str, kind: RollFaultKind) -> None:
    found = composed(roll_of(name))
    named = {fault.kind for fault in found.faults}
    assert kind in named
    assert named <= {kind, RollFaultKind.UNCHECKED} if kind is RollFaultKind.FAST else named == {kind}


def test_fault_says_where_on_the_print() -> None:
    found = composed(roll_of("roll-slip"))
    (fault,) = found.faults
    assert abs(fault.x - AREA[0] / 2) < 80 and abs(fault.y - AREA[1] / 2) < 80  # the slip was in the middle of the roll
    assert fault.words == "The skin slipped over the glass: 0.5 mm sideways and 0.0 mm lengthwise."


def test_slip_is_taken_back() -> None:
    roll = roll_of("roll-slip")
    found = composed(roll)
    assert psnr(found.pixels, truth(roll, found)) > 25  # 12 to 16 dB uncorrected


def test_skin_that_creeps_is_found_though_no_single_step_is_large() -> None:
    roll = roll_of(Condition(roll_faults=(RollFault(Injected.SLIP, 0.1, 30, "x", 1200),)))  # 1.7 pixels a frame
    found = composed(roll)
    assert {fault.kind for fault in found.faults} <= {RollFaultKind.SLIP, RollFaultKind.SHIFT_H} and found.faults
    assert psnr(found.pixels, truth(roll, found)) > 17  # 12 uncorrected


def test_turn_is_named_and_taken_back() -> None:
    roll = roll_of(Condition(roll_faults=(RollFault(Injected.TWIST, 0.4, 4, "x", 500),)))
    found = composed(roll)
    assert RollFaultKind.TURNED in {fault.kind for fault in found.faults}
    assert any("clockwise" in fault.words and "counter" not in fault.words for fault in found.faults)
    assert found.unchecked_frames == 0


def test_turn_too_quick_to_follow_is_never_no_fault() -> None:
    found = composed(roll_of(Condition(roll_faults=(RollFault(Injected.TWIST, 0.5, 6, "x", 0),))))
    assert {fault.kind for fault in found.faults} & {RollFaultKind.TURNED, RollFaultKind.UNCHECKED}


def test_roll_at_1000_ppi_is_composed_at_1000_ppi() -> None:
    roll = roll_of("roll-slip")
    composer = RollComposer((1600, 1500), 1000)
    for pixels, index, at_us in roll.frames:
        composer.add(np.asarray(cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8), index, at_us)
    found = composer.finish()
    assert found.pixels.shape == (1500, 1600)
    assert [fault.kind for fault in found.faults] == [RollFaultKind.SLIP]
    assert abs(found.width_mm - composed(roll).width_mm) < 0.5
    half = replace(found, origin=(found.origin[0] // 2, found.origin[1] // 2))
    small = np.asarray(cv2.resize(found.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    assert psnr(small, truth(roll, half)) > 24


def test_other_resolutions_are_refused() -> None:
    with pytest.raises(ValueError, match="500 or 1000"):
        RollComposer((400, 375), 250)


def test_lost_frames_are_counted_and_placed() -> None:
    roll = roll_of()
    composer = RollComposer(AREA)
    for frame in roll.frames[:9] + roll.frames[11:]:
        composer.add(*frame)
    found = composer.finish()
    assert found.lost_frames == 2
    assert [(fault.kind, fault.frame) for fault in found.faults] == [(RollFaultKind.FRAME_LOST, 11)]


def test_pair_with_nothing_in_common_is_unchecked_and_never_no_slip() -> None:
    roll = roll_of(Condition(roll_ms=200))
    composer = RollComposer(AREA)
    composer.add(*roll.frames[0])
    composer.add(*roll.frames[-1])
    found = composer.finish()
    assert found.unchecked_frames == 1
    assert RollFaultKind.UNCHECKED in {fault.kind for fault in found.faults}


def test_sight_tells_the_way_while_it_rolls() -> None:
    composer = RollComposer(AREA)
    sights = [composer.add(*frame) for frame in roll_of().frames]
    progress = [sight.progress for sight in sights]
    assert progress[0] == 0 and progress[-1] > 800
    assert progress == sorted(progress)
    assert 15 < np.median([sight.velocity for sight in sights]) < 45


def test_fault_is_seen_before_the_roll_ends() -> None:
    roll = roll_of(Condition(roll_faults=(RollFault(Injected.SLIP, 0.3, 20),)))
    composer = RollComposer(AREA)
    first = next(n for n, frame in enumerate(roll.frames) if composer.add(*frame).faults)
    assert first < len(roll.frames) / 2


def test_bare_glass_gives_a_bare_print() -> None:
    composer = RollComposer(AREA)
    sight = composer.add(np.full((800, 840), 250, np.uint8), 0, 0)
    assert (sight.progress, sight.velocity) == (0, 0.0)
    found = composer.finish()
    assert found.pixels.min() == 255 and found.width_mm == 0 and [fault.kind for fault in found.faults] == [RollFaultKind.NARROW]


def test_frame_of_another_size_or_out_of_order_is_refused() -> None:
    composer = RollComposer(AREA)
    composer.add(np.full((800, 840), 250, np.uint8), 3, 0)
    with pytest.raises(ValueError, match="among frames of"):
        composer.add(np.full((400, 420), 250, np.uint8), 4, 0)
    with pytest.raises(ValueError, match="frame 3 after frame 3"):
        composer.add(np.full((800, 840), 250, np.uint8), 3, 0)
