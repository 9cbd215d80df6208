"""What is measured on a print, and the one thing that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a print is not as good as it could be: the most telling one. With the verdict ACCEPT it is a remark, not a fault."""

    NONE = "none"
    OTHER_HAND = "other_hand"
    OFF_CENTRE = "off_centre"  # a finger is cut by the edge of the platen
    MISSING_FINGER = "missing_finger"  # fewer fingers than asked, and no other cause that hides one
    EXTRA_FINGER = "extra_finger"
    ROTATED = "rotated"
    SMEARED = "smeared"  # the skin slid while the picture was taken
    WET = "wet"  # or pressed hard: valleys are filled
    DRY = "dry"  # ridges are broken into dots
    TOO_LIGHT = "too_light"  # ridges are whole but pale: pressed too lightly
    SMALL = "small"  # too little of the finger touches
    LOW_CONTRAST = "low_contrast"  # few grey levels
    UNCLEAR = "unclear"  # a low score that no measure explains
    UNCHECKED = "unchecked"  # the check itself broke down
    SPOILT = "spoilt"  # by what was seen while it was taken: a roll that slipped


@dataclass(frozen=True)
class Measures:
    """Of one impression or one fingertip, at 500 ppi. `agent.quality.measures` says how each is taken."""

    grey_levels: int  # 0..256, levels that carry signal (the dynamic range of EBTS appendix F)
    area_mm2: float  # mm² that show ridges
    mean: float  # 0..255, mean grey of that area: high is light, low is dark; 255 without ridges
    contrast: float  # 0..255, 95th minus 5th percentile of that area, 0 without ridges
    ridge_grey: float = 0.0  # 0..255, median of the darkest grey within a ridge's reach: pale ridges are high
    unevenness: float = 0.0  # grey levels, standard deviation of the same over the contact: low where every ridge is alike
    dryness: float = 0.0  # 0..1, how broken the ridges are: 1 minus the mean coherence of the contact
    wetness: float = 0.0  # 0..1, share of the contact that is dark: filled valleys raise it, 0.33 to 0.43 is usual
    smear: float = 0.0  # 0..1, how one-sided all gradients together are: only ridges along the slide keep their contrast
    clipped_mm: float = 0.0  # mm along which the border of the picture cuts the finger
    rotation: float = 0.0  # degrees clockwise from upright
    clarity: float = 0.0  # 0..1, mean of the ridge clarity map (`agent.quality.clarity`)
