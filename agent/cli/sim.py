"""`livescan sim`: simulated devices on this machine, what can go wrong with them, and words to those that run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.errors import LivescanError

app = typer.Typer(help="Simulated devices: start one, tell a running one what to do, list the faults.", no_args_is_help=True)

BenchOption = Annotated[
    Path | None, typer.Option("--bench", help="Control socket of the device; without it, the one that runs in the default folder.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document.")]


def bench_folder() -> Path:
    """Where `livescan sim run` puts its sockets: the user's runtime folder."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "livescan-sim" if runtime else Path(f"/tmp/livescan-sim-{os.getuid()}")  # noqa: S108  # mode 0700, checked


@app.command("run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="fap60, uru4500, zfm, pedal, ledpanel; or bridge, to show a device to real libusb.")],
) -> None:
    """Start a simulated device and stay with it. Options are those of `python -m firmware_sim MODEL --help`."""
    more = list(context.args)
    if model != "bridge" and not any(part.startswith("--listen") for part in more):
        more += ["--listen", _own_address(model)]
    os.execv(sys.executable, [sys.executable, "-m", "firmware_sim", model, *more])  # noqa: S606


@app.command("faults")
def faults(
    model: Annotated[str, typer.Option(help="Only those of one model.")] = "",
    as_json: JsonOption = False,
) -> None:
    """What can go wrong, by name."""
    from firmware_sim.faults import FAULTS

    found = [fault for fault in FAULTS if model in fault.models or not model]
    if as_json:
        _print(json.dumps([fault.as_json() for fault in found], indent=2))
        return
    for fault in found:
        parameters = " ".join(f"{one.name}={one.default}" for one in fault.parameters)
        _print(f"{fault.name:22} {fault.sentence} [{', '.join(sorted(fault.models))}]{'  ' + parameters if parameters else ''}")


@app.command("place")
def place(
    what: Annotated[str, typer.Argument(help="right-four, left-thumb, …")], bench: BenchOption = None, as_json: JsonOption = False
) -> None:
    """Lay fingers on the platen; from now on the person obeys the word only."""
    _order({"do": "place", "what": what}, bench, as_json=as_json)


@app.command("fault")
def fault(
    name: Annotated[str, typer.Argument(help="A name from `livescan sim faults`.")],
    values: Annotated[list[str] | None, typer.Argument(help="Parameters, such as at=512 times=2.")] = None,
    bench: BenchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Arm a fault; it happens when its occasion comes."""
    pairs = [value.partition("=") for value in values or []]
    if wrong := next((name for name, equals, _ in pairs if not equals), None):
        raise LivescanError(f"'{wrong}' is no parameter.", do="Write name=value, such as at=512.")
    _order({"do": "fault", "name": name} | {key: value for key, _, value in pairs}, bench, as_json=as_json)


@app.command("tell")
def tell(
    word: Annotated[str, typer.Argument(help="lift, by-itself, unplug, plug, foot, clear, state, quit.")],
    bench: BenchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Any other word."""
    _order({"do": word}, bench, as_json=as_json)


def _word(name: str, text: str) -> None:
    def command(bench: BenchOption = None, as_json: JsonOption = False) -> None:
        _order({"do": name}, bench, as_json=as_json)

    app.command(name, help=text)(command)


_word("lift", "Take the hand away.")
_word("by-itself", "The person again does by itself what the device asks.")
_word("unplug", "Pull the cable.")
_word("plug", "Put it back.")
_word("foot", "Press the foot switch.")
_word("clear", "Take back every armed fault.")
_word("state", "What can be seen at the bench.")
_word("quit", "End the device.")


def _own_address(model: str) -> str:
    folder = bench_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise LivescanError(f"The folder {folder} is not yours alone.", do="Remove it, or name a place with --listen.")
    return f"{'unix' if model in ('fap60', 'uru4500') else 'pty'}:{folder / model}"


def _order(order: dict[str, Any], bench: Path | None, *, as_json: bool) -> None:
    from firmware_sim.hosts.control import ControlError
    from firmware_sim.hosts.control import tell as tell_bench

    try:
        answer = tell_bench(bench or _the_running_one(), order)
    except ControlError as error:
        raise LivescanError(str(error), do="Start one with `livescan sim run`, or name its control socket with --bench.") from error
    if "error" in answer:
        raise LivescanError(str(answer["error"]))
    if "unknown" in answer:
        raise LivescanError(f"The device does not know '{answer['unknown']}'.", do=f"It knows: {', '.join(answer['known'])}.")
    _print(json.dumps(answer) if as_json else _plainly(answer))


def _plainly(answer: dict[str, Any]) -> str:
    state = answer.get("state")
    return "\n".join(f"{key}: {value}" for key, value in state.items()) if isinstance(state, dict) else "done"


def _the_running_one() -> Path:
    found = sorted(bench_folder().glob("*.control")) if bench_folder().is_dir() else []
    if len(found) == 1:
        return found[0]
    names = ", ".join(str(path) for path in found)
    raise LivescanError(
        f"{len(found)} simulated devices run." if found else "No simulated device runs.",
        do=f"Name one with --bench: {names}." if found else "Start one with `livescan sim run`, or name its control socket with --bench.",
    )


def _print(text: str) -> None:
    typer.echo(text)
