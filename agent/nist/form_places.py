"""Where on the booking form a finding is mended: the dotted name of the fact behind a field.

Names are those of `agent.model.booking`: `subject.name`, `arrest.charges`, `missing`, `impressions.13`; `settings.` stands before what is
not typed in but set up at the station. Fields that the station fills in by itself have no place.
"""

from __future__ import annotations

from types import MappingProxyType

PLACES = MappingProxyType({
    "1.007": "settings.bureau.ori",
    "1.008": "settings.station.ori",
    "1.017": "settings.station.agency",
    "2.005": "arrest.retain",
    "2.006": "arrest.attention",
    "2.014": "subject.fbi_numbers",
    "2.015": "subject.state_id",
    "2.016": "subject.social_security",
    "2.017": "subject.other_numbers",
    "2.018": "subject.name",
    "2.019": "subject.aliases",
    "2.020": "subject.place_of_birth",
    "2.021": "subject.citizenship",
    "2.022": "subject.date_of_birth",
    "2.024": "subject.sex",
    "2.025": "subject.race",
    "2.026": "subject.marks",
    "2.027": "subject.height",
    "2.029": "subject.weight",
    "2.031": "subject.eyes",
    "2.032": "subject.hair",
    "2.036": "arrest.photo_available",
    "2.040": "subject.occupation",
    "2.041": "subject.residence",
    "2.045": "arrest.date_of_arrest",
    "2.047": "arrest.charges",
    "2.056": "arrest.caution",
    "2.073": "settings.station.cri",
    "2.084": "missing",
    "2.087": "arrest.treat_as_adult",
})  # fmt: skip


def place_of(field: str, position: int | None = None) -> str:
    """The place for a field such as "2.018"; for an image that of its finger position; "" where there is none."""
    if position is not None:
        return f"impressions.{position}"
    return PLACES.get(field, "")
