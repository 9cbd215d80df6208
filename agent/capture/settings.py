"""How a capture runs: config/capture.toml as a value. The reasons of the numbers stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from agent.errors import ConfigError


@dataclass(frozen=True)
class CaptureSettings:
    ppi: int = 500  # pixels per inch asked of the scanner
    still_ms: int = 300  # ms of stillness before the scanner triggers
    timeout_s: float = 60.0  # s the scanner waits for a finger before it is armed again
    reopen_every_s: float = 0.5  # s between two looks for an unplugged scanner

    @classmethod
    def from_toml(cls, table: Mapping[str, object]) -> CaptureSettings:
        """From the table of capture.toml; what is left out has its default. Raises ConfigError for an unknown key or a wrong value."""
        kinds = {field.name: type(field.default) for field in fields(cls)}
        for name, value in table.items():
            if name not in kinds:
                raise _wrong(f"'{name}' is no setting of the capture.")
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or (kinds[name] is int and not isinstance(value, int))
                or value <= 0
            ):
                raise _wrong(f"'{name}' must be a{' whole' if kinds[name] is int else ''} number above 0, not {value!r}.")
        return cls(**table)  # type: ignore[arg-type]  # each value was just checked against its field


def _wrong(what: str) -> ConfigError:
    return ConfigError(what, means="No finger can be captured, so no booking can start.", do="Correct capture.toml.")
