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
    plain_clipped_retry: float = 3.0  # mm of the picture's border that cut a finger
    plain_rotation_retry: float = 20.0  # degrees, of the hand
    plain_smear_retry: float = 0.62  # 0..1
    rolled_area_retry: float = 200.0  # mm² of ridges
    rolled_nfiq2_warn: int = 25  # 0..100, below this a roll is accepted with a warning; it never decides
    any_grey_levels_warn: int = 128  # 0..256
    any_grey_levels_retry: int = 64  # 0..256
    skin_wet: float = 0.46  # 0..1, wetness; this and the next four name a cause and choose words
    skin_pale: float = 130.0  # 0..255, ridge grey
    skin_even: float = 23.0  # grey levels, unevenness up to which pale ridges are a light touch
    skin_dry: float = 0.345  # 0..1, dryness
    skin_dry_mean: float = 185.0  # 0..255, mean from which broken ridges are dry ones
    advice_mean_light: float = 190.0  # 0..255, chooses words only
    advice_mean_dark: float = 105.0  # 0..255, chooses words only
    platen_dirt_soon: float = 0.004  # 0..1, share of the empty platen that is dirty: to be cleaned between two subjects
    platen_dirt_now: float = 0.01  # 0..1, the same: to be cleaned before the next finger
    platen_latent_now: float = 0.01  # 0..1, share of the empty platen that shows ridges
    tries_most: int = 3  # captures of one position before a person decides

    @classmethod
    def from_toml(cls, tables: Mapping[str, object], state: str = "") -> QualityThresholds:
        """From the tables of quality.toml; what is left out has its default. `state`: whose tables are laid over the common ones.

        A state without tables has the common ones. Raises ConfigError for an unknown key or a wrong value, also in another state's tables.
        """
        common = {table: entries for table, entries in tables.items() if table != "state"}
        states = {name: _entries(f"state.{name}", laid) for name, laid in _entries("state", tables.get("state", {})).items()}
        for laid in states.values():
            cls._of(common, laid)
        return cls._of(common, states.get(state, {}))

    @classmethod
    def _of(cls, *layers: Mapping[str, object]) -> QualityThresholds:
        entries = ((table, _entries(table, found)) for layer in layers for table, found in layer.items())
        values = {f"{table}_{key}": value for table, found in entries for key, value in found.items()}
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
