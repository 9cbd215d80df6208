"""Where a demo works: a folder of its own that goes with it, and with the next demo if this one is killed.

Prints, keys and the bureau's copy lie there in the clear, so nothing may stay behind.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from agent.errors import ConfigError
from agent.store.alone import alone_in
from agent.training.site import TrainingSite

_PREFIX = "livescan-demo-"


@contextlib.contextmanager
def workplace() -> Iterator[TrainingSite]:
    """A training site in a new folder. SIGTERM and SIGHUP end it as Ctrl-C does. Raises UsageError when TMPDIR is too long."""
    _sweep(Path(tempfile.gettempdir()))
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with alone_in(folder, "demo"), TrainingSite(folder) as site:
            yield site
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Folders of demos that were killed: nobody holds their lock any more."""
    for folder in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(ConfigError, OSError):
            if folder.is_dir() and folder.stat().st_uid == os.getuid():
                with alone_in(folder, "demo"):
                    shutil.rmtree(folder, ignore_errors=True)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
