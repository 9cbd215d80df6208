"""One capture as it happens on the platen: the person is asked, touches, holds still or rolls, and the picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firmware_sim.models.fap60_states import Cause
from firmware_sim.models.fap60_wire import NATIVE, Advice, Arm, ArmFlag, Error, Event, Kind, Mode, State
from firmware_sim.models.glass import corner
from firmware_sim.subject import motion
from firmware_sim.subject.motion import Placing, Rolling
from firmware_sim.subject.person import (
    FLAT_AREA,
    LEFT_FOUR,
    MEMBERS,
    PLAIN_THUMBS,
    RIGHT_FOUR,
    ROLL_AREA,
    TWO_THUMBS,
    Asked,
    Gray,
    Touch,
    Way,
)
from firmware_sim.subject.platen import Hand, sensor_noise
from firmware_sim.subject.roll import flaws
from firmware_sim.subject.synthetic.impression import BARE

if TYPE_CHECKING:
    from firmware_sim.models.fap60 import Fap60

TAG = "capture"
TAKING_US = 120_000
PREVIEW_US = 1_000_000 // 15
MIN_PREVIEW_WALL = 1 / 30  # s; a simulator that runs fast skips previews before it starves the host
MAX_UNREAD_STRIPS = 64  # raw roll frames that no host reads; what comes after is lost, and said so
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


def _of_a_roll(name: str) -> bool:
    return name.startswith("ROLL_") or name == Advice.EXTRA_FINGER.name


def seen_in(touch: Touch, arm: Arm, says: tuple[str, ...]) -> Advice:
    """What a scanner recognises of what is wrong with a touch, and what it says by order. Of a roll that it does not compose, nothing."""
    known = Advice.__members__
    advice = Advice.NONE
    raw = ArmFlag.RAW_ROLL in arm.flags
    seen = {flaw.name for flaw in touch.flaws - (flaws(touch.how) if raw else frozenset())}
    for name in seen | {one for one in says if not (raw and _of_a_roll(one))}:
        advice |= known.get(name, Advice.NONE)
    if not MEMBERS[touch.position] & arm.fingers and arm.mode is not Mode.ROLL:
        advice |= Advice.WRONG_HAND
    if touch.fingers > len(arm.fingers):
        advice |= Advice.EXTRA_FINGER
    return advice


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
        self._placing: Placing | None = None
        self._touched_at = 0  # device time, us
        self._rolling: Rolling | None = None
        self._rolled_ms = 0.0  # of the roll that is done
        self._strip: Gray | None = None  # the last raw roll frame
        self._preview_due = 0  # device time, us
        self._roll_due = 0  # device time, us
        self._area = ROLL_AREA if arm.mode is Mode.ROLL else FLAT_AREA

    @property
    def way(self) -> Way:
        return Way.ROLLED if self.arm.mode is Mode.ROLL else Way.PLAIN

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
        if self.arm.mode is Mode.EMPTY:
            self._take()
            return
        touch = self._device.hands.answer(asked(self.arm))
        if touch is not None:
            self._after(HAND.reach_ms * 1000, lambda: self.finger_down(touch))

    def trigger(self) -> None:
        self.advice |= Advice.MANUAL_TRIGGER
        if self.fingers_seen < len(self.arm.fingers):
            self.advice |= Advice.TOO_FEW_FINGERS
        if self._rolling is not None and not self._raw:
            self.advice |= Advice.ROLL_NARROW
        self._take()

    def end(self) -> None:
        """Nothing of this capture happens any more; a hand that lies on the platen by itself is lifted."""
        agenda = self._device.agenda
        agenda.forget(TAG)
        agenda.forget("timeout")
        self._leave()
        if not self._device.clear and self._device.hands.lying is None:
            self._after(HAND.lift_ms * 1000, self._device.lifted, "lift")

    def hand_gone(self) -> None:
        """The hand was taken away by word before the picture was taken."""
        self._device.set_clear(True)
        if self._device.state not in (State.TRACKING, State.ROLL_ACTIVE):
            return
        self._device.agenda.forget(TAG)
        self._leave()
        self.fingers_seen, self._touch, self._placing, self._rolling = 0, None, None, None
        self.advice = Advice.NONE
        self._device.move(Cause.GONE)
        self._count()

    def _leave(self) -> None:
        """What lay there leaves the glass as it leaves it."""
        if self._touch is not None and self.fingers_seen:
            self._device.glass.touched(self._touch)

    # a finger comes down

    def finger_down(self, touch: Touch) -> None:
        self._touch = touch
        half = ArmFlag.HALF_SIZE in self.arm.flags
        self._placing = motion.place(touch, self._area, half=half)
        self._touched_at = self._device.pace.now()
        self.fingers_seen = 1
        self._device.set_clear(False)
        self._device.move(Cause.FINGER)
        self._count()
        for n in range(1, touch.fingers):
            self._after(n * HAND.stagger_ms * 1000, self._next_finger)
        self._after(HAND.settled_ms(touch.fingers) * 1000, self._settled)
        self._preview_due = self._touched_at
        self._preview()

    def _next_finger(self) -> None:
        self.fingers_seen += 1
        self._count()

    def _count(self) -> None:
        self._device.tell(Event.FINGERS, self.fingers_seen, len(self.arm.fingers))

    def _settled(self) -> None:
        """Every finger that comes has come."""
        assert self._touch is not None
        self._warn(seen_in(self._touch, self.arm, self._device.hands.says))
        if self.fingers_seen < len(self.arm.fingers):
            self._warn(Advice.TOO_FEW_FINGERS)
        elif self.arm.mode is Mode.ROLL:
            self._device.move(Cause.MOTION)
            self._rolling = motion.roll(self._touch, self._area, half=ArmFlag.HALF_SIZE in self.arm.flags and not self._raw)
            self._roll_due = self._device.pace.now()
            self._roll(0 if self._raw else 1)
        elif ArmFlag.AUTO in self.arm.flags:
            self._after(self.arm.still_ms * 1000, self._take)

    def _warn(self, advice: Advice) -> None:
        """Say it once."""
        if advice & ~self.advice:
            self.advice |= advice
            self._device.tell(Event.WARNING, 0)

    # a finger rolls

    @property
    def _raw(self) -> bool:
        return ArmFlag.RAW_ROLL in self.arm.flags

    def _roll(self, n: int) -> None:
        """The n-th picture of the roll; raw ones come at the sensor's own pace however fast the person is."""
        rolling = self._rolling
        assert rolling is not None
        step = PREVIEW_US if self._raw else self._period()
        before = rolling.look(self._rolled_ms).part if n else 0.0
        self._rolled_ms = min(rolling.duration_ms, n * step / 1000)
        look = rolling.look(self._rolled_ms)
        columns = self._touch.pixels.shape[1] if self._touch is not None else 0
        if n:
            self._device.tell(Event.ROLL, min(1000, max(0, round(look.part * 1000))), round(abs(look.part - before) * columns))
        if self._raw:
            self._send_strip(self._device.glass.through(look.pixels, self.way))
        next_one = (lambda: self._roll(n + 1)) if self._rolled_ms < rolling.duration_ms else self._roll_done
        self._roll_due = self._at_pace(self._roll_due, step, next_one)

    def _send_strip(self, pixels: Gray) -> None:
        self._strip = pixels
        if self._device.outlet.unread(Kind.RAW_ROLL) >= MAX_UNREAD_STRIPS:
            self.next_index()
            self.advice |= Advice.FRAME_LOST
        else:
            self._device.send_frame(Kind.RAW_ROLL, self._fine(pixels), self.arm.ppi)

    def _roll_done(self) -> None:
        self._device.hands.lying = None
        self._device.set_clear(True)
        self._take()

    # pictures

    def _period(self) -> int:
        """Device time between previews, us."""
        return max(PREVIEW_US, int(MIN_PREVIEW_WALL * 1e6 * self._device.pace.speed))

    def _preview(self) -> None:
        rolling_raw = self._device.state is State.ROLL_ACTIVE and self._raw
        if self._device.state not in (State.TRACKING, State.ROLL_ACTIVE) or ArmFlag.NO_PREVIEWS in self.arm.flags or rolling_raw:
            return
        if self._device.outlet.preview_is_read():
            half = ArmFlag.HALF_SIZE in self.arm.flags
            seen = self._device.glass.through(self._look(), self.way, scale=2 if half else 1)
            self._device.send_frame(Kind.PREVIEW, seen, NATIVE // 2 if half else NATIVE)
        self._preview_due = self._at_pace(self._preview_due, self._period(), self._preview)

    def _look(self) -> Gray:
        if self._rolling is not None:
            return self._rolling.look(self._rolled_ms).pixels
        assert self._placing is not None
        return self._placing.look((self._device.pace.now() - self._touched_at) / 1000).pixels

    def _take(self) -> None:
        self._device.agenda.forget(TAG)
        self._device.outlet.drop(Kind.PREVIEW)
        self._device.move(Cause.TAKE)
        self._after(TAKING_US, self._taken)

    def _taken(self) -> None:
        self._device.move(Cause.TAKEN)
        picture, at = self._picture()
        if self._touch is not None and self.fingers_seen:
            self._device.keep_truth(replace(self._touch, pixels=self._fine(self._touch.pixels if self._raw else picture)))
        scale = self.arm.ppi // NATIVE
        self.result = self._device.send_frame(Kind.RESULT, self._fine(picture), self.arm.ppi, (at[0] * scale, at[1] * scale))
        self._give_the_host_its_time()

    def _picture(self) -> tuple[Gray, tuple[int, int]]:
        """What is seen on the platen at native ppi, and its corner; the whole of it where no finger lies."""
        if self._strip is not None:
            return self._strip, (0, 0)
        touch = self._touch if self.fingers_seen else None
        pixels, at = (self._bare(), (0, 0)) if touch is None else (self._laid(touch), corner(touch))
        return self._device.glass.through(pixels, self.way, at), at

    def _bare(self) -> Gray:
        shape = (self._area[1], self._area[0])
        return np.asarray(BARE - sensor_noise(shape, self._device.pace.now()), np.uint8)

    def _laid(self, touch: Touch) -> Gray:
        """A triggered picture of a roll under way ends where the roll is."""
        if self._rolling is None:
            return touch.pixels
        pixels = self._rolling.finished()
        if Advice.MANUAL_TRIGGER in self.advice:
            pixels = pixels.copy()
            pixels[:, round(pixels.shape[1] * self._rolling.look(self._rolled_ms).part) :] = 255
        return pixels

    def _fine(self, pixels: Gray) -> Gray:
        """At the ppi that was asked for. A person is rendered at the native one, so a finer picture shows no more than that."""
        if self.arm.ppi == NATIVE:
            return pixels
        scale = self.arm.ppi / NATIVE
        return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)

    def _give_the_host_its_time(self) -> None:
        """Reading the result takes the host time of the wall, however fast the person is."""
        if self.arm.timeout_ms and self._device.pace.speed > 1:
            self._device.agenda.forget("timeout")
            self._after(int(self.arm.timeout_ms * 1000 * self._device.pace.speed), self._time_out, "timeout")

    def _time_out(self) -> None:
        self._device.end_capture(Error.TIMED_OUT)

    def _at_pace(self, due: int, period: int, deed: Callable[[], None]) -> int:
        """Plan a deed one period after it was last due, so that the sensor's pace does not drift; when that is."""
        then = max(due + period, self._device.pace.now())
        self._device.agenda.plan(then, TAG, deed)
        return then

    def _after(self, delay_us: int, deed: Callable[[], None], tag: str = TAG) -> None:
        self._device.agenda.plan(self._device.pace.now() + delay_us, tag, deed)
