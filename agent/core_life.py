"""The core's life as a process: alone in its folder, begun again with other settings, back to the old ones where the new do not work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent import service
from agent.clock import SystemClock
from agent.core import Core
from agent.errors import LivescanError
from agent.reloading import Reload
from agent.settings import Settings
from agent.store.alone import alone_in


async def run_core(
    settings: Settings, *, ready: Callable[[str], None], again: Callable[[], Settings] | None = None, config: Path | None = None
) -> None:
    """Runs until SIGTERM or SIGINT. Raises ConfigError before it is ready when keys or settings are wrong.

    `again`: reads the settings anew at SIGHUP; with those that do not work it goes back to those that did. `config`: what it reads.
    """
    state = settings.paths.state / "core"
    with alone_in(state, "core"):
        reload = Reload(state, settings, again or (lambda: settings), config=config)
        while await _one_life(reload, ready):
            service.reloading()


async def _one_life(reload: Reload, ready: Callable[[str], None]) -> bool:
    """Until it is told to end; True when it is to begin again with other settings."""
    try:
        core = Core(reload.settings, SystemClock(), reload)
    except LivescanError as error:
        if reload.go_back(str(error)):
            return True
        raise
    try:
        await core.start()
        ready("core: bookings open")
        await core.until_told()
    finally:
        if reload.next is None:
            service.stopping()
        await core.close()
    return reload.advance()
