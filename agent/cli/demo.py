"""`livescan demo`: the screen of the unattended booking, and its JSON document."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.screen import err, out
from agent.errors import LivescanError, UsageError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_WORDS = {
    "keys": "Making a training CA, station and bureau",
    "scanner": "Simulated FAP-60 scanner: {subject}",
    "broker": "Starting the broker (MQTT over mutual TLS)",
    "bureau": "Starting the bureau in miniature",
    "agent": "Starting core and uplink",
    "opened": "Booking {booking}",
    "captured": "All prints taken",
    "checked": "CAR built, re-opened, checked, every image decoded",
    "sealed": "Sealed for the bureau",
    "handed_over": "Handed over to the uplink",
    "queued": "Queued on disk",
    "sent": "Sent, every chunk taken by the broker",
    "received": "The bureau's signed receipt is verified",
    "sre": "SRE received: the FBI's answer to the submission",
    "idr": "IDR received: the answer of the search of DHS records",
}


def demo(
    once: Annotated[bool, typer.Option("--once", help="one booking, then end (the only way the demo runs)")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout; progress stays on stderr")] = False,
    subject: Annotated[str, typer.Option(help="an ANSI/NIST file, or synthetic:SEED")] = "synthetic:1",
    missing: Annotated[
        list[str] | None, typer.Option(help="a finger said to be missing, FINGER=XX (amputated) or =UP; may be repeated")
    ] = None,
    keep: Annotated[Path | None, typer.Option("--out", help="keep the CAR, the envelope and the training bureau's key here")] = None,
    speed: Annotated[float, typer.Option(min=0.05, max=100.0, help="how fast the simulated person moves; 1 is a person's pace")] = 2.0,
) -> None:
    """One booking from the scanner's USB frames to the bureau's signed reply, unattended."""
    from agent.training.demo import DemoFailed

    del once
    try:
        document, account = _run(_subject(subject), _missing(missing or []), speed, keep)
    except DemoFailed as failure:
        _failed(failure.step, failure.what, failure.means, failure.do, as_json=as_json)
        raise typer.Exit(1) from None
    except LivescanError as error:
        _failed("start", error.what, error.means, error.do, as_json=as_json)
        raise typer.Exit(error.exit_code) from None
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        _print(document, account)
        if keep is not None:
            out.print(f"Kept in {keep}: {', '.join(sorted(path.name for path in keep.iterdir()))}. One is a private key.", highlight=False)
    if not document["ok"]:
        raise typer.Exit(1)


def _run(subject: str, missing: dict[str, str], speed: float, keep: Path | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and the core's account. Raises DemoFailed, UsageError, LivescanError."""
    from agent.training.demo import Demo
    from agent.training.demo_report import keep_files, report
    from agent.training.workplace import workplace

    if keep is not None:
        _writable(keep)
    screen = _Screen()
    try:
        with workplace() as site:
            account = Demo(site, screen.show, missing).run(subject, speed)
            document = report(site, account, screen.planned)
            if keep is not None:
                keep_files(site, account, keep)
            return document, account
    finally:
        screen.close()


def _subject(said: str) -> str:
    if said.startswith("synthetic:"):
        return said
    if not Path(said).is_file():
        raise UsageError(f"There is no file {said}.", do="Give an ANSI/NIST file of a whole ten-print card, or synthetic:SEED.")
    return str(Path(said).resolve())


def _writable(folder: Path) -> None:
    """Found out before half a minute of work, not after. Raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"Cannot write to {folder}: {error.strerror}.", do="Name another folder with --out.") from error


def _missing(said: list[str]) -> dict[str, str]:
    """Finger to AMP code, of words such as 9=XX. Raises UsageError."""
    pairs = dict(one.split("=", 1) for one in said if "=" in one)
    if len(pairs) != len(said) or not all(finger in _FINGERS and code in ("XX", "UP") for finger, code in pairs.items()):
        raise UsageError("--missing takes a finger from 1 to 10 and XX or UP, such as 9=XX.")
    return pairs


_FINGERS = frozenset(str(number) for number in range(1, 11))


class _Screen:
    """Progress on stderr: a live bar in a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self.planned = 0  # impressions of the booking, known with the first
        self._progress: Progress | None = None
        self._bar: TaskID | None = None
        if err.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as RichProgress

            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = RichProgress(*columns, console=err, transient=True)
            self._progress.start()

    def show(self, kind: str, what: Mapping[str, Any]) -> None:
        if kind == "subject":
            self._advance("Growing a synthetic person", int(what.get("done", 0)), int(what.get("of", 10)))
        elif kind == "impression":
            self._impression(what)
        elif kind == "advice":
            self._line(f"  {what['sentence']}")
        elif kind in _WORDS:
            self._line(_WORDS[kind].format_map({"subject": "", "booking": "", **what}))

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _impression(self, what: Mapping[str, Any]) -> None:
        self.planned = int(what["of"])
        scores = ", ".join(str(score) for score in what["nfiq2"].values())
        quality = f"NFIQ 2 {scores}" if scores else "in order"
        quality += " (below the threshold, taken with a reason)" if what["override"] else ""
        self._line(f"  {what['words']:<22} {what['kind']:<7} {what['width']:>4} x {what['height']:<4} {quality}")
        self._advance("Taking prints", int(what["number"]), int(what["of"]))

    def _advance(self, words: str, done: int, of: int) -> None:
        if self._progress is None:
            if words != "Taking prints":
                self._line(f"  {words}: {done} of {of}")
            return
        if self._bar is None:
            self._bar = self._progress.add_task(words, total=of)
        self._progress.update(self._bar, description=words, completed=done, total=of)

    def _line(self, text: str) -> None:
        err.print(text, markup=False, highlight=False)


def _failed(step: str, what: str, means: str, do: str, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"ok": False, "failed_step": step, "what": what, "means": means, "do": do}) + "\n")
    where = "The demo did not start" if step == "start" else f"The demo failed at step '{step}'"
    err.print(f"{where}: {what} {means} {do}".strip(), style="red", markup=False, highlight=False)


def _print(document: Mapping[str, Any], account: dict[str, Any]) -> None:
    from rich.table import Table

    from agent.cli.booking import thread_table

    prints = Table("FGP", "position", "kind", "pixels", "NFIQ 2", "PSNR dB", title="Impressions", title_justify="left")
    for row, said in zip(document["impressions"], account["impressions"], strict=True):
        scores = " ".join(str(score) for score in row["nfiq2"].values())
        scores += " *" if said["override"] else ""
        prints.add_row(str(row["fgp"]), said["words"], row["kind"], f"{row['width']} x {row['height']}", scores, f"{row['psnr_db']:.1f}")
    out.print(prints)
    if any(said["override"] for said in account["impressions"]):
        out.print("* below the threshold on every attempt; the best was taken, with that reason on record.", highlight=False)
    out.print(thread_table(account))
    out.print("The scanner is simulated: not FBI Appendix F certified. A reply decides nothing; a person reads it.", style="dim")
