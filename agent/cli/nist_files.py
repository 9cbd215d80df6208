"""Reading what `livescan nist` is given, and printing what came from outside: nothing of it is obeyed by the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli.screen import write_line
from agent.errors import LivescanError, UsageError

if TYPE_CHECKING:
    from agent.nist.profiles import StateProfile


LARGEST = 256 * 1024 * 1024  # bytes, as `agent.nist.codec` takes them


def read_file(path: Path) -> bytes:
    """The bytes of a file, or of standard input for "-"."""
    if str(path) == "-":
        return _bounded(sys.stdin.buffer.read(LARGEST + 1), "standard input")
    try:
        if path.exists() and not path.is_file():
            raise LivescanError(f"{path} is no file.", do="Give a file, or - for standard input.")
        with path.open("rb") as file:
            return _bounded(file.read(LARGEST + 1), str(path))
    except OSError as error:
        raise LivescanError(f"Cannot read {path}: {error.strerror}.") from error


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > LARGEST:
        raise LivescanError(f"{name} is larger than {LARGEST >> 20} MiB.", means="No ANSI/NIST-ITL file of prints is; it was not read.")
    return data


def write_new(path: Path, data: bytes, *, force: bool) -> None:
    """A new file, on the disk when this returns; an old one only with `force`."""
    from agent.store.files import write_durably

    if path.exists() and not force:
        raise UsageError(f"{path} exists.", means="It was left as it is.", do="Give another name, or --force.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, data)
    except OSError as error:
        raise LivescanError(f"Cannot write {path}: {error.strerror}.") from error


def print_json(value: Any) -> None:
    """One JSON document. `json.dumps` escapes every character outside ASCII, so also those that turn or clear a terminal."""
    write_line(json.dumps(value, indent=2))


def find_state(name: str | None) -> StateProfile | None:
    """A state's profile by its id in config/profiles, or by the path of its file."""
    from agent.state_profile import load_state

    return None if name is None else load_state(name, UsageError)
