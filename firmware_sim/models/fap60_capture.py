"""One capture as it happens on the platen: the person is asked, touches, holds still or rolls, and the picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from firmware_sim.models.fap60_states import Cause
from firmware_sim.models.fap60_wire import Advice, Arm, ArmFlag, Error, Event, Kind, Mode, State
from firmware_sim.subject.person import (
    FLAT_AREA,
    LEFT_FOUR,
    PLAIN_THUMBS,
    RIGHT_FOUR,
    ROLL_AREA,
    TWO_THUMBS,
    Asked,
    Gray,
    Touch,
    Way,
)
from firmware_sim.subject.platen import Hand, View

if TYPE_CHECKING:
    from firmware_sim.models.fap60 import Fap60

TAG = "capture"
TAKING_US = 120_000
PREVIEW_US = 1_000_000 // 15
MIN_PREVIEW_WALL = 1 / 30  # s; a simulator that runs fast skips previews before it starves the host
SMALL = 64  # pixels, a picture of nothing
HAND = Hand()


def asked(arm: Arm) -> Asked:
    """What the officer must ask the person for."""
    finger = min(arm.fingers)
    position = {
        Mode.ROLL: finger,
        Mode.FLAT_1: PLAIN_THUMBS.get(finger, finger),
        Mode.THUMBS: TWO_THUMBS,
        Mode.LEFT_FOUR: LEFT_FOUR,
        Mode.RIGHT_FOUR: RIGHT_FOUR,
    }[arm.mode]
    return Asked(Way.ROLLED if arm.mode is Mode.ROLL else Way.PLAIN, position, arm.fingers)


class Capture:
    """From ARM to READY."""

    def __init__(self, device: Fap60, arm: Arm) -> None:
        self.arm = arm
        self.advice = Advice.NONE
        self.fingers_seen = 0
        self.result = b""
        self._device = device
        self._index = 0
        self._touch: Touch | None = None
        self._view: View | None = None
        self._touched_at = 0  # device time, us
        self._rolled = 0.0  # part of the roll that is done
        self._area = ROLL_AREA if arm.mode is Mode.ROLL else FLAT_AREA

    def next_index(self) -> int:
        self._index += 1
        return self._index - 1

    def begin(self) -> None:
        if self.arm.timeout_ms:
            self._after(self.arm.timeout_ms * 1000, self._time_out, "timeout")
        if self._device.clear:
            self.platen_cleared()

    def platen_cleared(self) -> None:
        """The hand of the capture before has gone."""
        if self._device.state is not State.AWAIT_CLEAR:
            return
        self._device.move(Cause.CLEAR)
        self._touch = self._device.person.touch(asked(self.arm))
        if self._touch is not None:
            self._after(HAND.reach_ms * 1000, self._finger_down)

    def trigger(self) -> None:
        self.advice |= Advice.MANUAL_TRIGGER
        if self.fingers_seen < len(self.arm.fingers):
            self.advice |= Advice.TOO_FEW_FINGERS
        if 0 < self._rolled < 1:
            self.advice |= Advice.ROLL_NARROW
        self._take()

    def end(self) -> None:
        """Nothing of this capture happens any more; a hand that lies on the platen is lifted."""
        agenda = self._device.agenda
        agenda.forget(TAG)
        agenda.forget("timeout")
        if not self._device.clear:
            self._after(HAND.lift_ms * 1000, self._lifted, "lift")

    def _lifted(self) -> None:
        self._device.set_clear(True)
        if self._device.capture is not None:
            self._device.capture.platen_cleared()

    # a finger comes down

    def _finger_down(self) -> None:
        touch = self._touch
        assert touch is not None, "planned only when there is something to lay down"
        self._touched_at = self._device.pace.now()
        self.fingers_seen = 1
        self._device.set_clear(False)
        self._device.move(Cause.FINGER)
        self._count()
        for n in range(1, touch.fingers):
            self._after(n * HAND.stagger_ms * 1000, self._next_finger)
        settled = HAND.settled_ms(touch.fingers) * 1000
        self._after(settled, self._settled)
        self._preview()

    def _next_finger(self) -> None:
        self.fingers_seen += 1
        self._count()

    def _count(self) -> None:
        self._device.tell(Event.FINGERS, self.fingers_seen, len(self.arm.fingers))

    def _settled(self) -> None:
        """Every finger that comes has come."""
        if self.fingers_seen < len(self.arm.fingers):
            self.advice |= Advice.TOO_FEW_FINGERS
            self._device.tell(Event.WARNING, 0)
        elif self.arm.mode is Mode.ROLL:
            self._device.move(Cause.MOTION)
            self._roll()
        elif ArmFlag.AUTO in self.arm.flags:
            self._after(self.arm.still_ms * 1000, self._take)

    # a finger rolls

    def _roll(self) -> None:
        period = self._period()
        step = period / (HAND.roll_ms * 1000)
        assert self._touch is not None
        self._rolled = min(1.0, self._rolled + step)
        self._device.tell(Event.ROLL, round(self._rolled * 1000), round(self._touch.pixels.shape[1] * step))
        self._after(period, self._roll if self._rolled < 1 else self._roll_done)

    def _roll_done(self) -> None:
        self._device.set_clear(True)
        self._take()

    # pictures

    def _period(self) -> int:
        """Device time between previews, us."""
        return max(PREVIEW_US, int(MIN_PREVIEW_WALL * 1e6 * self._device.pace.speed))

    def _preview(self) -> None:
        if self._device.state not in (State.TRACKING, State.ROLL_ACTIVE) or ArmFlag.NO_PREVIEWS in self.arm.flags:
            return
        if self._device.outlet.preview_is_read():
            half = ArmFlag.HALF_SIZE in self.arm.flags
            self._device.send_frame(Kind.PREVIEW, self._look(half), 250 if half else 500)
        self._after(self._period(), self._preview)

    def _look(self, half: bool) -> Gray:
        assert self._touch is not None
        if self._view is None:
            self._view = View(self._touch, self._area, half=half)
        if self._device.state is State.ROLL_ACTIVE:
            return self._view.rolled(self._rolled)
        since = (self._device.pace.now() - self._touched_at) / 1000
        return self._view.pressed(HAND.contact(since, self._touch.fingers))

    def _take(self) -> None:
        agenda = self._device.agenda
        agenda.forget(TAG)
        self._device.outlet.drop(Kind.PREVIEW)
        self._device.move(Cause.TAKE)
        self._after(TAKING_US, self._taken)

    def _taken(self) -> None:
        self._device.move(Cause.TAKEN)
        picture = self._picture()
        if self._touch is not None and self.fingers_seen:
            self._device.keep_truth(replace(self._touch, pixels=picture))
        self.result = self._device.send_frame(Kind.RESULT, picture, 500)
        self._give_the_host_its_time()

    def _picture(self) -> Gray:
        """What lies on the platen; a triggered picture of an empty platen is bare, one of a roll under way ends where the roll is."""
        if self._touch is None or not self.fingers_seen:
            return np.full((SMALL, SMALL), 255, np.uint8)
        if 0 < self._rolled < 1:
            pixels = self._touch.pixels.copy()
            pixels[:, round(pixels.shape[1] * self._rolled) :] = 255
            return pixels
        return self._touch.pixels

    def _give_the_host_its_time(self) -> None:
        """Reading the result takes the host time of the wall, however fast the person is."""
        if self.arm.timeout_ms and self._device.pace.speed > 1:
            self._device.agenda.forget("timeout")
            self._after(int(self.arm.timeout_ms * 1000 * self._device.pace.speed), self._time_out, "timeout")

    def _time_out(self) -> None:
        self._device.end_capture(Error.TIMED_OUT)

    def _after(self, delay_us: int, deed: Callable[[], None], tag: str = TAG) -> None:
        self._device.agenda.plan(self._device.pace.now() + delay_us, tag, deed)
