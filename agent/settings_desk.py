"""The station's settings as an administrator looks at them: value, file, line; what the files would change; and taken up, on record.

Nothing is written into a settings file from here. What is taken up goes the way of `livescan reload` (`agent.reloading`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from agent.audit.entries import Entry, Event
from agent.errors import ConfigError, LivescanError
from agent.reloading import Reload, changes, digest_of, running, tell, values_of
from agent.settings import Settings, WrongSettings, load_settings, settings_files
from agent.settings_faults import Fault
from agent.settings_origins import origins
from agent.settings_watch import digest

_BEGIN_AGAIN_AFTER = 0.3  # s: the page that asked for it is answered first


@dataclass(frozen=True)
class _Read:
    """What stands in the files now."""

    settings: Settings | None  # None: they are wrong
    faults: tuple[Fault, ...] = ()


class SettingsDesk:
    def __init__(self, reload: Reload, note: Callable[[Entry], Awaitable[None]]) -> None:
        self._reload = reload
        self._note = note

    async def look(self) -> Mapping[str, Any]:
        """rows: each setting with the value in force, what a reload makes of it, its file and line (None: not known)."""
        read, rows = await asyncio.to_thread(self._read), await asyncio.to_thread(self._origins)
        now = values_of(self._reload.settings)
        found = changes(now, values_of(read.settings)) if read.settings is not None else ()
        becomes = {one.key: one.after for one in found}
        config = self._reload.config
        return {
            "rows": [{**one, "value": _value(now, one["key"]), **_new(one["key"], becomes)} for one in rows],
            "changes": [asdict(one) for one in found],
            "faults": [one.as_python() for one in read.faults],
            "files": [str(one) for one in settings_files(config)] if config else [],
        }

    async def take_up(self, by: str) -> Mapping[str, Any]:
        """asked: the digest of what is being taken up, "" nothing is; refused: why not; faults: what is wrong in the files.

        Raises AuditError: what cannot be recorded is not done.
        """
        read = await asyncio.to_thread(self._read)
        if read.settings is None:
            return {"asked": "", "refused": "", "faults": [one.as_python() for one in read.faults]}
        if not self._reload.take_up():
            return {"asked": "", "refused": self._reload.refused, "faults": []}
        await self._on_record(by)
        taken = self._reload.next or read.settings
        asyncio.get_running_loop().call_later(_BEGIN_AGAIN_AFTER, self._reload.begin_again)
        uplink = await asyncio.to_thread(_uplink_told, self._reload.settings)
        return {"asked": digest_of(values_of(taken)), "refused": "", "faults": [], "uplink": uplink}

    async def outcome(self, asked: str) -> Mapping[str, Any]:
        """in_force: whether what was asked for is; refused: why it is not."""
        in_force = digest_of(values_of(self._reload.settings)) == asked
        return {"in_force": in_force, "refused": "" if in_force else self._reload.refused}

    async def _on_record(self, by: str) -> None:
        new = self._reload.next
        try:
            if new is not None:
                facts = {"settings": await asyncio.to_thread(digest, new), "why": "at_page"}
                await self._note(Entry(Event.SETTINGS_CHANGED, by, door="page", facts=facts))
        except LivescanError:
            self._reload.let_be()
            raise

    def _read(self) -> _Read:
        config = self._reload.config
        if config is None:
            return _Read(self._reload.settings)
        try:
            return _Read(load_settings(config))
        except WrongSettings as wrong:
            return _Read(None, wrong.faults)
        except ConfigError as error:
            return _Read(None, (Fault(str(config), None, "", error.what, error.do),))

    def _origins(self) -> list[dict[str, Any]]:
        if self._reload.config is None:
            return []
        try:
            return [{**asdict(one), "table": one.table} for one in origins(self._reload.config)]
        except ConfigError:
            return [{"key": key, "table": key.partition(".")[0], "file": None, "line": None, "remark": ""} for key in self._keys()]

    def _keys(self) -> list[str]:
        return [f"{table}.{key}" for table, keys in values_of(self._reload.settings).items() for key in keys]


def _value(values: Mapping[str, Any], key: str) -> Any:
    table, _, name = key.partition(".")
    return values.get(table, {}).get(name)


def _new(key: str, becomes: Mapping[str, Any]) -> dict[str, Any]:
    return {"changed": key in becomes, "becomes": becomes.get(key)}


def _uplink_told(settings: Settings) -> bool:
    """Whether the uplink could be told; where it is a user of its own, only the machine's owner can: `livescan reload`."""
    found = running(settings).get("uplink")
    return found is not None and tell(found[1].pid)
