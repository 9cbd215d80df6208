"""What the `livescan case` commands have in common: options, the headers that say why, and foreign text made harmless for a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from agent.cli.screen import out

JSON = Annotated[bool, typer.Option("--json", help="one JSON document")]
BOOKING = Annotated[str, typer.Argument(help="booking number, such as 20261124-7K3M9Q2X")]
OFFICER = Annotated[str, typer.Option(help="officer id, where nobody is signed in")]
REASON = Annotated[str, typer.Option(help="why, in words; it is on record")]
PURPOSE = Annotated[str, typer.Option(help="one of the purposes of docs/access.md: booking, court, custody, immigration, …")]
RECIPIENT = Annotated[str, typer.Option(help="id of whom a copy is for, never a name")]
CASE = Annotated[str, typer.Option(help="case file or order that a copy is for")]


def why(purpose: str, *, case: str = "", recipient: str = "", copied: bool = False) -> Mapping[str, str]:
    """Headers without which criminal-history data is not answered (docs/access.md). copied: it leaves the screen, so case and recipient
    must be named: the station refuses it otherwise.
    """
    said = {"Livescan-Purpose": purpose, "Livescan-Case": case, "Livescan-Recipient": recipient}
    said |= {"Livescan-Action": "export"} if copied else {}
    return {name: value for name, value in said.items() if value}


def body(officer: str, reason: str = "", **more: Any) -> dict[str, Any]:
    said = {"officer": officer or None, "reason": reason or None, **more}
    return {key: value for key, value in said.items() if value is not None}


def print_text(text: str) -> None:
    """Foreign text line by line: control characters are shown, not obeyed."""
    from agent.nist.show import visible

    for line in text.splitlines():
        out.print(visible(line), markup=False, highlight=False, soft_wrap=True)


def say(said: Any, sentence: str, *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(said))
    else:
        out.print(sentence, highlight=False, markup=False, soft_wrap=True)
