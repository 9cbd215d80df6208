"""A process of the station that dies at one named point: `python -m tests.crash.die POINT core …`; POINT is `module:Class.method:when`,
or `module:Class.method:when:N` for the Nth call.

The process is the product's own, started by its own command line; only the named method is wrapped, so that SIGKILL falls `before`
its first line or `after` it has returned. Nothing in the product knows of it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from agent.cli.main import main


def kill_at(point: str) -> None:
    module, path, when, *nth = point.split(":")
    owner: Any = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, _dying(getattr(owner, name), when, int(nth[0]) if nth else 1))


def _dying(method: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    calls = itertools.count(1)
    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def dies_async(*args: Any, **kwargs: Any) -> Any:
            last = next(calls) == nth
            if last and when == "before":
                _die()
            result = await method(*args, **kwargs)
            return _die() if last else result

        return dies_async

    @functools.wraps(method)
    def dies(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == nth
        if last and when == "before":
            _die()
        result = method(*args, **kwargs)
        return _die() if last else result

    return dies


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    kill_at(sys.argv.pop(1))
    main()
