"""`livescan card`: a transaction on paper."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.screen import out
from agent.errors import LivescanError, UsageError

OUT = Annotated[Path, typer.Option("--out", "-o", help="card.pdf, or card.png for one picture a page (card.png, card-2.png)")]
DPI = Annotated[int, typer.Option(min=72, max=1000, help="of a PNG page; at 500 a pixel of a print is a pixel of the page")]
JSON = Annotated[bool, typer.Option("--json", help="one JSON document")]


def card(
    file: Annotated[Path, typer.Argument(help="an ANSI/NIST-ITL file")],
    target: OUT,
    dpi: DPI = 500,
    as_json: JSON = False,
) -> None:
    """Draw a ten-print card from a file, FD-249 style: prints at 1:1 on letter paper, then the person and the arrest."""
    draw_card(read_file(file), target, dpi, as_json=as_json)


def draw_card(data: bytes, target: Path, dpi: int, *, as_json: bool) -> None:
    """Writes the pages and says which files they are."""
    import hashlib

    from agent.card.render import pages_png

    if target.suffix.lower() not in (".pdf", ".png"):
        raise UsageError("A card is a PDF or PNG file.", do="Let --out end in .pdf or .png.")
    pdf = asyncio.run(_drawn(data))
    pages = [pdf] if target.suffix.lower() == ".pdf" else pages_png(pdf, dpi)
    names = [target if number == 1 else target.with_stem(f"{target.stem}-{number}") for number in range(1, len(pages) + 1)]
    for name, page in zip(names, pages, strict=True):
        write_file(name, page)
    digest = hashlib.sha256(data).hexdigest()
    if as_json:
        out.print_json(json.dumps({"files": [str(name) for name in names], "sha256": digest}))
    else:
        out.print(f"{', '.join(str(name) for name in names)}: drawn from the file of SHA-256 {digest}", highlight=False, soft_wrap=True)


async def _drawn(data: bytes) -> bytes:
    from agent.card.render import card_pdf
    from agent.workers import Workers

    workers = Workers(2)
    try:
        return await card_pdf(data, workers)
    finally:
        workers.close()


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LivescanError(f"Cannot read {path}: {error.strerror}.") from error


def write_file(path: Path, data: bytes) -> None:
    """On the disk when this returns, readable by this user alone."""
    from agent.store.files import write_durably

    try:
        write_durably(path, data)
    except OSError as error:
        raise LivescanError(f"Cannot write {path}: {error.strerror}.", do="Name another file with --out.") from error
