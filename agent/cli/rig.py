"""`livescan rig`: scenarios and the conformance suite on simulated and real devices; recordings and their replay."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.errors import LivescanError

if TYPE_CHECKING:
    from agent.rig.conformance.suite import Score
    from agent.rig.outcome import Outcome
    from agent.rig.target import Rung

app = typer.Typer(help="Put devices and drivers to the test: scenarios, driver conformance, recordings.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document.")]
SubjectOption = Annotated[str, typer.Option(help="Who lays the fingers down, where simulated: an ANSI/NIST file, or synthetic:SEED.")]
DeviceOption = Annotated[str | None, typer.Option("--device", help="Real hardware: the serial number of a device that is plugged in.")]
RungOption = Annotated[str, typer.Option("--rung", help="L0 in this process, L1 over loopback, L2 real libusb under umockdev.")]


@app.command("run")
def run(
    scenarios: Annotated[list[str] | None, typer.Argument(help="Files, or names of shipped scenarios; none lists those.")] = None,
    device: DeviceOption = None,
    rung: RungOption = "L1",
    subject: SubjectOption = "synthetic:1",
    alone: Annotated[
        bool, typer.Option("--alone", help="With --device: nobody is at the bench, steps that need a hand are skipped.")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report here: one page that stands by itself.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Play scenarios on a simulated or a real device and measure. Exits with 1 when one failed."""
    from agent.rig.html import page
    from agent.rig.junit import outcomes_xml

    if not scenarios:
        _list_scenarios()
        return
    outcomes = []
    for path in [_scenario(name) for name in scenarios]:
        outcomes.append(_played(path, device, rung, subject, alone=alone))
        if not as_json:
            _tell_outcome(outcomes[-1])
        if junit is not None:
            junit.write_bytes(outcomes_xml(outcomes))
        if html is not None:
            html.write_text(page(outcomes), "utf-8")
    if as_json:
        _print(json.dumps({"outcomes": [outcome.as_json() for outcome in outcomes]}, indent=2))
    if any(outcome.verdict == "failed" for outcome in outcomes):
        raise typer.Exit(1)


@app.command("conformance")
def conformance(
    driver: Annotated[str, typer.Option(help="fap60, uru4500 or zfm.")] = "fap60",
    rung: RungOption = "L1",
    device: DeviceOption = None,
    recording: Annotated[Path | None, typer.Option(help="A recorded device: the folder with `device` and `capture.pcapng`.")] = None,
    subject: SubjectOption = "synthetic:1",
    alone: Annotated[bool, typer.Option("--alone", help="With --device: nobody is at the bench.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a driver everything that the contract promises; its score. Exits with 1 when a case failed."""
    from agent.rig.conformance import ladder, suite
    from agent.rig.junit import score_xml
    from agent.rig.target import Rung, real

    def tell(result: suite.CaseResult) -> None:
        if not as_json:
            _print(f"{result.verdict:8} {result.name:28} {result.seconds:6.2f} s  {result.why}")

    if device is not None:
        score = suite.run(real(device, _asker(alone=alone)), told=tell)
    elif recording is not None:
        score = ladder.climb("uru4500", Rung.RECORDED, subject, recording=recording, told=tell)
    else:
        score = ladder.climb(_driver(driver), _rung(rung), subject, told=tell)
    if junit is not None:
        junit.write_bytes(score_xml([score]))
    _print(json.dumps(score.as_json(), indent=2) if as_json else _score_line(score))
    if score.passed < score.total:
        raise typer.Exit(1)


@app.command("record")
def record(
    folder: Annotated[Path, typer.Argument(metavar="DEVICE_DIR", help="Takes the recording; must not exist.")],
    device: Annotated[str, typer.Option("--device", help="Serial number of the device that is plugged in.")],
    seconds: Annotated[int, typer.Option(min=5, max=600, help="For how long.")] = 30,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before beginning.")] = False,
) -> None:
    """Record a device's USB traffic while one finger is taken (root; umockdev, tcpdump, the kernel's usbmon)."""
    from agent.rig import record as recorder

    _print(recorder.WARNING)
    if not yes and not typer.confirm("Begin?"):
        raise typer.Exit(1)
    recorder.record(folder, device, seconds, _print)


@app.command("replay")
def replay(
    folder: Annotated[Path, typer.Argument(metavar="DEVICE_DIR", help="A recorded device.")],
    out: Annotated[Path | None, typer.Option(help="Write the picture here, as PNG.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Take the recorded finger with our driver, its traffic played back below real libusb; compare with capture.png beside it."""
    from agent.rig.replay import replay as play

    replayed = play(folder, out)
    if as_json:
        _print(json.dumps(replayed.as_json()))
    else:
        _print(replayed.sentence)
    if replayed.equal is False:
        raise typer.Exit(1)


def _played(path: Path, device: str | None, rung: str, subject: str, *, alone: bool) -> Outcome:
    from agent.rig.stage import play, play_real

    return play(path, _rung(rung), subject) if device is None else play_real(path, device, _asker(alone=alone))


def _asker(*, alone: bool) -> Callable[[str], None] | None:
    """Puts a sentence to the person at the bench and waits for Enter; None where nobody is."""
    if alone or not sys.stdin.isatty():
        return None
    return _asked


def _asked(sentence: str) -> None:
    typer.prompt(f"{sentence} Then press Enter", default="", show_default=False, prompt_suffix=". ")


def _scenario(name: str) -> Path:
    path = Path(name)
    shipped = _shipped() / f"{name}.toml"
    if path.is_file():
        return path
    if shipped.is_file():
        return shipped
    raise LivescanError(f"There is no scenario '{name}'.", do="`livescan rig run` without a name lists those that are shipped.")


def _shipped() -> Path:
    from agent.settings import config_dir

    return config_dir() / "scenarios"


def _list_scenarios() -> None:
    from agent.rig.stage import read

    for path in sorted(_shipped().glob("*.toml")):
        scenario = read(path)
        _print(f"{path.stem:26} {scenario.model:8} {scenario.sentence}")


def _rung(name: str) -> Rung:
    from agent.rig.target import Rung

    if name not in ("L0", "L1", "L2"):
        raise LivescanError(f"'{name}' is no rung to choose here.", do="L0, L1 or L2; L4 is --device; docs/rig.md tells of L3.")
    return Rung(name)


def _driver(name: str) -> str:
    from agent.rig.target import SERIALS

    if name not in SERIALS:
        raise LivescanError(f"There is no driver '{name}'.", do=f"There are: {', '.join(SERIALS)}.")
    return name


def _tell_outcome(outcome: Outcome) -> None:
    _print(f"{outcome.verdict:8} {outcome.name} ({outcome.rung}, {outcome.seconds:.1f} s) {outcome.why}")
    for one in outcome.measurements:
        limit = "" if one.limit is None else f"  limit {one.limit:g}{'' if one.passed else '  EXCEEDED'}"
        _print(f"           {one.name:16} {one.value:10.4g} {one.quantity.unit}{limit}")


def _score_line(score: Score) -> str:
    return f"{score.driver} on {score.rung}: {score.passed} of {score.total} cases passed, {score.skipped} skipped"


def _print(text: str) -> None:
    typer.echo(text)
