"""How alike two people's prints are, finger by finger and together: decades of false matches.

Fingers are joined by Fisher's method (R. A. Fisher, Statistical Methods for Research Workers, 1925, section 21.1): with k fingers whose
false match rates multiply to p, different people reach that with the probability p (1 + x + x^2/2! + ... + x^(k-1)/(k-1)!), x = -ln p.
A plain sum of decades would promise far more than that. Beyond four decades a finger's own are extrapolated (`compare_score`), so each
counts for at most `CAP`: one finger alone does not outweigh nine.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from agent.match.compare import Print, compare, prepare
from agent.match.extract import usable
from agent.match.template import Template, TemplateError, parse
from agent.model.fingers import FINGERS, Position

CAP = 8.0  # decades that one finger can add
CLEAR = 25  # minutiae on both sides from which two prints that do not fit say something
_FINGER = struct.Struct("<BH")  # position, bytes of its template

Templates = Mapping[Position, Template]
Prints = Mapping[Position, Print]


@dataclass(frozen=True)
class Fused:
    """Of two people."""

    fingers: Mapping[Position, float] = field(repr=False)  # decades of each finger that was compared
    clear: frozenset[Position]  # of these, where both prints show enough to be missed when they do not fit

    @property
    def score(self) -> float:
        """Decades, of all fingers together."""
        return joined(list(self.fingers.values()))

    def together(self, other: Fused) -> Fused:
        """With the fingers that were compared besides."""
        return Fused({**self.fingers, **other.fingers}, self.clear | other.clear)


def joined(decades: Collection[float]) -> float:
    """Decades of several fingers together, to three places; 0 of none."""
    x = math.log(10) * sum(min(value, CAP) for value in decades)
    terms = sum(x**n / math.factorial(n) for n in range(len(decades)))
    return round(max(0.0, (x - math.log(terms)) / math.log(10)), 3) if decades else 0.0


def ready(templates: Templates) -> dict[Position, Print]:
    """What can be compared, made ready: a millisecond a finger."""
    return {finger: prepare(one) for finger, one in templates.items() if not usable(one)}


def compare_people(probe: Prints, other: Templates, fingers: Collection[Position] = FINGERS) -> Fused:
    """The fingers of the same name that both have, out of `fingers`; templates of another extractor are missing. 2 ms a finger."""
    common = [finger for finger in FINGERS if finger in fingers and finger in probe and finger in other]
    there = ready({finger: other[finger] for finger in common if other[finger].same_make == probe[finger].template.same_make})
    scores = {finger: compare(probe[finger], one).score for finger, one in there.items()}
    clear = frozenset(finger for finger, one in there.items() if min(len(one), len(probe[finger])) >= CLEAR)
    return Fused(scores, clear)


FINALISTS = 6  # people that are compared on all fingers


def finalists(probe: Prints, first: Collection[Position], others: Mapping[int, Templates], most: int = FINALISTS) -> dict[int, Fused]:
    """Of many people the likeliest: all compared on the fingers `first`, the best of them on all the others too."""
    begun = {number: compare_people(probe, one, first) for number, one in others.items()}
    best = sorted(begun, key=lambda number: (-begun[number].score, number))[:most]
    rest = [finger for finger in probe if finger not in first]
    return {number: begun[number].together(compare_people(probe, others[number], rest)) for number in best}


def serialise(templates: Templates) -> bytes:
    """For each finger its position, its template's length, and the template."""
    parts = ((finger, one.serialise()) for finger, one in sorted(templates.items()))
    return b"".join(_FINGER.pack(finger, len(data)) + data for finger, data in parts)


def parse_templates(data: bytes) -> dict[Position, Template]:
    """Raises TemplateError."""
    found: dict[Position, Template] = {}
    at = 0
    while at < len(data):
        if len(data) < at + _FINGER.size:
            raise _refused()
        finger, length = _FINGER.unpack_from(data, at)
        at += _FINGER.size
        if not 1 <= finger <= 10 or finger in found or len(data) < at + length:
            raise _refused()
        found[Position(finger)] = parse(data[at : at + length])
        at += length
    return found


def _refused() -> TemplateError:
    return TemplateError("These bytes are no person's templates.", do="Enrol the booking anew.")
