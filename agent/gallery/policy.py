"""What this station keeps of prints, and for how long: `config/gallery.toml` with the station's own file over it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ConfigError
from agent.settings import config_dir, read_toml

FILE = "gallery.toml"


class GalleryPolicy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool
    days: int = Field(ge=1, le=3660)  # a booking's templates are kept
    subjects: int = Field(ge=1, le=50_000)  # bookings at most; the oldest go first
    decades: float = Field(ge=4, le=60)  # from which prints are called the same: one in 10^decades pairs of different people
    duplicate_hours: int = Field(ge=0, le=24 * 31)  # so soon after another booking it may be the same arrest, booked twice
    officers: bool  # officers may leave templates of their own fingers

    @property
    def kept(self) -> timedelta:
        return timedelta(days=self.days)

    @property
    def duplicate(self) -> timedelta:
        return timedelta(hours=self.duplicate_hours)


def load_policy(path: Path | None = None) -> GalleryPolicy:
    """The shipped defaults with the station's file laid over them. Raises ConfigError naming every wrong key."""
    values = read_toml(config_dir() / FILE) | (read_toml(path) if path else {})
    try:
        return GalleryPolicy.model_validate(values)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].lower()}" for one in error.errors())
        raise ConfigError(
            f"{path or FILE}: {said}.", means="Prints are not compared with earlier bookings.", do="Mend these keys."
        ) from error
