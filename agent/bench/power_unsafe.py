"""The control of the power cuts: the product's own command line with fsync taken away, `python -m agent.bench.power_unsafe core …`.

It must lose what it acknowledges, or the cuts prove nothing.
"""

from __future__ import annotations

import os
import runpy
import sqlite3
from typing import Any

from agent.store import database


def _not_at_all(_descriptor: Any) -> None:
    return


def _forgetful() -> None:
    os.fsync = _not_at_all  # type: ignore[assignment]
    opened = database._open

    def without_sync(*args: Any) -> sqlite3.Connection:
        connection = opened(*args)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    database._open = without_sync  # type: ignore[assignment]


if __name__ == "__main__":
    _forgetful()
    runpy.run_module("agent.cli", run_name="__main__")
