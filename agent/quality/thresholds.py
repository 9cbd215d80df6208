"""When a print is good enough: config/quality.toml as a value. The reasons and sources of the numbers stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from agent.errors import ConfigError


@dataclass(frozen=True)
class QualityThresholds:
    plain_nfiq2_accept: int = 40  # 0..100, at this or above a plain finger is accepted
    plain_nfiq2_retry: int = 25  # 0..100, below this it is taken again; between the two it is accepted with a warning
    plain_area_retry: float = 65.0  # mm² of ridges
    rolled_area_retry: float = 200.0  # mm² of ridges
    any_grey_levels_warn: int = 128  # 0..256
    any_grey_levels_retry: int = 64  # 0..256
    advice_mean_light: float = 190.0  # 0..255, chooses words only
    advice_mean_dark: float = 105.0  # 0..255, chooses words only
    tries_most: int = 3  # captures of one position before a person decides

    @classmethod
    def from_toml(cls, tables: Mapping[str, object]) -> QualityThresholds:
        """From the tables of quality.toml; what is left out has its default. Raises ConfigError for an unknown key or a wrong value."""
        values = {f"{table}_{key}": value for table, entries in tables.items() for key, value in _entries(table, entries).items()}
        kinds = {field.name: type(field.default) for field in fields(cls)}
        for name, value in values.items():
            if name not in kinds:
                raise _wrong(f"'{name.replace('_', '.', 1)}' is no setting of the quality thresholds.")
            if isinstance(value, bool) or not isinstance(value, int | float) or (kinds[name] is int and not isinstance(value, int)):
                raise _wrong(f"'{name.replace('_', '.', 1)}' must be a{' whole' if kinds[name] is int else ''} number, not {value!r}.")
        return cls(**values)._checked()  # type: ignore[arg-type]  # each value was just checked against its field

    def _checked(self) -> QualityThresholds:
        if not 0 <= self.plain_nfiq2_retry <= self.plain_nfiq2_accept <= 100:
            raise _wrong("plain.nfiq2_retry and plain.nfiq2_accept must rise within 0 to 100.")
        if not 0 <= self.any_grey_levels_retry <= self.any_grey_levels_warn <= 256:
            raise _wrong("any.grey_levels_retry and any.grey_levels_warn must rise within 0 to 256.")
        if self.tries_most < 1:
            raise _wrong("tries.most must be at least 1.")
        return self


def _entries(table: str, entries: object) -> Mapping[str, object]:
    if not isinstance(entries, Mapping):
        raise _wrong(f"'{table}' must be a table of the quality thresholds.")
    return entries


def _wrong(what: str) -> ConfigError:
    return ConfigError(what, means="No print can be judged, so no booking can start.", do="Correct quality.toml.")
