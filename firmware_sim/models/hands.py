"""Whose hands lie on a platen, and at whose word: by themselves as the device asks, or placed and lifted by someone at the bench."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from firmware_sim.subject.condition import GOOD, Condition
from firmware_sim.subject.person import (
    LEFT_FOUR,
    LEFT_THUMB_PLAIN,
    MEMBERS,
    RIGHT_FOUR,
    RIGHT_THUMB_PLAIN,
    TWO_THUMBS,
    Asked,
    Person,
    Touch,
    Way,
)

NAMES = ("thumb", "index", "middle", "ring", "little")
PLACES: dict[str, Asked] = {
    **{f"right-{name}": Asked(Way.PLAIN, n, MEMBERS[n]) for n, name in enumerate(NAMES, start=1)},
    **{f"left-{name}": Asked(Way.PLAIN, n, MEMBERS[n]) for n, name in enumerate(NAMES, start=6)},
    "right-thumb": Asked(Way.PLAIN, RIGHT_THUMB_PLAIN, MEMBERS[RIGHT_THUMB_PLAIN]),
    "left-thumb": Asked(Way.PLAIN, LEFT_THUMB_PLAIN, MEMBERS[LEFT_THUMB_PLAIN]),
    "right-four": Asked(Way.PLAIN, RIGHT_FOUR, MEMBERS[RIGHT_FOUR]),
    "left-four": Asked(Way.PLAIN, LEFT_FOUR, MEMBERS[LEFT_FOUR]),
    "thumbs": Asked(Way.PLAIN, TWO_THUMBS, MEMBERS[TWO_THUMBS]),
}


@dataclass(frozen=True)
class Twist:
    """How one touch differs from a good one."""

    how: Condition = GOOD
    change: Callable[[Touch], Touch] = lambda touch: touch
    says: tuple[str, ...] = ()  # advice that a scanner gives beside what it sees by itself, by name


class Hands:
    """A person before a device. Until `place` or `lift` is said the person does by itself what the device asks."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.by_word = False  # obeys place and lift only
        self.how = GOOD  # the condition of every touch to come
        self.twist: Callable[[], Twist | None] = lambda: None  # what goes wrong with the touch that comes now
        self.says: tuple[str, ...] = ()  # advice for the touch that came last, by name
        self.lying: Asked | None = None  # placed by word
        self._asked: Counter[Asked] = Counter()

    def answer(self, asked: Asked) -> Touch | None:
        """What the person lays down when a device asks; None when nothing comes by itself."""
        return None if self.by_word else self._touch(asked)

    def placed(self, way: Way) -> Touch | None:
        """What was placed by word, as a device that takes this sees it; None when nothing lies there, or the person has no such print."""
        if self.lying is None:
            return None
        single = len(self.lying.fingers) == 1
        asked = replace(self.lying, way=way, position=min(self.lying.fingers)) if way is Way.ROLLED and single else self.lying
        return self._touch(asked)

    def place(self, name: str) -> None:
        """Raises KeyError for what is no finger. `roll-right-index` is the right index finger: how it is taken is the device's matter."""
        self.lying = PLACES[name.removeprefix("roll-")]
        self.by_word = True

    def lift(self) -> None:
        self.lying = None
        self.by_word = True

    def by_itself(self) -> None:
        self.lying = None
        self.by_word = False

    def _touch(self, asked: Asked) -> Touch | None:
        twist = self.twist() or Twist(self.how)
        touch = self.person.touch(replace(asked, attempt=self._asked[asked]), twist.how)
        self._asked[asked] += 1
        self.says = twist.says
        return None if touch is None else twist.change(touch)
