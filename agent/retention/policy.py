"""The retention policy: `config/retention.toml` with the station's own file laid over it. Frozen, an unknown key is an error."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ConfigError
from agent.settings import config_dir, read_toml

FILE = "retention.toml"
LEAST_AUDIT = 366  # days, AU-11


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class OfBookings(_Frozen):
    days_after_answer: int = Field(ge=1, le=36_525)
    days_without_idr: int = Field(ge=0, le=36_525)  # 0: never


class OfList(_Frozen):
    days_unprinted: int = Field(ge=1, le=36_525)


class OfMessages(_Frozen):
    days_unproven: int = Field(ge=1, le=36_525)


class OfAudit(_Frozen):
    days: int = Field(ge=LEAST_AUDIT, le=36_525)


class Daily(_Frozen):
    hour: int = Field(ge=0, le=23)  # local


class RetentionPolicy(_Frozen):
    bookings: OfBookings
    list: OfList
    messages: OfMessages
    audit: OfAudit
    daily: Daily


def load_retention(path: Path | None = None) -> RetentionPolicy:
    """Raises ConfigError naming every wrong key: then nothing is purged by it."""
    shipped = config_dir() / FILE
    tables = read_toml(shipped)
    for name, table in (read_toml(path) if path else {}).items():
        tables[name] = {**tables.get(name, {}), **table} if isinstance(table, dict) else table
    try:
        return RetentionPolicy.model_validate(tables)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].lower()}" for one in error.errors())
        raise ConfigError(f"{path or shipped}: {said}.", means="Nothing is purged by it.", do="Mend these keys.") from error


def is_due(last: datetime | None, now: datetime, hour: int, zone: ZoneInfo) -> bool:
    """Whether that hour of the local day has passed since the last run. A station that was off then is due when it is on again."""
    if last is None or last > now:
        return True
    local = now.astimezone(zone)
    today = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return last < (today if today <= local else today - timedelta(days=1))
