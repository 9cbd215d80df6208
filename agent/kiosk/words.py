"""What the pages say: one TOML file a language, the same keys in each. No sentence for a person stands in a page's code or template."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).with_name("strings")
CODES = FOLDER / "codes"  # what the codes of the long lists mean, in a language other than theirs
DEFAULT = "en"
_SAME = {"citizenships": "places"}  # a list of the same codes


class Words:
    """Called with a key of the catalogue, and what is to be filled in."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self.texts = texts

    def __call__(self, key: str, /, **values: object) -> str:
        """Raises KeyError for a key that there is not: a fault of ours, found by a test."""
        text = self.texts[key]
        return text.format_map(values) if values else text

    def code(self, of: str, code: str, otherwise: str) -> str:
        """What a code of that list means; `otherwise`, as the list itself says it, where this language has no other word."""
        return self.texts.get(f"code.{_SAME.get(of, of)}.{code}", otherwise)

    def maybe(self, key: str, otherwise: str) -> str:
        return self.texts.get(key, otherwise)


@cache
def languages() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def words(language: str) -> Words:
    """Of a language that there is; what it lacks is said in English."""
    texts = dict(_flat(tomllib.loads((FOLDER / f"{DEFAULT}.toml").read_text("utf-8"))))
    if language != DEFAULT:
        texts |= dict(_flat(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))))
        texts |= dict(_flat(tomllib.loads((CODES / f"{language}.toml").read_text("utf-8")), "code."))
    return Words(language, MappingProxyType(texts))


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", str(value)
