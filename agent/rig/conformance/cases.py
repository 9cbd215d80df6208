"""The cases: each a sentence that holds for every driver, and the function that finds out. Grouped as a capture goes.

A case raises AssertionError when the sentence does not hold, NotHere when it does not apply. Anything else that comes out of a
driver and is no `DeviceError` is a failure too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, takewhile

import numpy as np

from agent.rig.conformance.trial import FINGERS, PLACES, SETTLES, Follower, NotHere, Trial, states
from drivers.device import (
    Beep,
    Colour,
    DeviceEvent,
    Icon,
    Indication,
    Light,
    Mode,
    PlatenState,
    Preview,
    PreviewSize,
    Request,
    Result,
    RollFrame,
    StateChanged,
)
from drivers.errors import Busy, DeviceError, Gone, Refused, Timeout
from drivers.states import DeviceState, legal

FAPS = frozenset({0, 10, 20, 30, 40, 45, 50, 60})  # FBI EBTS appendix F; 0 for a sensor that is none


@dataclass(frozen=True)
class Case:
    name: str  # for reports and to choose by
    sentence: str
    run: Callable[[Trial], None]
    strict: bool = False  # opens, takes at most one finger, closes: so it also runs on a recording


CASES: list[Case] = []


def case(sentence: str, *, strict: bool = False) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    def listed(run: Callable[[Trial], None]) -> Callable[[Trial], None]:
        CASES.append(Case(run.__name__, sentence, run, strict))
        return run

    return listed


# who it is


@case("It says who it is: the serial number that it was opened by, and a model.", strict=True)
def identity(trial: Trial) -> None:
    info = trial.scanner.info
    assert info.serial == trial.target.serial, f"it says '{info.serial}'"
    assert info.model


@case("What it says it can do makes sense.", strict=True)
def capabilities(trial: Trial) -> None:
    can = trial.scanner.capabilities
    assert can.fap in FAPS, f"there is no profile FAP {can.fap}"
    assert can.modes, "it has no mode"
    assert set(can.area) >= can.modes, "a mode without an area"
    assert all(width > 0 and height > 0 for width, height in can.area.values())
    assert can.ppi and all(ppi in (500, 508, 512, 1000) for ppi in can.ppi), f"{can.ppi} ppi"
    assert not (can.simulated and can.certified), "a simulated device is not certified"
    assert bool(can.previews - {PreviewSize.NONE}) is (can.preview_fps > 0), "preview sizes and preview rate do not agree"


@case("Opened, it is READY.", strict=True)
def ready_when_open(trial: Trial) -> None:
    assert trial.scanner.state is DeviceState.READY


@case("Opened while open, it is opened anew.")
def opened_twice(trial: Trial) -> None:
    trial.scanner.open()
    trial.scanner.open()
    assert trial.scanner.state is DeviceState.READY


@case("Closed, it is ABSENT and refuses; closing twice does no harm.")
def closed(trial: Trial) -> None:
    trial.scanner.close()
    trial.scanner.close()
    assert trial.scanner.state is DeviceState.ABSENT
    request = Request(Mode.FLAT_1, FINGERS[Mode.FLAT_1])
    for deed in (lambda: trial.scanner.arm(request), trial.scanner.platen_clear, trial.scanner.self_test):
        _raises(Refused, deed)


@case("A device that is not there is Gone.")
def not_there(trial: Trial) -> None:
    if trial.target.absent is None:
        raise NotHere("this bench has no name for a device that is not there")
    _raises(Gone, trial.target.absent().open)


@case("A second driver of the same device is told Busy, and disturbs nothing.")
def busy(trial: Trial) -> None:
    another = trial.target.scanner()
    _raises(Busy, another.open)
    another.close()
    trial.result()


# one capture


@case("A capture ends in a picture of the size, resolution and kind that it said.", strict=True)
def picture(trial: Trial) -> None:
    frame = trial.result().frame
    can = trial.scanner.capabilities
    height, width = frame.pixels.shape
    largest = can.area[frame.mode]
    assert frame.pixels.dtype == np.uint8
    assert width <= largest[0] and height <= largest[1], f"{width} x {height}, which is more than {largest}"
    assert frame.ppi in can.ppi, f"{frame.ppi} ppi"
    assert frame.mode is trial.easiest()
    assert frame.pixels.min() < 128 < frame.pixels.max(), "there is nothing on it"


@case("Events come numbered, each higher than the one before.", strict=True)
def numbered(trial: Trial) -> None:
    numbers = [event.sequence for event in trial.take()]
    assert all(before < then for before, then in pairwise(numbers)), f"{numbers}"


@case("Its states follow the table of the contract.", strict=True)
def states_follow_the_table(trial: Trial) -> None:
    told = states(trial.take())
    for before, then in pairwise([DeviceState.READY, *told]):
        assert before is then or legal(before, then), f"'{then}' came after '{before}'"
    assert DeviceState.ARMED in told, "it took a picture and was never ARMED"


@case("The platen is seen clear before anything is taken.", strict=True)
def clear_before_armed(trial: Trial) -> None:
    events = trial.take()
    assert states(events)[0] in (DeviceState.AWAIT_CLEAR, DeviceState.ARMED), f"it began with '{states(events)[0]}'"
    before = list(takewhile(lambda event: not (isinstance(event, StateChanged) and event.state is DeviceState.ARMED), events))
    seen = [event.clear for event in before if isinstance(event, PlatenState)]
    assert not seen or seen[-1], "it was ARMED while something lay on its platen"


@case("After a capture it is READY or still shows its RESULT, and another one can be taken.")
def one_after_the_other(trial: Trial) -> None:
    first, second = trial.result().frame, trial.result().frame
    assert first.token != second.token, "two captures have one token"
    assert trial.scanner.state in (DeviceState.READY, DeviceState.RESULT)


@case("Every kind of capture that it says it has, it has.")
def every_mode(trial: Trial) -> None:
    for mode in sorted(trial.scanner.capabilities.modes):
        frame = trial.result(trial.request(mode)).frame
        assert frame.mode is mode, f"asked for '{mode}' it took '{frame.mode}'"


@case("Previews come in the size that was asked for, and belong to this capture.")
def preview_sizes(trial: Trial) -> None:
    can = trial.scanner.capabilities
    for size in sorted(can.previews - {PreviewSize.NONE}):
        events = trial.take(trial.request(preview=size))
        frames = [event.frame for event in events if isinstance(event, Preview)]
        assert frames, f"no preview in size '{size}'"
        assert {frame.ppi for frame in frames} == {500 if size is PreviewSize.FULL else 250}
        assert {frame.token for frame in frames} == {_result(events).frame.token}
    without = trial.take(trial.request(preview=PreviewSize.NONE))
    assert not any(isinstance(event, Preview) for event in without), "previews came that nobody asked for"


@case("A slow reader may lose previews, and nothing else.")
def slow_reader(trial: Trial) -> None:
    told = states(trial.take(each=lambda _: time.sleep(0.1)))
    for before, then in pairwise([DeviceState.READY, *told]):
        assert before is then or legal(before, then), f"between '{before}' and '{then}' a state was lost"


@case("A roll comes frame by frame where it says so, none left out, and ends in a result.")
def roll_frames(trial: Trial) -> None:
    if not trial.scanner.capabilities.roll_frames:
        raise NotHere("it has no raw rolls")
    events = trial.take(trial.request(Mode.ROLL, roll_frames=True))
    indices = [event.index for event in events if isinstance(event, RollFrame)]
    assert len(indices) >= 3, f"{len(indices)} frames are no roll"
    assert indices == list(range(indices[0], indices[0] + len(indices))), f"frames are missing: {indices}"


# what it refuses


@case("While one capture is under way a second is Refused, and the first goes on.")
def one_at_a_time(trial: Trial) -> None:
    trial.need("lift", "place")
    trial.bench("lift")
    follower = Follower(trial.scanner.events(trial.scanner.arm(trial.request())))
    follower.await_state(DeviceState.ARMED)
    _raises(Refused, lambda: trial.scanner.arm(trial.request()))
    trial.bench("place", PLACES[trial.easiest()])
    follower.await_end()
    assert isinstance(follower.events[-1], Result)


@case("A kind of capture or a finger that it does not have is Refused.")
def wrong_request(trial: Trial) -> None:
    missing = frozenset(Mode) - trial.scanner.capabilities.modes
    for mode in missing:
        _raises(Refused, partial(trial.scanner.arm, trial.request(mode)))
    wrong = replace(trial.request(), fingers=frozenset({11}))
    _raises(Refused, lambda: trial.scanner.arm(wrong))
    trial.result()


@case("The token of another capture is Refused.")
def foreign_token(trial: Trial) -> None:
    token = trial.arm(trial.request())
    other = token ^ 0x5A5A
    _raises(Refused, lambda: trial.scanner.cancel(other))
    _raises(Refused, lambda: trial.scanner.trigger(other))
    _raises(Refused, lambda: next(iter(trial.scanner.events(other))))
    assert isinstance(list(trial.scanner.events(token))[-1], Result)


# how it ends otherwise


@case("Cancelled while it waits, it ends without a result, and the next capture works.")
def cancelled_while_waiting(trial: Trial) -> None:
    trial.need("lift", "by-itself")
    trial.bench("lift")
    token = trial.scanner.arm(trial.request())
    follower = Follower(trial.scanner.events(token))
    follower.await_state(DeviceState.ARMED)
    trial.scanner.cancel(token)
    follower.await_end()
    assert follower.error is None, f"it raised {follower.error}"
    assert not any(isinstance(event, Result) for event in follower.events)
    trial.bench("by-itself")
    trial.result()


@case("Cancelled in any state that it tells, it ends, and the next capture works.")
def cancelled_anywhere(trial: Trial) -> None:
    for state in states(trial.take()):
        token = trial.arm(trial.request())
        for event in trial.scanner.events(token):
            if isinstance(event, StateChanged) and event.state is state:
                trial.scanner.cancel(token)
    trial.result()


@case("Cancelling a capture that has ended does nothing.")
def cancelled_too_late(trial: Trial) -> None:
    token = trial.arm(trial.request())
    list(trial.scanner.events(token))
    trial.scanner.cancel(token)
    trial.result()


@case("Nobody comes: Timeout when the time is over, and the next capture works.")
def nobody_comes(trial: Trial) -> None:
    trial.need("lift", "by-itself")
    trial.bench("lift")
    began = time.monotonic()
    _raises(Timeout, lambda: list(trial.scanner.events(trial.scanner.arm(trial.request(timeout_s=1.0)))))
    assert time.monotonic() - began < SETTLES
    trial.bench("by-itself")
    trial.result()


@case("A hand that lies there already must be taken away before a picture is taken.")
def hand_left_lying(trial: Trial) -> None:
    trial.need("place", "lift")
    mode = trial.easiest()
    trial.bench("lift")
    first = Follower(trial.scanner.events(trial.scanner.arm(trial.request())))
    first.await_state(DeviceState.ARMED)
    trial.bench("place", PLACES[mode])
    first.await_end()
    follower = Follower(trial.scanner.events(trial.scanner.arm(trial.request())))
    follower.await_state(DeviceState.AWAIT_CLEAR)
    time.sleep(0.5)
    assert DeviceState.ARMED not in states(follower.events), "it was ARMED with the last hand still on the platen"
    trial.bench("lift")
    follower.await_state(DeviceState.ARMED)
    trial.bench("place", PLACES[mode])
    follower.await_end()
    assert isinstance(follower.events[-1], Result)


@case("Told to take the picture now, it does, and says that it was told.")
def triggered(trial: Trial) -> None:
    trial.need("place", "lift")
    mode = trial.easiest()
    trial.bench("lift")
    token = trial.scanner.arm(trial.request(auto=False))
    follower = Follower(trial.scanner.events(token))
    follower.await_state(DeviceState.ARMED)
    trial.bench("place", PLACES[mode])
    follower.await_state(DeviceState.TRACKING)
    time.sleep(0.3)
    assert not any(isinstance(event, Result) for event in follower.events), "it took the picture by itself"
    trial.scanner.trigger(token)
    follower.await_end()
    assert "MANUAL_TRIGGER" in str(_result(follower.events).frame.advice)


@case("Closed by another thread while its events are read, the reader is told within a second.")
def closed_meanwhile(trial: Trial) -> None:
    trial.need("lift")
    trial.bench("lift")
    follower = Follower(trial.scanner.events(trial.scanner.arm(trial.request())))
    follower.await_state(DeviceState.ARMED)
    trial.scanner.close()
    follower.await_end(2.0)
    assert follower.error is None or isinstance(follower.error, DeviceError), f"it raised {follower.error!r}"
    trial.scanner.open()


# beside captures


@case("Its self-test passes, or it says that it has none.")
def self_test(trial: Trial) -> None:
    if trial.scanner.capabilities.self_test:
        assert trial.scanner.self_test().passed
    else:
        _raises(Refused, trial.scanner.self_test)


@case("Lights, beeps and icons are taken, also those that it does not have.")
def indicated(trial: Trial) -> None:
    for colour in Colour:
        trial.scanner.indicate(Indication({2: Light(colour), 7: Light(colour, blinking=True)}, Beep.GOOD, Icon.RIGHT_FOUR))
    trial.scanner.indicate(Indication())
    trial.result()


@case("It says whether its platen is clear, or that it cannot tell.")
def platen(trial: Trial) -> None:
    trial.need("lift")
    trial.bench("lift")
    assert trial.scanner.platen_clear() in (True, None)


# the cable


@case("Unplugged while nothing is under way, it is LOST within half a second.")
def unplugged_idle(trial: Trial) -> None:
    trial.need("unplug", "plug")
    trial.await_lost(trial.unplug())
    _raises(Gone, lambda: list(trial.scanner.events(trial.scanner.arm(trial.request()))))


@case("Unplugged while it waits for a finger: Gone, after the state LOST.")
def unplugged_armed(trial: Trial) -> None:
    _unplugged_in(trial, DeviceState.ARMED)


@case("Unplugged while a finger lies on it: Gone, after the state LOST.")
def unplugged_tracking(trial: Trial) -> None:
    trial.need("place")
    _unplugged_in(trial, DeviceState.TRACKING, place=True)


@case("Unplugged it is not found, plugged in it is, and takes the next finger.")
def plugged_in_again(trial: Trial) -> None:
    trial.need("unplug", "plug")
    trial.await_lost(trial.unplug())
    trial.await_present(there=False)
    trial.scanner.close()
    trial.bench("plug")
    trial.await_present(there=True)
    trial.opened_again()
    trial.works()


def _unplugged_in(trial: Trial, state: DeviceState, *, place: bool = False) -> None:
    trial.need("unplug", "plug", "lift")
    trial.bench("lift")
    follower = Follower(trial.scanner.events(trial.scanner.arm(trial.request(auto=False))))
    follower.await_state(DeviceState.ARMED)
    if place:
        trial.bench("place", PLACES[trial.easiest()])
    follower.await_state(state)
    pulled = trial.unplug()
    trial.await_lost(pulled)
    follower.await_end(1.0 if trial.target.hand.exact else SETTLES)
    assert isinstance(follower.error, Gone), f"it raised {follower.error!r}"
    assert states(follower.events)[-1] is DeviceState.LOST, "it did not say LOST"
    assert trial.scanner.state is DeviceState.LOST


# trouble on the wire: whatever happens ends in time, in a picture or a DeviceError, and the next capture works


def _trouble(name: str, **values: object) -> None:
    def run(trial: Trial) -> None:
        trial.need("fault")
        trial.bench("fault", name, **values)
        follower = Follower(_armed_events(trial))
        follower.await_end(40.0)
        assert follower.error is None or isinstance(follower.error, DeviceError), f"it raised {follower.error!r}"
        assert follower.error is not None or isinstance(follower.events[-1], Result)
        trial.works()

    run.__name__ = f"after_{name.replace('-', '_')}"
    case(f"'{name}' ends in a picture or in an error of the contract, and the next capture works.")(run)


def _armed_events(trial: Trial) -> Iterator[DeviceEvent]:
    """Arming belongs to the trouble."""
    yield from trial.scanner.events(trial.arm(trial.request()))


for _name in (
    "stall-mid-frame",
    "short-packet-early",
    "extra-zlp",
    "babble",
    "bulk-nak",
    "lost-chunk",
    "duplicated-chunk",
    "reordered-chunks",
    "header-corrupt",
    "control-stall-once",
    "control-nak",
    "control-short",
    "event-duplicated",
    "early-event",
    "port-reset",
    "suspend-resume",
    "brown-out",
    "out-of-memory",
    "checksum-error",
    "lost-packet",
    "framing-noise",
    "silence",
):
    _trouble(_name)
for _name in ("unplug-mid-frame", "unplug-mid-result", "replug-new-address", "watchdog-reboot", "hang-up"):
    _trouble(_name, back_ms=300)


def _raises(kind: type[DeviceError], deed: Callable[[], object]) -> None:
    try:
        deed()
    except kind:
        return
    except DeviceError as error:
        raise AssertionError(f"it raised {type(error).__name__} ({error.what}) where {kind.__name__} is promised") from error
    raise AssertionError(f"it did not raise {kind.__name__}")


def _result(events: list[DeviceEvent]) -> Result:
    last = events[-1]
    assert isinstance(last, Result), "the capture ended without a result"
    return last


assert set(FINGERS) == set(PLACES) == set(Mode)
