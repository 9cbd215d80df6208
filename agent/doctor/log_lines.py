"""What the journal says, without what it says it about.

A line of ours is one of the sentences that stand in this program's own calls of `log`; the sentences are known, so a line is told by its
sentence, a count and two times, and what was filled in stays out. A line that is none of them is counted and not told.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

_LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
_FILLED = re.compile(r"%(?:\.\d+)?[sdrfg]")
_PREFIX = re.compile(r"^(?:<\d>)?agent[\w.]*: ")


@dataclass
class Told:
    """One sentence of the journal."""

    sentence: str
    count: int
    first: str  # UTC
    last: str

    def as_python(self) -> dict[str, Any]:
        return asdict(self)


@lru_cache(maxsize=1)
def sentences() -> tuple[str, ...]:
    """Every sentence that this program logs, with its gaps."""
    package = Path(__file__).resolve().parent.parent
    return tuple(sorted({text for path in package.rglob("*.py") for text in _logged(path)}))


def _logged(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _LEVELS
            and _is_log(node.func.value)
            and node.args
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _is_log(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "log"


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Those with the most words of their own first: the closest sentence tells a line."""
    known = sorted(sentences(), key=lambda text: -len(_FILLED.sub("", text)))
    return tuple(
        (re.compile(".*?".join(re.escape(part) for part in _FILLED.split(text)) + r"(?: \(\w+( at [\w.]+:\d+)?\))?"), text)
        for text in known
    )


def told(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """entries: of the journal, as `journalctl -o json` gives them."""
    found: dict[str, Told] = {}
    others = 0
    for entry in entries:
        sentence = _sentence(str(entry.get("MESSAGE", "")))
        if sentence is None:
            others += 1
            continue
        at = _instant(entry.get("__REALTIME_TIMESTAMP"))
        row = found.setdefault(sentence, Told(sentence, 0, at, at))
        row.count, row.last = row.count + 1, at
    return {"sentences": [one.as_python() for one in found.values()], "other_lines": others}


def _sentence(message: str) -> str | None:
    prefix = _PREFIX.match(message)
    if prefix is None:
        return None
    text = message[prefix.end() :]
    return next((sentence for pattern, sentence in _patterns() if pattern.fullmatch(text)), None)


def _instant(microseconds: Any) -> str:
    try:
        return datetime.fromtimestamp(int(microseconds) / 1e6, UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError):
        return ""


def entries_of(text: str) -> Iterator[Mapping[str, Any]]:
    """Lines of JSON; what is none is passed over."""
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry
