"""Making the transactions of a test book through the station's own path (`agent.submission.build`), then for an edition and a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from agent.conformance.editing import as_edition, for_state, with_fields
from agent.conformance.person import DEVICE, MADE_AT, Contents, booking
from agent.conformance.prints import PHOTO_SIZE, boxes, polygon
from agent.model.booking import Booking
from agent.model.fingers import MissingReason, Position, fingers_of
from agent.model.impression import FingerQuality, Impression, ImpressionKind, QualityReport, Verdict
from agent.model.photo import Photo, PhotoKind
from agent.nist.codec import build, parse
from agent.nist.editions import Standard
from agent.nist.profiles import StateProfile
from agent.nist.records import Transaction
from agent.submission.build import StationIdentity, build_car
from agent.submission.images import EncodedImage
from agent.submission.other_images import Palm
from agent.submission.profiles import CAR, Profile

_STATION = StationIdentity(ori="NY0303000", dai="NYSIB0000", cri=("NY0303000",))
_SCORE = 70  # NFIQ 2 that a drawn print is said to have


Print: TypeAlias = tuple[Position, int, frozenset[Position]]  # position, ppi, fingers of it that are gone


@dataclass(frozen=True)
class Drawn:
    """What was drawn and encoded in the workers."""

    prints: Mapping[Print, EncodedImage]
    palms: Mapping[int, EncodedImage]  # by palm position
    photos: Mapping[PhotoKind, bytes]  # JPEG


@dataclass(frozen=True)
class Wish:
    """How one case differs from the plain ten-print card."""

    profile: Profile = CAR
    missing: Mapping[Position, MissingReason] = field(default_factory=dict)
    live: bool = True
    photos: tuple[PhotoKind, ...] = ()
    palms: tuple[int, ...] = ()
    tcr: str | None = None
    type1: Contents = field(default_factory=dict)
    type2: Contents = field(default_factory=dict)

    def prints(self) -> list[Print]:
        """The images that are needed, in record order."""
        places = [p for p in self.profile.positions if not all(finger in self.missing for finger in fingers_of(p))]
        return [(p, self.profile.ppi, frozenset(self.missing) & frozenset(fingers_of(p))) for p in places]


class Maker:
    def __init__(self, drawn: Drawn, rules: Standard, state: StateProfile | None) -> None:
        self.rules = rules
        self.state = state
        self._drawn = drawn

    def car(self, number: int, wish: Wish) -> Transaction:
        """The transaction of a case; `number` makes its TCN and OCA its own."""
        images = self._images(wish)
        made = build_car(
            self._booking(number, wish, images),
            tcn=f"CONFORMANCE-{self.rules.edition}-{number:04d}",
            made_at=MADE_AT,
            station=_STATION,
            images=images,
            profile=wish.profile,
            tcr=wish.tcr,
            palms=[Palm(position, self._drawn.palms[position], MADE_AT) for position in wish.palms],
        )
        tx = as_edition(parse(made), self.rules)
        tx = for_state(tx, self.state) if self.state is not None else tx
        tx = with_fields(tx, 1, wish.type1) if wish.type1 else tx
        return parse(build(with_fields(tx, 2, wish.type2) if wish.type2 else tx))

    def photos_wanted(self) -> int:
        """The least number of Type-10 records that the state takes."""
        return self.rules.records["CAR"].get((10,), (0, 0))[0]

    def _images(self, wish: Wish) -> dict[Position, EncodedImage]:
        return {place[0]: self._drawn.prints[place] for place in wish.prints()}

    def _booking(self, number: int, wish: Wish, images: Mapping[Position, EncodedImage]) -> Booking:
        kinds = wish.photos or (PhotoKind.FACE,) * self.photos_wanted()
        return replace(
            booking(number),
            missing=wish.missing,
            impressions={position: _impression(position, wish) for position in images},
            photos=tuple(_photo(kind, self._drawn.photos[kind]) for kind in kinds),
        )


def _impression(position: Position, wish: Wish) -> Impression:
    """What the station knows of a print beside its pixels, which stand in the encoded image."""
    scale = wish.profile.ppi // 500
    there = {f: box for f, box in boxes(position).items() if f not in wish.missing}
    fingers = {f: FingerQuality(_SCORE, polygon=tuple((x * scale, y * scale) for x, y in polygon(box))) for f, box in there.items()}
    report = QualityReport(fingers, len(there), len(there), 256, Verdict.ACCEPT)
    kind = ImpressionKind.ROLLED if position <= Position.LEFT_LITTLE else ImpressionKind.PLAIN
    return Impression(position, kind, np.zeros((1, 1), np.uint8), wish.profile.ppi, 1, DEVICE, MADE_AT, report, live=wish.live)


def _photo(kind: PhotoKind, jpeg: bytes) -> Photo:
    mark = {PhotoKind.SCAR: "SC L ARM", PhotoKind.MARK: "NM L ARM", PhotoKind.TATTOO: "TAT L ARM"}.get(kind)
    return Photo(kind, jpeg, *PHOTO_SIZE, MADE_AT, mark=mark, description="SPECIMEN" if mark else None)


def missing(fingers: Sequence[Position], reason: MissingReason) -> dict[Position, MissingReason]:
    """Each of these fingers for this reason."""
    return dict.fromkeys(fingers, reason)
