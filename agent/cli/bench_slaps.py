"""`livescan bench slaps` and `livescan bench segment`: slaps with the truth about them, and segmentation measured against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import track
from rich.table import Table

from agent.cli.screen import err, out

if TYPE_CHECKING:
    from agent.bench.segment import Measured


def make(
    folder: Annotated[Path, typer.Argument(help="where the images and truth.csv go")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="slaps that are what was asked")] = 500,
    odd: Annotated[int, typer.Option(min=0, max=10_000, help="slaps with a finger too few or too many, or the other hand, in DIR/odd")] = 0,
    people: Annotated[int, typer.Option(min=1, max=200, help="whose hands; 1.6 s each")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="another seed, other people and other placements")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Synthetic slaps with the truth about them, for `bench segment`."""
    from agent.bench.slaps import Kind, make_person, slaps, write_folder

    names = [f"slaps/{seed}/{number}" for number in range(people)]
    grown = [make_person(name) for name in track(names, "growing people", console=err)]
    write_folder(folder, track(slaps(grown, count, seed), "laying hands down", total=count, console=err))
    if odd:
        kinds = (Kind.FEW, Kind.MANY, Kind.OTHER_HAND)
        write_folder(folder / "odd", track(slaps(grown, odd, seed + 1, kinds), "and wrongly", total=odd, console=err))
    if as_json:
        out.print_json(json.dumps({"folder": str(folder), "slaps": count, "odd": odd, "people": people, "seed": seed}))
    else:
        out.print(f"{count} slaps are in {folder}, {odd} odd ones in {folder / 'odd'}.")


def segment(
    folder: Annotated[Path, typer.Argument(help="images, and truth.csv beside them")],
    truth: Annotated[Path | None, typer.Option(help="the truth, where it is not DIR/truth.csv")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Slap segmentation against true boxes: IoU, missed, extra, mislabelled, ms."""
    from agent.bench.figures import machine
    from agent.bench.segment import measure, summary
    from agent.bench.slap_truth import read

    truths = read(truth or folder / "truth.csv")
    results = list(track(measure(folder, truths), "segmenting", total=len(truths), console=err))
    found = summary(results)
    if as_json:
        out.print_json(json.dumps({"bench": "segment", "machine": machine(), **found, "slaps": [_as_json(one) for one in results]}))
    else:
        _print(found)


def _as_json(one: Measured) -> dict[str, object]:
    return {
        "image": one.image,
        "kind": one.kind,
        "iou": [round(share, 3) for share in one.ious],
        "fingers": one.fingers,
        "named": one.named,
        "missed": one.missed,
        "extra": one.extra,
        "mislabelled": one.mislabelled,
        "recognised": one.recognised,
        "other_hand": round(one.other_hand, 3),
        "ms": round(one.ms, 1),
        "cpu_ms": round(one.cpu_ms, 1),
    }


def _print(found: dict[str, Any]) -> None:
    table = Table("", *(str(kind) for kind in found["kinds"]))
    for row in ("slaps", "recognised", "fingers", "found", "found_and_named", "missed", "extra", "mislabelled"):
        table.add_row(row.replace("_", " "), *(str(kind[row]) for kind in found["kinds"].values()))
    for row in ("min", "p5", "median"):
        table.add_row(f"IoU, {row}", *(f"{kind['iou'][row]:.3f}" for kind in found["kinds"].values()))
    out.print(table)
    for what, key in (("by the clock", "segment_ms"), ("of work", "segment_cpu_ms")):
        ms = found[key]
        out.print(f"A slap takes {ms['median']:.1f} ms (median), {ms['p95']:.1f} ms (95 %), {ms['max']:.1f} ms (longest) {what}.")
