"""The entry: one place where an error becomes a sentence and an exit code. No traceback reaches a user."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import metadata
from typing import Annotated

import typer

from agent.cli import (
    audit,
    bench,
    booking_capture,
    broker,
    card,
    case_oversight,
    demo,
    devices,
    doctor,
    fleet_commands,
    gallery,
    inbox,
    keys_enrol,
    kiosk,
    match,
    nist,
    officer,
    program,
    queue,
    reload,
    retention,
    rig,
    service,
    sim,
    station,
)
from agent.cli.screen import reader_gone
from agent.errors import LivescanError

app = typer.Typer(
    name="livescan",
    help="Edge agent of a booking station: captures ten-prints, seals them for the state bureau, shows the replies.",
    invoke_without_command=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command("demo")(demo.demo)
app.command("kiosk")(kiosk.kiosk)
app.command("devices")(devices.devices)
app.command("run")(service.run)
app.command("core")(service.core)
app.command("uplink")(service.uplink)
app.command("bureau")(service.bureau)
app.command("card")(card.card)
app.command("init")(station.init)
app.command("check")(station.check)
app.command("idle")(station.idle)
app.command("reload")(reload.reload)
app.command("doctor")(doctor.doctor)
app.command("diagnostics")(doctor.diagnostics)
app.command("sign-in")(officer.sign_in)
app.command("sign-out")(officer.sign_out)
app.command("password")(officer.password)
app.command("match")(match.match)
app.add_typer(queue.app, name="queue")
app.add_typer(inbox.app, name="inbox")
app.add_typer(case_oversight.app, name="case")  # one group, in four files
app.add_typer(booking_capture.app, name="booking")
app.add_typer(nist.app, name="nist")
app.add_typer(keys_enrol.app, name="keys")  # one group, in two files
app.add_typer(broker.app, name="broker")
app.add_typer(audit.app, name="audit")
app.add_typer(fleet_commands.app, name="fleet")  # one group, in two files
app.add_typer(gallery.app, name="gallery")
app.add_typer(officer.app, name="officer")
app.add_typer(program.app, name="program")
app.add_typer(retention.app, name="retention")
app.add_typer(bench.app, name="bench")
app.add_typer(sim.app, name="sim")
app.add_typer(rig.app, name="rig")


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", help="print the version and end")] = False) -> None:
    if version:
        typer.echo(f"livescan-agent {metadata.version('livescan-agent')}")
        raise typer.Exit


def main() -> None:
    """Run the command line; exits with 0, with the error's own code, or with 70 (sysexits EX_SOFTWARE) on a fault of ours."""
    os.umask(0o077)  # what any of our processes writes is its owner's alone
    try:
        app()
    except LivescanError as error:
        _say(error.what, error.means, error.do)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say("Stopped.")
        sys.exit(130)  # 128 + SIGINT, as a shell says it
    except BrokenPipeError:
        reader_gone()
    except Exception as error:
        if _says_all_three(error):  # a driver's error: drivers know nothing of the agent, and the uplink nothing of drivers
            _say(*(str(getattr(error, part)) for part in _SENTENCES))
            sys.exit(69)  # sysexits EX_UNAVAILABLE
        _say_fault(error)
        sys.exit(70)  # sysexits EX_SOFTWARE


_SENTENCES = ("what", "means", "do")


def _says_all_three(error: Exception) -> bool:
    return all(isinstance(getattr(error, part, None), str) for part in _SENTENCES)


def _say(*sentences: str) -> None:
    print("livescan:", " ".join(part for part in sentences if part), file=sys.stderr)  # noqa: T201


def _say_fault(error: Exception) -> None:
    """Type and place only: the message of a foreign exception may hold a person's data."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    _say(f"A fault in the program: {type(error).__name__}{place}.", "Nothing on disk was lost.", "Report it with this line.")
    if os.environ.get("LIVESCAN_DEBUG"):
        traceback.print_exception(error)
