"""Where each setting of a station stands: file and line, and what is written beside it. Nothing is changed here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.settings import config_dir, known_keys, layers_of
from agent.settings_faults import Layer, holds

_REMARK = re.compile(r"""^[^=#]+=\s*(?:"[^"]*"|[^#"])*#\s*(.+)$""")


@dataclass(frozen=True)
class Origin:
    """One setting. file: "" where no file says it, and the program's own value holds."""

    key: str  # dotted
    file: str
    line: int | None  # counted from 1
    remark: str  # beside its default, in English; "" where it has none

    @property
    def table(self) -> str:
        return self.key.partition(".")[0]


def origins(config: Path) -> tuple[Origin, ...]:
    """Every setting that there can be, table by table. Raises ConfigError for a file that cannot be read, WrongSettings for no TOML."""
    layers = layers_of(config)
    return tuple(_origin(key, layers) for key in known_keys())


def _origin(key: str, layers: Sequence[Layer]) -> Origin:
    said = next((layer for layer in reversed(layers) if holds(layer.values, key)), None)
    remark = _remark(key, layers[0]) if layers[0].path.parent == config_dir() else ""
    return Origin(key, "" if said is None else str(said.path), None if said is None else said.line_of(key), remark)


def _remark(key: str, defaults: Layer) -> str:
    line = defaults.line_of(key) if holds(defaults.values, key) else None
    found = _REMARK.match(defaults.text.splitlines()[line - 1]) if line else None
    return found[1].strip() if found else ""
