"""`livescan match A B`: two pictures of fingertips compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from agent.cli.screen import err, out

if TYPE_CHECKING:
    from agent.match.compare import Comparison, Print

WORDS = {2: "one in a hundred", 3: "one in a thousand", 4: "one in ten thousand"}


def match(
    a: Annotated[Path, typer.Argument(help="a fingertip: TIFF, BMP, PNG, PGM, JPEG or WSQ")],
    b: Annotated[Path, typer.Argument(help="another")],
    ppi: Annotated[int, typer.Option(help="resolution of both pictures; what the file says is not believed")] = 500,
    extractor: Annotated[str, typer.Option(help="best, fast or accurate")] = "best",
    draw: Annotated[Path | None, typer.Option(help="a PNG of both prints with the pairs that were found")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """How alike two prints are: a score of 3 is reached by one in a thousand pairs of different fingers. It decides nothing."""
    from agent.bench.match_files import read_picture
    from agent.match.compare import compare, prepare
    from agent.match.extract import at_500, choose, extract

    found, note = choose(extractor)
    if note:
        err.print(note, highlight=False)
    pictures = at_500(read_picture(a), ppi), at_500(read_picture(b), ppi)
    templates = extract(pictures[0], found), extract(pictures[1], found)
    prints = prepare(templates[0]), prepare(templates[1])
    result = compare(*prints)
    if draw:
        import cv2

        from agent.match.draw import draw as drawn

        draw.write_bytes(cv2.imencode(".png", drawn(pictures, prints, result))[1].tobytes())
    _print(prints, result, as_json=as_json)


def _print(prints: tuple[Print, Print], result: Comparison, *, as_json: bool) -> None:
    from agent.match.compare_overlay import shared_area
    from agent.match.extract import usable

    templates = [one.template for one in prints]
    why = next((sentence for sentence in map(usable, templates) if sentence), "")
    laid = result.overlay
    document = {
        "score": result.score,
        "raw": result.raw,
        "extractor": templates[0].extractor,
        "minutiae": [len(one) for one in templates],
        "pairs": len(laid.pairs) if laid else len(result.pairs),
        "shown_by_both_mm2": round(shared_area(*prints, result.pairs) * (16 / 500 * 25.4) ** 2) if laid else 0,
        "meaning": why or meaning(result.score),
    }
    if as_json:
        out.print_json(json.dumps(document))
        return
    table = Table("", "")
    for name, value in document.items():
        table.add_row(name.replace("_", " "), str(value))
    out.print(table)


def meaning(score: float) -> str:
    """One sentence; never that two prints are, or are not, of one finger."""
    decades = min(int(score), 4)
    if decades < 2:
        return "This is often reached by different fingers."
    return f"This is reached by fewer than {WORDS[decades]} pairs of different fingers."
