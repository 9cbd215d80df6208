"""The uplink as its own process, for tests that kill it: `python -m tests.delivery.uplink_process '{"state": ..., "port": ...}'`.

With "kill" it kills itself with SIGKILL: `["agent.delivery.spool:Spool.put", "before" | "after", n]` at the n-th call of that function;
with "lines" after so many executed lines of the agent.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import json
import logging
import os
import signal
import sys
import threading
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.delivery.chunks import DATA_LIMIT
from agent.delivery.courier import CourierSettings
from agent.delivery.mqtt import MqttSettings
from agent.delivery.pacing import Retry
from agent.uplink import UplinkSettings, run_uplink


def arm(target: str, when: str, count: int) -> None:
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for step in outer:
        owner = getattr(owner, step)
    setattr(owner, name, _deadly(getattr(owner, name), when, count))


def _deadly(original: Callable[..., Any], when: str, count: int) -> Callable[..., Any]:
    calls = 0

    def now(moment: str) -> None:
        nonlocal calls
        calls += moment == "before"
        if calls == count and moment == when:
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(original)
    async def waiting(*args: Any, **kwargs: Any) -> Any:
        now("before")
        value = await original(*args, **kwargs)
        now("after")
        return value

    @functools.wraps(original)
    def plain(*args: Any, **kwargs: Any) -> Any:
        now("before")
        value = original(*args, **kwargs)
        now("after")
        return value

    return waiting if inspect.iscoroutinefunction(original) else plain


def die_after(lines: int) -> None:
    """SIGKILL ourselves once so many lines of the agent were executed, in any thread; or after ten seconds, so that the test goes on."""
    left = lines

    def trace(frame: types.FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if "/agent/" not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    signal.alarm(10)
    threading.settrace(trace)
    sys.settrace(trace)


def settings_from(options: dict[str, Any]) -> UplinkSettings:
    keys = Path(options["keys"]) if "keys" in options else None
    mqtt = MqttSettings("127.0.0.1", options["port"], "LS-0001", version=options.get("version", 4), retry_first=0.1, retry_max=1.0)
    if keys is not None:
        mqtt = replace(mqtt, ca=keys / "ca" / "ca.crt", cert=keys / "station" / "tls.crt", key=keys / "station" / "tls.key")
    return UplinkSettings(
        station="LS-0001",
        state=Path(options["state"]),
        handover=Path(options["handover"]),
        mqtt=replace(mqtt, keepalive=options.get("keepalive", 60)),
        courier=CourierSettings(retry=Retry(first=options.get("retry", 5.0)), chunk=options.get("chunk", DATA_LIMIT)),
        free_floor=0,
    )


def main() -> None:
    options = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    if options.get("kill"):
        arm(*options["kill"])
    if options.get("lines"):
        die_after(options["lines"])
    asyncio.run(run_uplink(settings_from(options), ready=lambda: print("ready", flush=True)))


if __name__ == "__main__":
    main()
