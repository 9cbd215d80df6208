"""`livescan kiosk`: the officer's pages in training mode, on this machine, with everything they need."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from agent.cli.screen import err, out


def kiosk(
    subject: Annotated[str, typer.Option(help="an ANSI/NIST file, or synthetic:SEED")] = "synthetic:1",
    speed: Annotated[float, typer.Option(min=0.05, max=100.0, help="how fast the simulated person moves; 1 is a person's pace")] = 1.0,
    port: Annotated[int, typer.Option(min=1, max=65535, help="of the page on localhost")] = 8440,
) -> None:
    """Open the kiosk in training mode: simulated scanner, training bureau, yellow frame. Ctrl-C ends it and removes what it made."""
    from agent.cli.demo import _Screen
    from agent.training.kiosk import PASSWORD, TrainingKiosk
    from agent.training.workplace import workplace

    screen = _Screen()
    with workplace() as site:
        training = TrainingKiosk(site, port=port, say=screen.show)
        training.start(subject, speed)
        screen.close()
        out.print(f"\nThe kiosk is open: {training.origin}   (Ctrl-C ends it)\n", highlight=False)
        out.print(f"  password of every officer here: {PASSWORD}\n", highlight=False)
        while True:
            now = datetime.now(UTC)
            for one in training.telephones.values():
                out.print(f"  {now.astimezone():%H:%M:%S}  {one.officer:<12} code {one.code(now)}", highlight=False)
            err.print("  Each code works once; new ones come every 30 s.", highlight=False)
            time.sleep(30 - time.time() % 30 + 0.5)
