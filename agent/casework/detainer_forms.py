"""Variants of the detainer form as field sets: `config/detainer-forms.toml` (SOP appendix C; R56). Pure but for reading its table once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from agent.casework.errors import CaseworkError
from agent.settings import config_dir, read_toml


@dataclass(frozen=True)
class Form:
    name: str  # "I-247A"
    title: str
    fields: tuple[str, ...]  # what a person enters from the document
    checklist: tuple[str, ...]  # its conditions; an open item never stops a release
    service_before_hold: bool  # takes effect only when a copy was served on the person
    holds: bool = True  # whether it asks to hold at all
    asks_for: tuple[str, ...] = ()  # papers that should come with it


@lru_cache(maxsize=1)
def forms() -> Mapping[str, Form]:
    rows = read_toml(config_dir() / "detainer-forms.toml")
    return MappingProxyType({name: _form(name, row) for name, row in rows.items()})


def form(name: str) -> Form:
    """Raises CaseworkError for a variant that is not configured."""
    try:
        return forms()[name]
    except KeyError:
        raise CaseworkError(
            f"The form {name} is not known here.", means="The document was not recorded.", do=f"Choose one of {', '.join(forms())}."
        ) from None


def _form(name: str, row: dict[str, object]) -> Form:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    plain = {key: value for key, value in row.items() if not isinstance(value, list)}
    return Form(name=name, **lists, **plain)  # type: ignore[arg-type]  # the names are the table's own
