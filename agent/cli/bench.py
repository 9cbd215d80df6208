"""`livescan bench`: figures with their peer in the same run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from agent.cli import bench_advice, bench_gallery, bench_match, bench_power, bench_slaps
from agent.cli.screen import err, out
from agent.errors import UsageError

if TYPE_CHECKING:
    from agent.bench.figures import Figure

app = typer.Typer(help="Speed, measured beside a peer in the same run.", no_args_is_help=True)


@app.callback()
def _bench() -> None:
    """Speed, measured beside a peer in the same run."""


@app.command("demo")
def demo(
    runs: Annotated[int, typer.Option(min=1, max=50, help="counted runs, after one that is not counted")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Start-up of `livescan run` to ready, and the whole demo."""
    from agent.bench.demo import measure

    _print("demo", measure(runs, lambda text: err.print(text, highlight=False)), as_json=as_json)


@app.command("service")
def service(
    runs: Annotated[int, typer.Option(min=1, max=50, help="counted starts, after one that is not counted")] = 5,
    idle: Annotated[float, typer.Option(min=1.0, max=600.0, help="seconds over which processor time is taken")] = 30.0,
    package: Annotated[Path | None, typer.Option("--deb", help="the Debian package, for its size")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """What a station costs that waits: time to ready, memory with and without workers, processor time, the package's size."""
    from agent.bench.service import measure

    if package is not None and not package.is_file():
        raise UsageError(f"There is no file {package}.", do="`make deb` builds it.")
    _print("service", measure(runs, idle, package, lambda text: err.print(text, highlight=False)), as_json=as_json)


@app.command("kiosk")
def kiosk(as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False) -> None:
    """The kiosk in Debian's Chromium: age and rate of the live pictures, first paint of each page, what the first load weighs."""
    from agent.bench.kiosk import measure

    figures = measure(lambda text: err.print(text, highlight=False))
    if as_json:
        out.print_json(json.dumps(figures))
        return
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, str(value))
    out.print(table)


@app.command("stations")
def stations(
    count: Annotated[int, typer.Option(min=1, max=18_000, help="stations on one mosquitto")] = 5000,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """A connection storm of many stations on one mosquitto, twice; the broker's memory and idle CPU; a reply to each."""
    from agent.bench.stations import measure

    figures = measure(count, lambda text: err.print(text, highlight=False))
    if as_json:
        out.print_json(json.dumps(figures))
        return
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, str(value))
    out.print(table)


@app.command("casework")
def casework(
    cases: Annotated[int, typer.Option(min=1000, max=1_000_000, help="cases, ten events each")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Thread, list of what is open, start, and a reply to its case, with years of cases."""
    from agent.bench.casework import measure

    _print("casework", measure(cases, lambda text: err.print(text, highlight=False)), as_json=as_json)


@app.command("nist")
def nist(
    runs: Annotated[int, typer.Option(min=1, max=50, help="counted runs, after one that is not counted")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Reading, writing, checking, compressing and sealing a fourteen-image CAR."""
    from agent.bench.nist import measure

    _print("nist", measure(runs, lambda text: err.print(text, highlight=False)), as_json=as_json)


@app.command("submission")
def submission(
    runs: Annotated[int, typer.Option(min=1, max=200, help="counted runs, after one that is not counted")] = 20,
    file: Annotated[Path | None, typer.Option(help="an ANSI/NIST file of one's own, for its prints; without it they are drawn")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Encoding, building, checking, sealing and drawing a booking of fourteen prints."""
    from agent.bench.submission import measure

    _print("submission", measure(runs, file, lambda text: err.print(text, highlight=False)), as_json=as_json)


@app.command("delivery")
def delivery(
    transactions: Annotated[int, typer.Option(min=1, max=1_000_000, help="of the run through troubles")] = 200,
    seed: Annotated[int, typer.Option(help="of the troubles")] = 1,
    each: Annotated[int, typer.Option(min=10, max=10_000, help="transactions of 1 MB for each latency figure")] = 100,
    backlog: Annotated[int, typer.Option(min=1, max=100_000, help="bookings that are queued at the second start-up")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Accept, receipt, drain beside raw paho, start-up with a backlog; and a run through kills, cuts, slow lines and full disks."""
    from agent.bench.delivery import measure
    from agent.bench.delivery_chaos import ChaosSettings

    say = lambda text: err.print(text, highlight=False)  # noqa: E731
    result = measure(ChaosSettings(transactions, seed), say, each=each, backlog=backlog)
    if as_json:
        out.print_json(json.dumps(result))
        return
    table = Table("figure", "value")
    for name, value in result.items():
        table.add_row(name, str(value))
    out.print(table)


app.command("match")(bench_match.match)
app.command("gallery")(bench_gallery.gallery)
app.command("advice")(bench_advice.advice)
app.command("slaps")(bench_slaps.make)
app.command("segment")(bench_slaps.segment)
app.command("power-cuts")(bench_power.power_cuts)


def _print(bench: str, figures: Sequence[Figure], *, as_json: bool) -> None:
    from agent.bench.figures import document

    if as_json:
        out.print_json(json.dumps(document(bench, figures)))
        return
    table = Table("figure", "median", "min", "max", "target")
    for figure in figures:
        target = "" if figure.target is None else f"{figure.target:g} {figure.unit}"
        values = (f"{value:.2f} {figure.unit}" for value in (figure.median, min(figure.values), max(figure.values)))
        table.add_row(figure.what, *values, target)
    out.print(table)


@app.command("usb")
def usb(
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="of full-size preview on each rung")] = 60.0,
    rung: Annotated[list[str] | None, typer.Option(help="L0, L1, L2; may be repeated; without it all of them")] = None,
    subject: Annotated[str, typer.Option(help="who lies on the platen: an ANSI/NIST file, or synthetic:SEED")] = "synthetic:1",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Full-size preview, control round trip, bulk speed and unplug, on each rung of the ladder."""
    from agent.bench.usb import KEYS, PROTOTYPES, table
    from agent.errors import LivescanError
    from agent.rig.target import Rung

    names = rung or ["L0", "L1", "L2"]
    if unknown := [name for name in names if name not in {str(one) for one in Rung}]:
        raise LivescanError(f"There is no rung '{unknown[0]}'.", do="There are L0, L1 and L2.")
    found = table([Rung(name) for name in names], seconds, subject, lambda text: err.print(text, highlight=False))
    if as_json:
        out.print_json(json.dumps(found))
        return
    shown = Table("rung", *KEYS, "prototype: control", "prototype: bulk", "note")
    for name, row in found["rungs"].items():
        before = PROTOTYPES.get(name)
        peer = (f"{before.control_us:.0f} us", f"{before.bulk_mb_s:.0f} MB/s") if before else ("", "")
        shown.add_row(name, *(f"{row[key]:.1f}" if key in row else "" for key in KEYS), *peer, row.get("not_run", ""))
    out.print(shown)


@app.command("capture")
def capture(
    runs: Annotated[int, typer.Option(min=1, max=20, help="bookings of one synthetic person")] = 3,
    subject: Annotated[str, typer.Option(help="who is booked: synthetic:SEED, or the ANSI/NIST file of a card")] = "synthetic:1",
    speed: Annotated[float, typer.Option(min=0.05, max=100.0, help="how fast the person moves; 1 is a person's pace")] = 2.0,
    ppi: Annotated[int, typer.Option(help="of the scanner's prints: 500, or 1000, sent as Type-14 with JPEG 2000")] = 500,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Verdicts, machine time and memory of a cooperative synthetic booking on a whole training site. A minute for each booking."""
    from agent.bench.capture import TARGETS, measure

    if ppi not in (500, 1000):
        raise UsageError(f"{ppi} ppi is no resolution of prints.", do="Give 500 or 1000.")
    found = measure(runs, subject, speed, lambda text: err.print(text, highlight=False), ppi=ppi)
    if as_json:
        out.print_json(json.dumps(found))
        return
    table = Table("figure", "measured", "target")
    for name, value in found.items():
        table.add_row(name, f"{value:g}", f"{TARGETS[name]:g}")
    out.print(table)


@app.command("roll")
def roll(
    people: Annotated[int, typer.Option(min=1, max=50, help="synthetic people, ten fingers each")] = 1,
    draw: Annotated[Path | None, typer.Option(help="a folder for pictures: composed rolls with their seams, and the figures")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Rolls composed from raw frames beside two peers; injected faults; good rolls without alarm. Three minutes a person."""
    from agent.bench.roll import draw_into, measure

    found = measure(people, lambda text: err.print(text, highlight=False))
    if draw is not None:
        draw_into(draw, found)
    if as_json:
        out.print_json(json.dumps(found))
        return
    _print_rolls(found)


def _print_rolls(found: dict[str, Any]) -> None:
    prints = Table(
        "roll", "method", "displaced, ridges: median", "p95", "worst print", "PSNR dB", "near pairs", "minutiae", "ms of a core a frame"
    )
    for row in found["prints"]:
        if row["windows"]:
            ridges = (f"{row[f'displaced_ridges_{key}']:.3f}" for key in ("p50", "p95", "p95_worst_print"))
            figures = (*ridges, f"{row['psnr_db_median']:.1f}")
        else:
            figures = ("", "", "", "")
        pairs = (str(row["near_pairs"]), str(row["minutiae"])) if row["minutiae"] else ("", "")
        speed = "" if row["ms_per_frame_median"] is None else f"{row['ms_per_frame_median']:.1f}"
        prints.add_row(row["situation"], row["method"], *figures, *pairs, speed)
    faults = Table("injected", "trials", "named", "nothing else said", "said")
    for one in found["faults"]:
        said = ", ".join(f"{kind} {count}" for kind, count in one["said"].items())
        faults.add_row(one["cause"], str(one["trials"]), str(one["named"]), str(one["nothing_else_said"]), said)
    alarms = Table("good roll", "trials", "rolls with a false alarm", "said")
    for one in found["good_rolls"]:
        said = ", ".join(f"{kind} {count}" for kind, count in one["said"].items())
        alarms.add_row(one["roll"], str(one["trials"]), str(one["rolls_with_alarm"]), said)
    for table in (prints, faults, alarms):
        out.print(table)
