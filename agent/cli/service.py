"""The processes of a station: `livescan core`, `livescan uplink`, `livescan run` for both; and `livescan bureau` for training."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.config import CONFIG, config_path, settings
from agent.service import ready, reloading, stopping


def core(config: CONFIG = None) -> None:
    """Devices, capture, bookings, the page; no network."""
    from agent.core_life import run_core
    from agent.log import start_logging
    from agent.memory import give_back

    give_back()
    start_logging()
    os.environ["LIVESCAN_CONFIG"] = str(config_path(config))  # for what the core starts itself
    asyncio.run(run_core(settings(config), ready=ready, again=lambda: settings(config), config=config_path(config)))


def uplink(config: CONFIG = None) -> None:
    """Outbox, inbox, MQTT; no devices, and no key to read or sign with."""
    from agent.delivery.egress import confine
    from agent.log import start_logging
    from agent.reloading import Reload
    from agent.uplink import run_uplink
    from agent.uplink_settings import uplink_settings

    start_logging()
    said = settings(config)
    made = uplink_settings(said)
    reload = Reload(made.state, said, lambda: settings(config), of=uplink_settings)
    confine(made.endpoints)
    asyncio.run(run_uplink(made, ready=lambda: ready("outbox open"), listen=reload.listen))
    if reload.next is not None:  # where it may connect to cannot be changed in a process: the same process becomes a new program
        reloading()
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # no shell is meant
    stopping()


def run(config: CONFIG = None) -> None:
    """Core and uplink together, restarted when one ends; says when the station is ready."""
    from agent.station import run_station

    settings(config)  # a mistake in the settings is said once, here
    run_station(config_path(config))


def bureau(
    directory: Annotated[Path, typer.Option("--dir", help="where the training bureau keeps its records")],
    keys: Annotated[Path, typer.Option(help="the folder that `livescan keys init --training` made")],
    port: Annotated[int, typer.Option(help="the broker's MQTT port on 127.0.0.1")],
    state: Annotated[str, typer.Option(help="whose form it answers in: a name in config/profiles, or the path of such a file")] = "",
) -> None:
    """A bureau in miniature, for training: opens, verifies, receipts and answers. Never for a real arrest."""
    from agent.log import start_logging
    from agent.nist.reply_table import ReplyTable
    from agent.state_profile import load_state
    from agent.training.bureau_link import BureauSettings, run_bureau

    start_logging()
    replies = load_state(state).replies if state else ReplyTable()
    until_told(run_bureau(BureauSettings(directory, keys, port, replies=replies), ready=lambda: ready("bureau: open for transactions")))


def until_told(part: Coroutine[Any, Any, None]) -> None:
    """Run something that only ends by cancellation; SIGTERM and SIGINT cancel it."""

    async def run() -> None:
        task = asyncio.ensure_future(part)
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
