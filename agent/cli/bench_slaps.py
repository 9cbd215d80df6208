"""What `livescan bench slaps` and `livescan bench segment` do and print."""

from __future__ import annotations

import json
from pathlib import Path

from rich.progress import track
from rich.table import Table

from agent.bench.figures import machine
from agent.bench.segment import Measured, measure, summary
from agent.bench.slap_truth import read
from agent.cli.screen import err, out


def make(folder: Path, count: int, odd: int, people: int, seed: int, *, as_json: bool) -> None:
    """Write slaps; ordinary ones first, then odd ones."""
    from agent.bench.slaps import Kind, make_person, slaps, write_folder

    names = [f"slaps/{seed}/{number}" for number in range(people)]
    grown = [make_person(name) for name in track(names, "growing people", console=err)]
    write_folder(folder, track(slaps(grown, count, seed), "laying hands down", total=count, console=err))
    if odd:
        kinds = (Kind.FEW, Kind.MANY, Kind.OTHER_HAND)
        write_folder(folder / "odd", track(slaps(grown, odd, seed + 1, kinds), "and wrongly", total=odd, console=err))
    made = {"folder": str(folder), "slaps": count, "odd": odd, "people": people, "seed": seed}
    if as_json:
        out.print_json(json.dumps(made))
    else:
        out.print(f"{count} slaps are in {folder}, {odd} odd ones in {folder / 'odd'}.")


def segment(folder: Path, truth: Path | None, *, as_json: bool) -> None:
    """Measure and print. Raises LivescanError when the truth or an image cannot be read."""
    truths = read(truth or folder / "truth.csv")
    results = list(track(measure(folder, truths), "segmenting", total=len(truths), console=err))
    if as_json:
        slaps = [_as_json(one) for one in results]
        out.print_json(json.dumps({"bench": "segment", "machine": machine(), **summary(results), "slaps": slaps}))
    else:
        _print(results)


def _as_json(one: Measured) -> dict[str, object]:
    ious = [round(share, 3) for share in one.ious]
    numbers = {"fingers": one.fingers, "named": one.named, "missed": one.missed, "extra": one.extra, "mislabelled": one.mislabelled}
    return {
        "image": one.image,
        "kind": one.kind,
        "iou": ious,
        **numbers,
        "recognised": one.recognised,
        "other_hand": round(one.other_hand, 3),
        "ms": round(one.ms, 1),
    }


def _print(results: list[Measured]) -> None:
    found = summary(results)
    table = Table("", *(str(kind) for kind in found["kinds"]))
    rows = ("slaps", "recognised", "fingers", "found", "found_and_named", "missed", "extra", "mislabelled")
    for row in rows:
        table.add_row(row.replace("_", " "), *(str(kind[row]) for kind in found["kinds"].values()))
    for row in ("min", "p5", "median"):
        table.add_row(f"IoU, {row}", *(f"{kind['iou'][row]:.3f}" for kind in found["kinds"].values()))
    out.print(table)
    ms = found["segment_ms"]
    out.print(f"{ms['median']:.1f} ms a slap (median), {ms['p95']:.1f} ms (95 %), {ms['max']:.1f} ms (longest)")
