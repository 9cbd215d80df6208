"""One process at a time in a state directory: a second one would sweep away what the first has just begun to write."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from agent.errors import ConfigError
from agent.store.files import make_folder


def _lock_file(folder: Path, who: str) -> TextIO:
    try:
        make_folder(folder)
        return (folder / "lock").open("a")
    except OSError as error:
        raise ConfigError(
            f"The state directory of the {who} cannot be used: {error.strerror}.",
            means="It does not start; what is on disk is safe.",
            do=f"Check the setting, and who owns {folder}.",
        ) from error


@contextlib.contextmanager
def alone_in(folder: Path, who: str) -> Iterator[None]:
    """Holds the folder's lock; the kernel lets it go when the process ends, however it ends. Raises ConfigError when another has it."""
    with _lock_file(folder, who) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"Another {who} works in {folder} already.",
                means="This one does not start; nothing was touched.",
                do="Stop the other one first, or give this one a state directory of its own.",
            ) from error
        yield
