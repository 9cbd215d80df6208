"""The terminal: results go to stdout, what is said meanwhile to stderr."""

from __future__ import annotations

from rich.console import Console

out = Console()
err = Console(stderr=True)
