"""What is wrong in a station's settings: which file, which line, which key, and what to do. Pure.

TOML's own parser does not say where a key stands, so the lines are looked at again for that alone; nothing is read from them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_TABLE = re.compile(r"\s*\[\s*([A-Za-z0-9_.-]+)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=")
_LINE = re.compile(r"line (\d+)")
_BYTE = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
USBIP = rf"^(|unix:/.*|tcp:(127(\.{_BYTE}){{3}}|localhost|\[?::1\]?):{_PORT})$"  # drivers/usbip_address.py takes each of these


@dataclass(frozen=True)
class Fault:
    """One thing that keeps a station from starting with these settings."""

    file: str  # "" where no file says it
    line: int | None  # counted from 1
    key: str  # dotted, "" where the file is no TOML
    what: str
    do: str

    @property
    def words(self) -> str:
        where = self.file + (f" line {self.line}" if self.line else "")
        return ": ".join(part for part in (where, self.key, self.what) if part)

    def as_python(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Layer:
    """One settings file."""

    path: Path
    text: str
    values: Mapping[str, Any]

    def line_of(self, key: str) -> int | None:
        """Of a dotted key, or of the innermost table that holds it; None when nothing of it is here."""
        lines = _lines(self.text)
        return next((lines[name] for name in _ends(key) if name in lines), None)


def _ends(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[:n]) for n in range(len(parts), 0, -1)]


def _lines(text: str) -> dict[str, int]:
    """Dotted key or table to its line, counted from 1."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = header[1]
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return found


def no_toml(path: Path, error: Exception, text: str = "") -> Fault:
    """text: what was read of it; the parser counts an end that came too early by no line."""
    line = _LINE.search(str(error))
    last = len(text.splitlines()) or None
    return Fault(str(path), int(line[1]) if line else last, "", f"this is not valid TOML: {error}", "Mend that line.")


def faults_of(errors: Sequence[Mapping[str, Any]], layers: Sequence[Layer], known: Mapping[str, Collection[str]]) -> tuple[Fault, ...]:
    """errors: pydantic's. layers: in the order in which they were laid. known: table to the keys that it may have, "" to the tables."""
    return tuple(_fault(error, layers, known) for error in errors)


def _fault(error: Mapping[str, Any], layers: Sequence[Layer], known: Mapping[str, Collection[str]]) -> Fault:
    key = ".".join(str(part) for part in error["loc"] if not isinstance(part, int))
    layer = next((one for one in reversed(layers) if holds(one.values, key)), None)
    if layer is None:  # nobody says it: what is missing belongs into the last file that could
        layer = next((one for one in reversed(layers) if one.line_of(key)), layers[-1])
    return Fault(str(layer.path), layer.line_of(key), key, str(error["msg"]).lower(), _remedy(error, key, known))


def holds(values: Mapping[str, Any], key: str) -> bool:
    """Whether a dotted key stands among them."""
    here: Any = values
    for part in key.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return False
        here = here[part]
    return True


def _remedy(error: Mapping[str, Any], key: str, known: Mapping[str, Collection[str]]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    table, _, name = key.rpartition(".")
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, list(known.get(table, ())), n=1)
        meant = "".join(f"Did you mean '{one}'? " for one in near)
        return f"{meant}No such key is known: mend its spelling or remove it."
    if kind == "missing":
        return f"Add {name} to [{table}]." if table else f"Add the table [{name}]."
    if kind == "string_pattern_mismatch":
        return FORMS.get(context.get("pattern", ""), "Write it in the form that config/station-defaults.toml shows.")
    if kind in ("literal_error", "enum"):
        return f"Use one of: {context.get('expected', '')}."
    return "Change this value."


# a pattern of `settings` in words
FORMS = {
    r"^[A-Za-z0-9-]{1,13}$": "Use 1 to 13 letters, digits or '-'.",
    r"^[A-Z]{2}[A-Z0-9]{7}$": "An ORI has nine characters: two capital letters, then seven capital letters or digits.",
    USBIP: 'Give unix:/path/of/socket or tcp:127.0.0.1:port, of this machine alone: USB/IP encrypts nothing. Or "": a scanner on a cable.',
    r"^[0-9a-f]{64}$": "Give 64 hex digits, as `livescan fleet keys` shows them.",
    r"^(|https://[^\s]+)$": 'Give an https address, or "".',
    r"^(|https?://[^\s]+)$": 'Give an http or https address, or "".',
    r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$": "Give scheme, host and port: http://localhost:8440.",
}
