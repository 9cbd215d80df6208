"""What a scenario's `expect` waits for: a word that a scanner tells, in the order in which it tells them."""

from __future__ import annotations

import time

from agent.rig.seat import LOOK_EVERY, TROUBLE, Seat, Told
from drivers.device import Advice
from drivers.states import DeviceState
from firmware_sim.scenario import Step

LINK_WORDS = TROUBLE | {DeviceState.LOST}  # may be told in any order: LOST by the device, Gone by the capture


def sentence(step: Step) -> str:
    """A step as a line of a report."""
    rest = " ".join(f"{key}={value}" for key, value in step.values.items())
    where = f"on scanner {step.on}" if step.on > 1 else ""
    return " ".join(part for part in (step.verb, step.what, rest, where) if part)


def advised(step: Step) -> Advice:
    """`advice` of a step: one name or several, such as "wet" or ["off-left", "smear"]. Raises KeyError for what is none."""
    given = step.values.get("advice", [])
    wanted = Advice.NONE
    for name in [given] if isinstance(given, str) else given:
        wanted |= Advice[str(name).upper().replace("-", "_")]
    return wanted


def await_told(seat: Seat, what: str, seconds: float, advice: Advice) -> str:
    """Wait until the scanner tells it, after what was looked for before; why it did not come, "" when it came.

    Trouble is never passed over: where a picture is looked for it ends the wait, and it stays until some `expect` looks for it.
    """
    deadline = time.monotonic() + seconds
    while True:
        busy = seat.busy
        found = _search(seat, what, advice)
        if found is not None:
            seat.looked_at.add(found)
            seat.passed = max(seat.passed, found + 1)
            return ""
        if time.monotonic() > deadline or (not busy and _ended(seat, what)) or (what not in LINK_WORDS and unexpected(seat)):
            return _reason(seat, what, seconds, advice)
        time.sleep(LOOK_EVERY)


def unexpected(seat: Seat) -> list[Told]:
    """Trouble that nobody has looked for."""
    return [told for at, told in enumerate(seat.told) if told.what in TROUBLE and at not in seat.looked_at]


def _search(seat: Seat, what: str, advice: Advice) -> int | None:
    for at, told in enumerate(seat.told):
        here = at >= seat.passed or told.what in LINK_WORDS
        if here and at not in seat.looked_at and _is(told, what) and advice in told.advice:
            return at
    return None


def _is(told: Told, what: str) -> bool:
    return told.what == what or (what == "trouble" and told.what in TROUBLE)


def _ended(seat: Seat, what: str) -> bool:
    """The capture is over, and what is looked for comes of captures only."""
    return what not in LINK_WORDS | {"ready"} and any(told.what in TROUBLE | {"result", "cancelled"} for told in seat.told[seat.passed :])


def _reason(seat: Seat, what: str, seconds: float, advice: Advice) -> str:
    words = ", ".join(dict.fromkeys(told.what for told in seat.told[seat.passed :])) or "nothing"
    trouble = next((told.text for told in unexpected(seat)), "")
    with_advice = f" with {advice.name}" if advice else ""
    said = "; ".join(part for part in (f"it told: {words}", trouble) if part)
    return f"'{what}'{with_advice} did not come within {seconds:g} s; {said}"
