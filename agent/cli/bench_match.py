"""`livescan bench match`: accuracy of the matcher on folders of labelled fingertips."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from agent.cli.screen import err, out
from agent.errors import UsageError

if TYPE_CHECKING:
    from agent.bench.match import Result, Tell


def match(
    folders: Annotated[list[Path], typer.Argument(help="folders of pictures named F_I.ext: finger F, impression I; pooled")],
    ppi: Annotated[list[int] | None, typer.Option(help="resolution of the pictures; once, or once for each folder; 500 without it")] = None,
    extractor: Annotated[str, typer.Option(help="best, fast or accurate")] = "best",
    peer: Annotated[str, typer.Option(help="nbis: MINDTCT and BOZORTH3 on the same pairs")] = "",
    calibrate: Annotated[bool, typer.Option("--calibrate", help="also write which raw score stands for which false match rate")] = False,
    to: Annotated[Path, typer.Option("--out", help="where scores and plot are written")] = Path("bench-match"),
    synthetic: Annotated[
        int, typer.Option(min=0, help="first fill the one folder with this many synthetic fingers on each of four sensors")
    ] = 0,
    impressions: Annotated[int, typer.Option(min=2, max=20, help="of each synthetic finger")] = 6,
    conditions: Annotated[
        str, typer.Option(help="of synthetic prints: counter, or one thing made worse: turned, overlap, faint, moisture, bent")
    ] = "counter",
    across: Annotated[bool, typer.Option("--across", help="different fingers of different folders are impostors too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Error rates with 95 % intervals, DET plot and scores; impressions of a finger against each other, fingers within a folder."""
    from agent.bench import match as bench
    from agent.bench import match_peer
    from agent.bench.match_files import read_folders, together
    from agent.match.extract import choose

    if peer not in {"", match_peer.NAME}:
        raise UsageError(f"There is no peer '{peer}'.", do="There is nbis.")
    _, note = choose(extractor)
    if note:
        err.print(note, highlight=False)
    with _progress() as tell:
        if synthetic:
            folders, ppi = _synthetic(folders, (synthetic, impressions), conditions, tell)
        read = read_folders(folders, ppi or [500])
        compared = [together(read)] if across else read
        results = [bench.measure(compared, extractor, tell)]
        if peer:
            results.append(match_peer.measure(compared, tell))
    _write(to, results)
    document = _document(results, note)
    if calibrate:
        document["calibration"] = _calibrate(to, results[0])
    if as_json:
        out.print_json(json.dumps(document))
    else:
        _print(results, to, sum(one.left_out for one in read))


@contextmanager
def _progress() -> Iterator[Tell]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks or progress.tasks[tasks[what]].finished:
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done, total=of)

        yield tell


def _synthetic(folders: list[Path], number: tuple[int, int], conditions: str, tell: Tell) -> tuple[list[Path], list[int]]:
    from agent.bench.match_prints import CONDITIONS, write_prints

    if len(folders) != 1:
        raise UsageError("Synthetic prints go into one folder.", do="Name one folder; it gets a folder for each sensor.")
    if conditions not in CONDITIONS:
        raise UsageError(f"There are no conditions '{conditions}'.", do=f"There are {', '.join(CONDITIONS)}.")
    made = write_prints(folders[0], folders[0].name, *number, lambda done, of: tell("fingers", done, of), conditions=conditions)
    return made, [sensor.ppi for sensor in CONDITIONS[conditions]]


def _document(results: list[Result], note: str) -> dict[str, Any]:
    document = {**results[0].as_json(), "note": note}
    if len(results) > 1:
        document["peer"] = results[1].as_json()
    return document


def _write(to: Path, results: list[Result]) -> None:
    """Scores as CSV, DET plot as PNG, both for every matcher of the run."""
    from agent.bench.match_plot import write_det

    to.mkdir(parents=True, exist_ok=True)
    for result in results:
        with (to / f"scores-{result.matcher}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("folder", "a", "b", "same_finger", "score"))
            for a, b, score in result.pairs:
                rows.writerow((a.path.parent.name, a.path.name, b.path.name, int(a.finger == b.finger), f"{score:.4f}"))
    write_det(to / "det.png", {result.matcher: result.curve for result in results})


def _calibrate(to: Path, result: Result) -> dict[str, Any]:
    from agent.bench.match_calibration import calibrate

    found = calibrate(result)
    (to / "calibration.json").write_text(json.dumps(found, indent=1) + "\n")
    return found


def _print(results: list[Result], to: Path, left_out: int) -> None:
    from agent.bench.match_rates import rates

    table = Table("", *(result.matcher for result in results))
    table.add_row("genuine, impostor", *(f"{len(r.scores.genuine)}, {len(r.scores.impostor)}" for r in results))
    table.add_row("EER", *(_share(rates(r.curve).eer, r.interval.eer) for r in results))
    for n, name in enumerate(("FNMR at FMR 1e-2", "FNMR at FMR 1e-3", "FNMR at FMR 1e-4")):
        table.add_row(name, *(_share(rates(r.curve).fnmr[n], r.interval.fnmr[n]) for r in results))
    table.add_row("CPU of a template", *(f"{r.template_ms:.0f} ms" for r in results))
    table.add_row("comparisons a second and core", *(f"{r.comparisons_s:.0f}" for r in results))
    table.add_row("prints that show too little", *(str(len(r.unusable)) for r in results))
    out.print(table)
    out.print(
        f"Scores and plot: {to}. " + (f"{left_out} files are not named F_I.ext and were left out." if left_out else ""), highlight=False
    )


def _share(value: float, spread: tuple[float, float]) -> str:
    return f"{100 * value:.2f} % ({100 * spread[0]:.2f} to {100 * spread[1]:.2f})"
