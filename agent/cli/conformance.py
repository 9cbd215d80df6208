"""`livescan nist conformance`: a state test book's worth of transactions with what a check must say to each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from agent.cli.nist_files import find_state, print_json
from agent.cli.screen import err, out

if TYPE_CHECKING:
    from agent.conformance.book import Book
    from agent.nist.profiles import StateProfile

_EBTS = "ebts-"


def conformance(
    profile: Annotated[str, typer.Argument(help="ebts-9.1, ebts-10.0, ebts-11.0, a state in config/profiles, or the path of its file")],
    to: Annotated[Path, typer.Option("--out", help="folder of the test book")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document instead of a table")] = False,
) -> None:
    """Make a test book: a file for every case, its expected findings beside it, and a summary as PDF."""
    from agent.conformance.book import write_book

    state = None if profile.startswith(_EBTS) else find_state(profile)
    book = asyncio.run(_made(profile.removeprefix(_EBTS), state))
    files = write_book(book, to)
    rejected = sum(not page.accepted for page in book.pages)
    if as_json:
        counts = {"cases": len(book.pages), "accepted": len(book.pages) - rejected, "rejected": rejected}
        print_json({"book": book.name, "folder": str(to), "files": len(files), **counts})
        return
    table = Table("case", "what it shows", "expected")
    for page in book.pages:
        table.add_row(page.name, page.title, "accepted" if page.accepted else "rejected")
    out.print(table)
    out.print(Text(f"{book.name}: {len(book.pages)} cases, {rejected} of them to be rejected; read {to / 'summary.pdf'}"))


async def _made(edition: str, state: StateProfile | None) -> Book:
    from agent.conformance.book import make_book
    from agent.workers import Workers

    workers = Workers(2)
    try:
        return await make_book(edition, state, workers, lambda text: err.print(text, highlight=False))
    finally:
        workers.close()
