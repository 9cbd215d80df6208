"""How a person lays fingers down: values that a scenario sets, and the names by which it may call for them.

A condition is what the skin, the hand and the platen are like; what a scanner or a quality room could recognise of it is a `Flaw`. Flaws
have the names of the advice bits of docs/fap60-protocol.md section 7, in lower case with hyphens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum


class Flaw(StrEnum):
    DRY = "dry"
    WET = "wet"
    TOO_LIGHT = "too-light"
    TOO_DARK = "too-dark"
    SURFACE_DIRTY = "surface-dirty"
    HALO = "halo"
    LATENT = "latent"
    OFF_LEFT = "off-left"
    OFF_RIGHT = "off-right"
    OFF_TOP = "off-top"
    OFF_BOTTOM = "off-bottom"
    SLIDING = "sliding"
    SMEAR = "smear"
    ROLL_FAST = "roll-fast"
    ROLL_SLOW = "roll-slow"
    ROLL_NARROW = "roll-narrow"
    ROLL_SLIP = "roll-slip"
    ROLL_SHIFT_H = "roll-shift-h"
    ROLL_SHIFT_V = "roll-shift-v"
    ROLL_LIFTED = "roll-lifted"
    ROLL_PAUSED = "roll-paused"
    ROLL_REVERSED = "roll-reversed"
    EXTRA_FINGER = "extra-finger"
    TOO_FEW_FINGERS = "too-few-fingers"
    WRONG_HAND = "wrong-hand"
    # what no scanner can know, but a later check of all fingers can
    ROTATED = "rotated"
    PARTIAL = "partial"
    WRONG_FINGER = "wrong-finger"
    ANOTHER_PERSON = "another-person"


class Part(StrEnum):
    """The part of a finger that touches when only a part does."""

    TIP = "tip"
    BASE = "base"
    LEFT = "left"
    RIGHT = "right"


class RollFaultKind(StrEnum):
    SLIP = "slip"  # the skin moves against the platen; the strip stays where it is
    SHIFT = "shift"  # the finger moves over the platen, strip and skin together
    TWIST = "twist"  # the finger turns on the glass by `amount` degrees clockwise
    FAST = "fast"  # a burst: `amount` times as fast
    SLOW = "slow"  # `amount` times as slow
    PAUSED = "paused"  # stands still for `amount` ms
    LIFTED = "lifted"  # contact is lost for `amount` ms, while the finger rolls on
    REVERSED = "reversed"  # rolls back by `amount` pixels, then on
    NARROW = "narrow"  # ends when `amount` 0..1 of the print is done
    SECOND_FINGER = "second finger"  # a neighbour touches for `amount` ms


@dataclass(frozen=True)
class RollFault:
    kind: RollFaultKind
    at: float = 0.5  # 0..1 of the print, nail to nail, where it begins
    amount: float = 10.0  # pixels at 500 ppi, degrees, ms or times: see the kind
    along: str = "x"  # "x" sideways, "y" towards the wrist: of slip and shift
    frames_ms: int = 0  # over how long a slip, shift or twist happens; 0 = at once


@dataclass(frozen=True)
class Condition:
    """0 everywhere is a good finger on a clean platen."""

    moisture: float = 0.0  # -1 parched .. 0 .. 1 dripping
    pressure: float = 0.0  # -1 hardly touches .. 0 .. 1 presses with all might
    rotation: float = 0.0  # degrees counter-clockwise beyond what is natural
    offset: tuple[float, float] = (0.0, 0.0)  # from the platen's middle to the right and down, as shares of its width and height
    smear: float = 0.0  # pixels that the skin drags while the picture is taken
    slide: float = 0.0  # pixels a second that a finger slides while it should lie still
    dirt: float = 0.0  # 0..1, dirt on the platen
    latent: float = 0.0  # 0..1, how visible the print of the person before is
    halo: float = 0.0  # 0..1, breath of moisture around the fingers
    noise: float = 0.0  # 0..1 beyond the normal sensor's
    wear: float = 0.0  # 0..1, ridges worn by work
    partial: float = 0.0  # 0..0.9, share of the contact that is lost
    part: Part = Part.TIP  # what still touches when `partial` > 0
    missing: frozenset[int] = frozenset()  # finger positions that are not laid down though asked
    wrong_hand: bool = False  # lays the same fingers of the other hand
    instead: tuple[tuple[int, int], ...] = ()  # (finger asked, finger of the same person laid in its place), meant for single fingers
    another: bool = False  # another person's fingers; where nobody else is there (`choose`), this person's in a mirror, which match nobody
    roll_ms: int = 1500  # nail to nail
    roll_faults: tuple[RollFault, ...] = field(default=())

    def __post_init__(self) -> None:
        """Raises ValueError for what no hand can do."""
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}; it may be {low} to {high}")
        if not all(-1 <= share <= 1 for share in self.offset):
            raise ValueError(f"offset is {self.offset}; each share may be -1 to 1")

    def finger(self, asked: int) -> int:
        """Which finger comes where this one was asked."""
        return dict(self.instead).get(asked, other_finger(asked) if self.wrong_hand else asked)


def other_finger(finger: int) -> int:
    """The same finger of the other hand."""
    return (finger + 4) % 10 + 1


_RANGES = (
    ("moisture", -1, 1),
    ("pressure", -1, 1),
    ("rotation", -180, 180),
    ("smear", 0, 100),
    ("slide", 0, 1000),
    ("dirt", 0, 1),
    ("latent", 0, 1),
    ("halo", 0, 1),
    ("noise", 0, 1),
    ("wear", 0, 1),
    ("partial", 0, 0.9),
    ("roll_ms", 100, 60_000),
)

GOOD = Condition()

_SWAPPED = ((2, 3), (3, 2))
_SAME_AGAIN = tuple((n, n - 1) for n in (2, 3, 4, 5, 7, 8, 9, 10))


def _rolling(kind: RollFaultKind, amount: float, along: str = "x", frames_ms: int = 0) -> Condition:
    return Condition(roll_faults=(RollFault(kind, 0.5, amount, along, frames_ms),))


NAMED: Mapping[str, Condition] = {
    "good": GOOD,
    "dry": Condition(moisture=-0.7),
    "wet": Condition(moisture=0.7),
    "too-light": Condition(pressure=-0.7),
    "too-dark": Condition(pressure=0.8),
    "off-left": Condition(offset=(-0.43, 0)),
    "off-right": Condition(offset=(0.43, 0)),
    "off-top": Condition(offset=(0, -0.41)),
    "off-bottom": Condition(offset=(0, 0.41)),
    "rotated": Condition(rotation=30),
    "tip-only": Condition(partial=0.55, part=Part.TIP),
    "half": Condition(partial=0.5, part=Part.LEFT),
    "smeared": Condition(smear=14),
    "sliding": Condition(slide=60),
    "dirty-platen": Condition(dirt=0.7),
    "latent": Condition(latent=0.6),
    "halo": Condition(halo=0.7),
    "noisy": Condition(noise=0.7),
    "worn": Condition(wear=0.7),
    "missing-ring-fingers": Condition(missing=frozenset({4, 9})),
    "wrong-hand": Condition(wrong_hand=True),
    "same-finger-again": Condition(instead=_SAME_AGAIN),
    "index-and-middle-swapped": Condition(instead=_SWAPPED),
    "index-fingers-of-both-hands-swapped": Condition(instead=((2, 7), (7, 2))),
    "another-person": Condition(another=True),
    "roll-slip": _rolling(RollFaultKind.SLIP, 10),
    "roll-slip-down": _rolling(RollFaultKind.SLIP, 30, "y", 330),
    "roll-shift": _rolling(RollFaultKind.SHIFT, 40, "x", 300),
    "roll-shift-down": _rolling(RollFaultKind.SHIFT, 40, "y", 300),
    "roll-twist": _rolling(RollFaultKind.TWIST, 4, frames_ms=300),
    "roll-fast": Condition(roll_ms=200),
    "roll-burst": _rolling(RollFaultKind.FAST, 4),
    "roll-slow": Condition(roll_ms=9000),
    "roll-paused": _rolling(RollFaultKind.PAUSED, 900),
    "roll-lifted": _rolling(RollFaultKind.LIFTED, 300),
    "roll-reversed": _rolling(RollFaultKind.REVERSED, 120),
    "roll-narrow": _rolling(RollFaultKind.NARROW, 0.55),
    "roll-second-finger": _rolling(RollFaultKind.SECOND_FINGER, 500),
}


def condition(values: Mapping[str, object]) -> Condition:
    """From a scenario's table: `name` picks a named one, every other key is a field of Condition. Raises ValueError in one sentence."""
    base = NAMED.get(str(values.get("name", "good")))
    if base is None:
        raise ValueError(f"no condition is called {values['name']!r}; known: {', '.join(sorted(NAMED))}")
    known = {f.name for f in fields(Condition)}
    given = {key: value for key, value in values.items() if key != "name"}
    if unknown := sorted(set(given) - known):
        raise ValueError(f"a condition has no {unknown[0]!r}; known: {', '.join(sorted(known))}")
    try:
        return replace(base, **{key: _read(key, value) for key, value in given.items()})  # type: ignore[arg-type]
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"a condition's value does not have its form: {error}") from error


def _read(key: str, value: object) -> object:
    """A value of TOML or JSON as the field's own type."""
    if key == "part":
        return Part(str(value))
    if key == "missing":
        return frozenset(_whole(value))
    if key == "offset":
        right, down = (float(one) for one in value)  # type: ignore[attr-defined]
        return right, down
    if key == "instead":
        return tuple((int(asked), int(laid)) for asked, laid in dict(value).items())  # type: ignore[call-overload]
    if key == "roll_faults":
        return tuple(RollFault(**{**one, "kind": RollFaultKind(one["kind"])}) for one in value)  # type: ignore[attr-defined]
    return value


def _whole(value: object) -> list[int]:
    return [int(one) for one in value]  # type: ignore[attr-defined]
