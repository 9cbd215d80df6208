"""Settings taken up while the station runs (SIGHUP): read again, compared, and in force or refused as a whole.

Each process writes which settings are in force beside its state, readable by its owner and root: `livescan reload` compares with that, and
sees there whether they were taken. No secret is among settings.

    SIGHUP ─▶ wrong                  refused: the sentence with file, line and key
           ─▶ the same               nothing happens
           ─▶ a booking is taken     refused: again when it is finished
           ─▶ other folders          refused: at the next start
           ─▶ else                   `next`: the parts end in order and begin again with them
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.errors import LivescanError
from agent.log_events import LogEvent, about
from agent.settings import Settings
from agent.store.files import make_folder

log = logging.getLogger(__name__)

NAME = "in-force.json"
_OURS = (b"livescan", b"agent.cli")
BUSY = "A booking is being taken: reload again when it is finished."
AT_THE_NEXT_START = "Folders and sockets change with the next start: systemctl restart livescan-agent.target."


@dataclass(frozen=True)
class InForce:
    """What a process works with, as it says itself."""

    pid: int
    sha256: str  # of `settings`
    settings: Mapping[str, Any]
    asked: str = ""  # SHA-256 of what it was last asked to take up
    refused: str = ""  # why it did not, "" when it did


@dataclass(frozen=True)
class Change:
    key: str  # dotted
    before: Any
    after: Any


def values_of(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json")


def digest_of(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Key by key, in the order of the settings file."""
    tables = dict.fromkeys((*before, *after))
    keys = [(table, key) for table in tables for key in dict.fromkeys((*before.get(table, {}), *after.get(table, {})))]
    rows = (Change(f"{table}.{key}", before.get(table, {}).get(key), after.get(table, {}).get(key)) for table, key in keys)
    return tuple(row for row in rows if row.before != row.after)


def read_in_force(folder: Path) -> InForce | None:
    """None when no process has written there."""
    try:
        return InForce(**json.loads((folder / NAME).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def running(settings: Settings) -> dict[str, tuple[Path, InForce]]:
    """Name to its folder and what it said last, of those that run and may be looked at from here."""
    folders = {"core": settings.paths.state / "core", "uplink": settings.paths.uplink_state}
    found = {name: (folder, read_in_force(folder)) for name, folder in folders.items()}
    return {name: (folder, said) for name, (folder, said) in found.items() if said is not None and _runs(said.pid)}


def tell(pid: int) -> bool:
    """SIGHUP; whether it could be sent."""
    try:
        os.kill(pid, signal.SIGHUP)
    except OSError:
        return False
    return True


def _runs(pid: int) -> bool:
    """A process id is used again: only one that is ours is sent a signal."""
    try:
        return any(word in Path(f"/proc/{pid}/cmdline").read_bytes() for word in _OURS)
    except OSError:
        return False


class Reload:
    """One process's ear for SIGHUP, over all the lives of its parts. `again`: reads the settings anew, or raises ConfigError.

    `of`: what of the settings concerns this process; where that stays the same, nothing is begun again.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        again: Callable[[], Settings],
        *,
        of: Callable[[Settings], object] = lambda settings: settings,
        config: Path | None = None,
    ) -> None:
        """config: the station's file, where `again` reads it."""
        self.folder = folder
        self.config = config
        self.refused = ""  # why the last that was asked was not taken up; "" it was, or it is the same
        self._stop: asyncio.Event | None = None  # while the parts work
        self._again = again
        self._of = of
        self._busy: Callable[[], str] = str
        self._before: Settings | None = None  # those that worked, until the new ones have proved themselves
        self._refused = ""
        self.settings = settings
        self.next: Settings | None = None

    def listen(self, stop: asyncio.Event, busy: Callable[[], str] = str) -> None:
        """The parts work. `stop` is set when they are to begin again. `busy`: why they may not now, "" when they may."""
        self._busy, self._before, self._stop = busy, None, stop
        self._write(digest_of(values_of(self.settings)), self._refused)
        self._refused = ""

        def told() -> None:
            if self.take_up():
                self.begin_again()

        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, told)

    def begin_again(self) -> None:
        """The parts end, and begin again with `next`."""
        if self._stop is not None and self.next is not None:
            self._stop.set()

    def let_be(self) -> None:
        """What was about to be taken up is not."""
        self.next = None

    def take_up(self) -> bool:
        """Whether there are other settings, `next`, that may be taken up now; else `refused` says why, "" when they are the same."""
        self.refused = ""
        try:
            new = self._again()
        except LivescanError as error:
            self._refuse("", str(error))
            return False
        asked, same = digest_of(values_of(new)), self._of(new) == self._of(self.settings)
        why = AT_THE_NEXT_START if new.paths != self.settings.paths else "" if same else self._busy()
        if why:
            self._refuse(asked, why)
        elif same:
            self.settings = new
            self._write(asked)
        else:
            self.next = new
        return self.next is not None

    def advance(self) -> bool:
        """To `next`; False when there is none: the process ends."""
        if self.next is None:
            return False
        self._before, self.settings, self.next = self.settings, self.next, None
        return True

    def go_back(self, why: str) -> bool:
        """The parts do not start with these settings. Back to those that worked; False when there are none."""
        if self._before is None:
            return False
        log.error("settings: not taken up: %s", why, extra=about(LogEvent.SETTINGS_REFUSED))
        self.settings, self._before, self._refused = self._before, None, why
        self.refused = why
        return True

    def _refuse(self, asked: str, why: str) -> None:
        log.error("settings: not taken up: %s", why)
        self.refused = why
        self._write(asked, why)

    def _write(self, asked: str, refused: str = "") -> None:
        values = values_of(self.settings)
        said = InForce(os.getpid(), digest_of(values), values, asked, refused)
        make_folder(self.folder)
        making = self.folder / f"{NAME}.new"
        making.write_text(json.dumps(asdict(said)), "utf-8")
        making.chmod(0o600)
        making.replace(self.folder / NAME)
