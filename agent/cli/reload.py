"""`livescan reload`: shows what the settings change, and has the running station take it up, or says why not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.config import CONFIG, config_path
from agent.cli.screen import err, out
from agent.errors import LivescanError

if TYPE_CHECKING:
    from agent.reloading import InForce
    from agent.settings import Settings

_WITHIN = 40.0  # s: a roll is finished, parts end and begin again


class NotReloaded(LivescanError):
    """A part of the station did not take up the settings."""


def reload(
    config: CONFIG = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would change")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Check the settings, show what they change, and have core and uplink take them up. Refused while a booking is being taken."""
    from agent.reloading import changes, values_of
    from agent.reloading import running as those_that_run
    from agent.settings import load_settings

    settings = load_settings(config_path(config))
    running = those_that_run(settings)
    if not running:
        raise NotReloaded("Neither core nor uplink runs here.", means="The settings are right; they hold from the next start on.")
    found = changes(running["core" if "core" in running else "uplink"][1].settings, values_of(settings))
    refused = {} if dry_run else {name: _taken_up(folder, said, settings) for name, (folder, said) in running.items()}
    _tell([{"key": one.key, "before": one.before, "after": one.after} for one in found], refused, as_json=as_json)
    if any(refused.values()):
        raise typer.Exit(1)


def _taken_up(folder: Path, before: InForce, settings: Settings) -> str:
    """Why it was refused; "" when it is in force. Blocks until it is one or the other."""
    from agent.reloading import NAME, digest_of, read_in_force, tell, values_of

    asked, written = digest_of(values_of(settings)), (folder / NAME).stat().st_mtime_ns
    if not tell(before.pid):
        raise NotReloaded("It cannot be told.", means="Nothing was changed.", do="Run this as root.")
    end = time.monotonic() + _WITHIN
    while time.monotonic() < end:
        said = read_in_force(folder)
        if said is not None and (folder / NAME).stat().st_mtime_ns != written:
            return "" if said.sha256 == asked else said.refused or "It said nothing."
        time.sleep(0.05)
    raise NotReloaded(f"No word within {_WITHIN:.0f} s.", means="It may still take them up.", do="`systemctl status 'livescan-*'` tells.")


def _tell(found: list[dict[str, Any]], refused: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps({"changes": found, "refused": {name: why for name, why in refused.items() if why}}))
        return
    for one in found:
        out.print(f"{one['key']}: {one['before']!r} becomes {one['after']!r}", highlight=False, markup=False, soft_wrap=True)
    if not found:
        out.print("Nothing changes.", highlight=False)
    for name, why in refused.items():
        (err if why else out).print(f"{name}: {why or 'in force'}", highlight=False, markup=False, soft_wrap=True)
