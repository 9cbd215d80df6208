"""That settings or policies of the station have changed is on the audit record, by their digest: at a start, or within a minute.

Who changed a file is the operating system's to say; the record says that it was another one from then on.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.audit.book import AuditBook
from agent.audit.entries import Entry, Event
from agent.errors import LivescanError
from agent.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY = 60.0  # s


class SettingsWatch:
    def __init__(self, settings: Settings, book: AuditBook, note: Callable[[Entry], Awaitable[None]]) -> None:
        self._settings = settings
        self._book = book
        self._note = note
        self.digest = self._now()

    async def started(self) -> None:
        """The station starts with these; another digest than last time is an entry of its own. Raises AuditError."""
        before = await asyncio.to_thread(self._book.last_settings)
        await self._note(Entry(Event.STARTED, facts={"settings": self.digest}))
        if before not in (None, self.digest):
            await self._note(Entry(Event.SETTINGS_CHANGED, facts={"settings": self.digest, "why": "at_start"}))

    async def run(self) -> None:
        """For ever: a policy's file is read at each use, so a change of it is in force at once."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            digest = await asyncio.to_thread(self._now)
            if digest == self.digest:
                continue
            try:
                await self._note(Entry(Event.SETTINGS_CHANGED, facts={"settings": digest, "why": "policy_file"}))
                self.digest = digest
            except LivescanError as error:
                log.error("settings: that they have changed is not on record yet: %s", error)

    def _now(self) -> str:
        return digest(self._settings)


def digest(settings: Settings) -> str:
    """SHA-256 of the settings and of the policy files that they name. Blocks."""
    made, paths = hashlib.sha256(settings.model_dump_json().encode()), settings.paths
    for path in (paths.jurisdiction, paths.retention, paths.gallery):
        if path is not None:
            made.update(b"\0" + _bytes(path))
    return made.hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""
