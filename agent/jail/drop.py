"""A folder for jail systems that can only write files.

`in/` is taken over, `taken/` and `bad/` say what became of each file, `out/` tells where everybody stands. A file is taken once it has lain
unchanged between two looks, so that nobody reads half of one. Its arrivals go the same way as those of the API, each under a key made of
the file's bytes and its line: dropping a file again changes nothing. What could be read of a file is kept even if other lines could not;
such a file is moved to `bad/` with the reasons beside it. One that was taken whole is deleted, since it holds a person's data in the clear,
and a receipt without any stands in `taken/`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import LivescanError
from agent.jail.arrival import LARGEST, ArrivalError, arrivals_of_file
from agent.jail.desk import JailDesk
from agent.log_events import LogEvent, about
from agent.store.files import make_folder, write_durably

log = logging.getLogger(__name__)

EVERY = 2.0  # s between two looks
_IN, _BAD, _TAKEN, _OUT = "in", "bad", "taken", "out"
_UNFINISHED = (".part", ".tmp", ".filepart", "~")  # what programs call a file that they are still writing
_MOST_RECEIPTS = 1000  # in `taken/`; the oldest go
_STATE = "state.json"


@dataclass(frozen=True)
class _Seen:
    size: int  # bytes
    changed: int  # ns


class DropFolder:
    def __init__(self, folder: Path, desk: JailDesk) -> None:
        self._folder = folder
        self._desk = desk
        self._seen: dict[str, _Seen] = {}
        self._told = b""

    async def run(self) -> None:
        """For ever. Cancel it to stop."""
        while True:
            try:
                await self.look()
            except (OSError, LivescanError) as error:
                log.error("the jail's folder cannot be used: %s", type(error).__name__)
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Take over what has lain still since the last look, and tell where everybody stands."""
        await asyncio.to_thread(self._make)
        for name in await asyncio.to_thread(self._still):
            await self._take(name)
        await self._tell()

    def _make(self) -> None:
        for name in (_IN, _BAD, _TAKEN, _OUT):
            make_folder(self._folder / name)

    def _still(self) -> list[str]:
        found = {}
        for entry in os.scandir(self._folder / _IN):
            if entry.is_file(follow_symlinks=False) and not entry.name.startswith(".") and not entry.name.endswith(_UNFINISHED):
                info = entry.stat(follow_symlinks=False)
                found[entry.name] = _Seen(info.st_size, info.st_mtime_ns)
        still = sorted(name for name, seen in found.items() if self._seen.get(name) == seen)
        self._seen = found
        return still

    async def _take(self, name: str) -> None:
        data = await asyncio.to_thread(_read, self._folder / _IN / name)
        digest = hashlib.sha256(data).hexdigest()
        outcome = await self._arrive(data, digest)
        await asyncio.to_thread(self._settle, name, digest, outcome)

    async def _arrive(self, data: bytes, digest: str) -> Mapping[str, Any]:
        """Per line what became of it, nothing of the person in it."""
        try:
            lines = arrivals_of_file(data)
        except ArrivalError as error:
            return {"taken": 0, "refused": [{"line": None, "why": error.what}]}
        refused = []
        for number, line in enumerate(lines, start=1):
            try:
                await self._desk.arrive(line, f"{digest}:{number}")
            except LivescanError as error:
                errors = [dict(one) for one in getattr(error, "errors", ())]
                refused.append({"line": number, "why": "it cannot be read" if errors else error.what, "errors": errors})
        return {"taken": len(lines) - len(refused), "refused": refused}

    def _settle(self, name: str, digest: str, outcome: Mapping[str, Any]) -> None:
        """The outcome is on the disk before the file leaves `in/`: a crash between the two only takes it over again."""
        source, said = self._folder / _IN / name, json.dumps({"sha256": digest, **outcome}, indent=1).encode()
        if outcome["refused"]:
            kept = f"{digest[:12]}-{name}"
            _write(self._folder / _BAD / f"{kept}.reason.json", said)
            source.replace(self._folder / _BAD / kept)
            log.error(
                "a file of the jail system was moved aside: %d of its lines could not be taken over",
                len(outcome["refused"]),
                extra=about(LogEvent.JAIL_FILE_REFUSED),
            )
        else:
            _write(self._folder / _TAKEN / f"{digest[:12]}-{name}.json", said)
            source.unlink()
            self._forget_oldest()
        self._seen.pop(name, None)

    def _forget_oldest(self) -> None:
        receipts = sorted((self._folder / _TAKEN).iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in receipts[:-_MOST_RECEIPTS]:
            path.unlink(missing_ok=True)

    async def _tell(self) -> None:
        said = json.dumps({"bookings": list(await self._desk.list())}, indent=1).encode()
        if said != self._told:
            await asyncio.to_thread(_write, self._folder / _OUT / _STATE, said)
            self._told = said


def _write(path: Path, data: bytes) -> None:
    """Readable by the group, which the jail system's account is in; nothing of a person is in it."""
    write_durably(path, data)
    path.chmod(0o640)


def _read(path: Path) -> bytes:
    """At most one byte more than a file may have; never through a link that took the file's place meanwhile."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ArrivalError("That is no file.")
        return file.read(LARGEST + 1)
