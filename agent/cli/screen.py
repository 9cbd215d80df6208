"""The terminal: results go to stdout, what is said meanwhile to stderr."""

from __future__ import annotations

from rich.console import Console as RichConsole


class Console(RichConsole):
    """A reader that has seen enough (`livescan … | head`) is no error: `cli.main` ends quietly with 0."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


out = Console()
err = Console(stderr=True)
