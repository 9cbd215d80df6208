"""What the training bureau is told to do: what it answers, when, how often, and what is wrong with it. Frozen.

A scenario is a TOML file (`config/bureau-scenarios/`); a transaction asks for one by its attention field (2.006 ATN: "SCENARIO LATE-MATCH")
or gets the bureau's usual one. Nothing was searched: every answer is scripted, and says nothing of anyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent.errors import ConfigError
from agent.settings import config_dir, read_toml

ASKED_BY = "SCENARIO "  # in 2.006 ATN


class Spoken(StrEnum):
    """What an answer says."""

    SRE_NON_IDENT = "SRE_NON_IDENT"
    SRE_IDENT = "SRE_IDENT"
    SRE_UNCLEAR = "SRE_UNCLEAR"
    STATE_IDENT = "STATE_IDENT"
    ERRT = "ERRT"
    IDR_NO_MATCH = "IDR_NO_MATCH"
    IDR_MATCH = "IDR_MATCH"
    IDR_ERROR = "IDR_ERROR"
    IAR = "IAR"
    SIX_ENCOUNTERS = "SIX_ENCOUNTERS"  # one more than an IDR can show
    UNKNOWN_FORM = "UNKNOWN_FORM"  # supplementary identity information that nobody here knows
    CONTRADICTION = "CONTRADICTION"  # says no match, and finding I
    NO_ITL_FILE = "NO_ITL_FILE"


class Damage(StrEnum):
    NONE = ""
    BIT = "bit"  # one bit of the envelope is flipped
    SIGNER = "signer"  # signed by somebody else


@dataclass(frozen=True)
class Scripted:
    says: Spoken
    after: timedelta  # from the commit of the transaction
    copies: int = 1  # sealed and sent so many times: the same content in different envelopes
    messages: tuple[str, ...] = ()  # 2.060 MSG
    encounters: int = 0
    photos: int = 0
    iar: str = ""  # LESC's words
    tied_by: frozenset[str] = frozenset(("TCR", "OCA"))
    number: int = 1  # answers of one kind with different numbers are different messages
    damage: Damage = Damage.NONE


@dataclass(frozen=True)
class Scenario:
    """Delays count from the commit of the transaction; their order is the order of the answers."""

    answers: tuple[Scripted, ...]
    receipt_after: timedelta | None = timedelta(0)  # None: no receipt comes
    name: str = "usual"
    sentence: str = ""
    rows: tuple[str, ...] = ()  # of docs/procedure.md
    corrected: str = ""  # the scenario of a transaction that corrects one of this (1.010 TCR); "" the same again
    expect: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # what a station ends with


_NO_MATCH = Scripted(Spoken.IDR_NO_MATCH, timedelta(milliseconds=600))
PLAIN = Scenario((Scripted(Spoken.SRE_NON_IDENT, timedelta(milliseconds=300)), _NO_MATCH))
"""Receipt, SRE, IDR, each once, within a second."""

IDR_FIRST = Scenario(
    (Scripted(Spoken.SRE_NON_IDENT, timedelta(milliseconds=600)), Scripted(Spoken.IDR_NO_MATCH, timedelta(milliseconds=200))),
    name="idr-first",
)
DUPLICATED = Scenario(
    (
        Scripted(Spoken.SRE_NON_IDENT, timedelta(milliseconds=300), copies=2),
        Scripted(Spoken.IDR_NO_MATCH, timedelta(milliseconds=600), copies=2),
    ),
    name="duplicated",
)


def read_scenario(path: Path) -> Scenario:
    """One file. Raises ConfigError."""
    tables = read_toml(path)
    try:
        answers = tuple(_scripted(one) for one in tables.get("answer", ()))
        receipt = None if tables.get("mute") else _span(tables.get("receipt_after", "0 s"))
        return Scenario(
            answers,
            receipt,
            path.stem,
            tables["sentence"],
            tuple(tables["rows"]),
            str(tables.get("corrected", "")),
            MappingProxyType(tables["expect"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is no scenario of the bureau: {error}.", do="See config/bureau-scenarios/README.md.") from error


def scenarios(directory: Path | None = None) -> Mapping[str, Scenario]:
    """All that are shipped, by name."""
    folder = directory or config_dir() / "bureau-scenarios"
    return MappingProxyType({path.stem: read_scenario(path) for path in sorted(folder.glob("*.toml"))})


def asked_for(attention: str, known: Mapping[str, Scenario], usual: Scenario, *, correction: bool = False) -> Scenario:
    """attention: 2.006 ATN of the transaction; correction: it names an earlier one (1.010 TCR)."""
    name = attention.removeprefix(ASKED_BY).strip().lower() if attention.startswith(ASKED_BY) else ""
    found = known.get(name, usual)
    return known.get(found.corrected, found) if correction else found


def _scripted(row: Mapping[str, Any]) -> Scripted:
    plain = {key: value for key, value in row.items() if key in ("copies", "encounters", "photos", "iar", "number")}
    return Scripted(
        Spoken(row["says"]),
        _span(row["after"]),
        messages=tuple(row.get("messages", ())),
        tied_by=frozenset(row.get("tied_by", ("TCR", "OCA"))),
        damage=Damage(row.get("damage", "")),
        **plain,
    )


def _span(text: str) -> timedelta:
    """ "90 s", "4 h", "20 min", "30 d"."""
    number, unit = text.split()
    units = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[unit]: float(number)})
