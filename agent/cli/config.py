"""The option --config and what follows from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.settings import Settings
    from agent.web.client import CoreClient

CONFIG = Annotated[Path | None, typer.Option("--config", "-c", help="the station's settings [LIVESCAN_CONFIG, /etc/livescan/agent.toml]")]


def settings(config: Path | None) -> Settings:
    from agent.settings import load_settings

    return load_settings(config_path(config))


def config_path(config: Path | None) -> Path:
    return config or Path(os.environ.get("LIVESCAN_CONFIG", "/etc/livescan/agent.toml"))


def station_client(config: Path | None, *, timeout: float = 30.0) -> CoreClient:
    from agent.web.client import CoreClient

    paths = settings(config).paths
    return CoreClient(paths.core_socket, timeout=timeout, token=session_token(paths.runtime))


def session_token(runtime: Path) -> str:
    """Of whoever has signed in with `livescan sign-in`; "" nobody."""
    try:
        return session_file(runtime).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def session_file(runtime: Path) -> Path:
    """Of this user alone: gone when the machine restarts."""
    return runtime / f"session-{os.getuid()}"
