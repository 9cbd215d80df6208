"""What one booking needs: the impressions of a criminal ten-print, slaps first: each roll can then be compared with its slap when taken.

The order of the FBI's 4-4-2 (two slaps, thumbs), then the ten rolls; the card has the same fourteen boxes (FD-249).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from agent.model.fingers import FINGERS, Position, fingers_of
from agent.model.impression import ImpressionKind
from drivers.device import Mode, Request


@dataclass(frozen=True)
class Step:
    """One impression to take."""

    position: Position
    kind: ImpressionKind
    mode: Mode
    fingers: tuple[Position, ...]  # single fingers that should lie on the platen, from left to right
    missing: frozenset[Position]  # single fingers of this position that cannot

    def request(self, *, ppi: int, still_ms: int, timeout_s: float, auto: bool = True, raw: bool = False) -> Request:
        """The same for a scanner. auto: it triggers by itself. raw: a roll comes picture by picture."""
        fingers, missing = (frozenset(map(int, some)) for some in (self.fingers, self.missing))
        frames = raw and self.mode is Mode.ROLL
        return Request(self.mode, fingers, missing, ppi=ppi, auto=auto, still_ms=still_ms, timeout_s=timeout_s, roll_frames=frames)


_PLAIN = (
    (Position.PLAIN_RIGHT_FOUR, Mode.SLAP_RIGHT),
    (Position.PLAIN_LEFT_FOUR, Mode.SLAP_LEFT),
    (Position.PLAIN_RIGHT_THUMB, Mode.FLAT_1),
    (Position.PLAIN_LEFT_THUMB, Mode.FLAT_1),
)


def plan(missing: Collection[Position] = ()) -> tuple[Step, ...]:
    """Fourteen steps, fewer where a position has no finger left. `missing`: single fingers 1..10 (EBTS 2.084 AMP)."""
    steps = [_step(position, ImpressionKind.PLAIN, mode, frozenset(missing)) for position, mode in _PLAIN]
    steps += [_step(finger, ImpressionKind.ROLLED, Mode.ROLL, frozenset(missing)) for finger in FINGERS]
    return tuple(step for step in steps if step.fingers)


def _step(position: Position, kind: ImpressionKind, mode: Mode, missing: frozenset[Position]) -> Step:
    there = tuple(finger for finger in fingers_of(position) if finger not in missing)
    return Step(position, kind, mode, there, missing & frozenset(fingers_of(position)))


def planned(steps: Sequence[Step], position: Position | None, kind: ImpressionKind) -> Step | None:
    """The step of a plan that takes this position; None where it is not in the plan, or of another kind."""
    return next((step for step in steps if step.position is position and step.kind is kind), None)


def again(steps: Sequence[Step]) -> Step | None:
    """The hand that is laid down once more at the end: the right one, else the left; None where neither has a finger."""
    slaps = (planned(steps, position, ImpressionKind.PLAIN) for position in (Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR))
    return next((step for step in slaps if step is not None), None)
