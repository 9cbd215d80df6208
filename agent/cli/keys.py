"""`livescan keys`: the certificates and keys of a station."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.screen import out
from agent.errors import UsageError

app = typer.Typer(help="The certificates and keys of a station.", no_args_is_help=True)


@app.command("init")
def init(
    directory: Annotated[Path, typer.Option("--dir", help="where the keys go")],
    training: Annotated[
        bool, typer.Option("--training", help="make a training CA, a station and a bureau; production refuses them")
    ] = False,
    station: Annotated[str, typer.Option(help="station id, letters, digits and hyphens, 13 at most")] = "LS-0001",
    bureau: Annotated[str, typer.Option(help="name of the training bureau")] = "SIB-TRAINING",
) -> None:
    """Make keys. Only training keys are made here: a real station enrols with its bureau."""
    from agent.clock import SystemClock
    from agent.signing.keys import init_training

    if not training:
        raise UsageError("Only training keys can be made here.", do="Call it with --training; a real station enrols with its bureau.")
    try:
        init_training(directory, station=station, bureau=bureau, clock=SystemClock())
    except OSError as error:
        raise UsageError(f"Cannot write to {directory}: {error.strerror}.", do="Name another folder with --dir.") from error
    out.print(f"Training keys for {station} and {bureau} are in {directory}. Production refuses them.", highlight=False)
