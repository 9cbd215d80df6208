"""The terminal: results go to stdout, what is said meanwhile to stderr."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from rich.console import Console as RichConsole


class Console(RichConsole):
    def on_broken_pipe(self) -> None:
        reader_gone()


def reader_gone() -> NoReturn:
    """A reader that has seen enough (`livescan … | head`) is no error: the command ends quietly with 0."""
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    raise SystemExit(0)


def write_line(text: str) -> None:
    """One line on stdout, as it is."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        reader_gone()


out = Console()
err = Console(stderr=True)
