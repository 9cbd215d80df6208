"""Whether the platen is clean enough for the next finger: said before it costs a reject."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.imaging.platen import Background
from agent.quality.thresholds import QualityThresholds


class Cleanliness(StrEnum):
    CLEAN = "clean"
    CLEAN_SOON = "clean_soon"  # between two subjects
    CLEAN_NOW = "clean_now"  # before the next finger


@dataclass(frozen=True)
class Hygiene:
    state: Cleanliness
    dirt: float  # 0..1, share of the platen
    latent: float  # 0..1, share of the platen
    advice: str = ""  # one sentence, "" for a clean platen


_ADVICE = {
    Cleanliness.CLEAN: "",
    Cleanliness.CLEAN_SOON: "Clean the glass before the next person.",
    Cleanliness.CLEAN_NOW: "Clean the glass now.",
}
_LATENT = "Clean the glass now: a print that was left there lies on it."


def hygiene(seen: Background, limits: QualityThresholds) -> Hygiene:
    """Of the empty platen."""
    latent = seen.latent >= limits.platen_latent_now
    now = latent or seen.dirt >= limits.platen_dirt_now
    soon = seen.dirt >= limits.platen_dirt_soon
    state = Cleanliness.CLEAN_NOW if now else Cleanliness.CLEAN_SOON if soon else Cleanliness.CLEAN
    return Hygiene(state, seen.dirt, seen.latent, _LATENT if latent else _ADVICE[state])
