"""How a capture runs: config/capture.toml as a value. The reasons of the numbers stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from agent.errors import ConfigError

RESOLUTIONS = (500, 1000)  # ppi: EBTS 11.0 §3.8.2 knows no other for a finger


@dataclass(frozen=True)
class CaptureRules:
    """What a state's bureau wants of a capture beyond good prints."""

    second_officer: bool = False  # a print kept in spite of what was found needs a second officer's word
    hand_again: bool = False  # before the booking is closed the right hand is laid down once more: the same person as at its beginning?


@dataclass(frozen=True)
class CaptureSettings:
    ppi: int = 500  # pixels per inch asked of the scanner, one of RESOLUTIONS
    still_ms: int = 300  # ms of stillness before the scanner triggers
    timeout_s: float = 60.0  # s the scanner waits for a finger before it is armed again
    waits_most: int = 3  # so often in a row before the officer is asked
    reopen_every_s: float = 0.5  # s between two looks for an unplugged scanner
    clean_every_s: float = 2.0  # s between two looks at a glass that is to be cleaned
    clean_looks: int = 15  # so often before the capture goes on with a glass that is not clean
    rules: CaptureRules = field(default_factory=CaptureRules)

    @classmethod
    def from_toml(cls, table: Mapping[str, Any], state: str = "") -> CaptureSettings:
        """From capture.toml; what is left out has its default. `state`: whose rules are laid over the common ones, "" for none.

        Raises ConfigError for an unknown key, a wrong value or a state that has no table.
        """
        rules = _rules(table, state)
        kinds = {field.name: type(field.default) for field in fields(cls) if field.name != "rules"}
        values = {name: _number(name, value, kinds) for name, value in table.items() if name not in ("rules", "state")}
        if values.get("ppi", 500) not in RESOLUTIONS:
            raise _wrong(f"'ppi' must be {' or '.join(map(str, RESOLUTIONS))}, not {values['ppi']}.")
        return cls(**values, rules=rules)  # type: ignore[arg-type]  # each value was just checked against its field


def _rules(table: Mapping[str, Any], state: str) -> CaptureRules:
    states = table.get("state", {})
    if state and state not in states:
        raise _wrong(f"The state '{state}' has no rules: there is no table [state.{state}].")
    laid = {**table.get("rules", {}), **(states[state] if state else {})}
    known = {field.name for field in fields(CaptureRules)}
    for name, value in laid.items():
        if name not in known or not isinstance(value, bool):
            raise _wrong(f"'{name}' is no rule of the capture, or neither true nor false.")
    return CaptureRules(**laid)


def _number(name: str, value: object, kinds: Mapping[str, type]) -> int | float:
    if name not in kinds:
        raise _wrong(f"'{name}' is no setting of the capture.")
    whole = kinds[name] is int
    if isinstance(value, bool) or not isinstance(value, int | float) or (whole and not isinstance(value, int)) or value <= 0:
        raise _wrong(f"'{name}' must be a{' whole' if whole else ''} number above 0, not {value!r}.")
    return value


def _wrong(what: str) -> ConfigError:
    return ConfigError(what, means="No finger can be captured, so no booking can start.", do="Correct capture.toml.")
