"""The option --config and what follows from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.settings import Settings
    from agent.web.client import CoreClient

CONFIG = Annotated[
    Path | None, typer.Option("--config", "-c", help="the station's settings [LIVESCAN_CONFIG, /etc/livescan-agent/station.toml]")
]


def settings(config: Path | None) -> Settings:
    from agent.settings import load_settings

    return load_settings(config_path(config))


def config_path(config: Path | None) -> Path:
    return config or Path(os.environ.get("LIVESCAN_CONFIG", "/etc/livescan-agent/station.toml"))


def station_client(config: Path | None) -> CoreClient:
    from agent.web.client import CoreClient

    return CoreClient(settings(config).paths.core_socket)
