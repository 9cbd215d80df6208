"""`livescan fleet send`, `fleet keys`: what an administrator asks of one station, and with which keys."""

from __future__ import annotations

import json
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import fleet
from agent.cli.screen import err, out
from agent.errors import UsageError

if TYPE_CHECKING:
    from agent.fleet.command import Answer

app = fleet.app  # one command group, in two files


class Asked(StrEnum):
    HEALTH = "health"
    DIAGNOSTICS = "diagnostics"
    RELOAD = "reload"
    RENEW = "renew"
    DRAIN = "drain"


@app.command("send")
def send(
    station: Annotated[str, typer.Argument(help="the station's id")],
    command: Annotated[Asked, typer.Argument(help="what is asked of it")],
    broker: fleet.BROKER,
    keys: Annotated[Path, typer.Option("--key", help="your folder of keys, as `livescan fleet keys` makes it")],
    minutes: Annotated[int, typer.Option(min=0, max=240, help="drain: how long no booking is opened; 0: open them again")] = 60,
    target: Annotated[Path | None, typer.Option("--out", help="diagnostics: where the bundle goes, a .tar.gz")] = None,
    holds: Annotated[int, typer.Option(min=30, max=86_400, help="seconds for which the command holds")] = 600,
    within: Annotated[float, typer.Option(min=1, max=3600, help="seconds to wait for the answer")] = 150.0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Ask one station for one thing, signed; it decides for itself. Ends with 1 when it refuses or fails, 75 when nothing is answered."""
    from agent.clock import SystemClock
    from agent.delivery import topics
    from agent.fleet.asking import Administrator, ask, made

    if not topics.STATION.fullmatch(station):
        raise UsageError(f"'{station}' is no station id.", do="Use 1 to 13 letters, digits and hyphens, like LS-0001.")
    if command is Asked.DIAGNOSTICS and target is None:
        raise UsageError("A bundle needs a place.", do="Name a file with --out.")
    who, clock = Administrator.load(keys), SystemClock()
    own = keys / "administrator"
    link = fleet.link_of(broker, keys / "ca" / "ca.crt", own / "tls.crt", own / "tls.key", None)
    asked = made(station, command.value, who, clock.now(), holds=timedelta(seconds=holds), minutes=minutes if command is Asked.DRAIN else 0)
    err.print(f"{station} is asked for {command.value}, number {asked.number}.", highlight=False)
    answer = ask(link, asked, who, clock.now, within=within)
    _keep(target, answer)
    _tell(answer, as_json=as_json)


@app.command("keys")
def keys_of(
    folder: Annotated[Path, typer.Option("--dir", help="your folder of keys")],
    name: Annotated[str, typer.Option(help="make keys for this name, ADMIN-1 say")] = "",
    organisation: Annotated[str, typer.Option(help="O of the subject")] = "",
    training: Annotated[Path | None, typer.Option(help="certify them by the training authority in this folder of keys")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """An administrator's keys: make them and their requests, or show the fingerprint that stations must name."""
    from agent.clock import SystemClock
    from agent.fleet.administrator_keys import fingerprint, make_requests
    from agent.signing.training_keys import add_administrator

    if name and training is None:
        written = [str(path) for path in make_requests(folder, name, organisation)]
        first = "Have these certified by the stations' authority; its answers go beside them as signing.crt, opening.crt and tls.crt:"
        last = f"The authority's own certificate goes to {folder / 'ca' / 'ca.crt'}."
        _say({"requests": written}, [first, *written, last], as_json=as_json)
        return
    if name and training is not None:
        add_administrator(training, name=name, into=folder, clock=SystemClock())
    shown = fingerprint(folder)
    lines = ["Where stations are to heed it, in their settings:", "[fleet]", f'administrators = ["{shown}"]']
    _say({"fingerprint": shown}, lines, as_json=as_json)


def _say(told: dict[str, object], lines: list[str], *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(told))
        return
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)


def _keep(target: Path | None, answer: Answer) -> None:
    if target is None or not answer.bundle:
        return
    try:
        target.write_bytes(answer.bundle)
    except OSError as error:
        raise UsageError(f"Cannot write {target}: {error.strerror}.", do="Name another file with --out.") from error


def _tell(answer: Answer, *, as_json: bool) -> None:
    from agent.fleet.command import Outcome

    if as_json:
        told = {"station": answer.station, "number": answer.number, "command": answer.name, "at": answer.at.isoformat()}
        out.print_json(json.dumps({**told, "outcome": answer.outcome.value, "words": answer.words, "facts": dict(answer.facts)}))
    else:
        out.print(f"{answer.station}: {answer.outcome.value}: {answer.words}", highlight=False, markup=False, soft_wrap=True)
        for key, value in answer.facts.items():
            out.print(f"  {key}: {value}", highlight=False, markup=False, soft_wrap=True)
    if answer.outcome is not Outcome.DONE:
        raise typer.Exit(1)
