"""That settings or a policy have changed is on record, once, at the start and while the station runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from agent import settings_watch
from agent.audit.entries import Entry
from agent.settings import Settings, load_settings
from agent.settings_watch import SettingsWatch
from tests.audit.record import Record, station_keys
from tests.station_text import STATION

SETTINGS = STATION + '[paths]\njurisdiction = "{folder}/jurisdiction.toml"\n'


class Station:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = Record(folder, station_keys(folder / "keys"))
        (folder / "jurisdiction.toml").write_text("")
        (folder / "station.toml").write_text(SETTINGS.format(folder=folder))

    def settings(self, more: str = "") -> Settings:
        (self.folder / "station.toml").write_text(SETTINGS.format(folder=self.folder) + more)
        return load_settings(self.folder / "station.toml")

    def start(self, more: str = "") -> SettingsWatch:
        watch = SettingsWatch(self.settings(more), self.record.book, self.note)
        asyncio.run(watch.started())
        return watch

    async def note(self, entry: Entry) -> None:
        self.record.book.append(entry)

    def said(self) -> list[tuple[str, str]]:
        lines: list[dict[str, Any]] = [json.loads(row.line) for row in self.record.book.rows()]
        return [(one["event"], one.get("why", "")) for one in lines]


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


def test_the_same_settings_at_the_next_start_are_no_change(station: Station) -> None:
    station.start()
    station.start()
    assert station.said() == [("started", ""), ("started", "")]


def test_other_settings_at_the_next_start_are_an_entry(station: Station) -> None:
    station.start()
    station.start("[delivery]\nundo = 30\n")
    station.start("[delivery]\nundo = 30\n")
    assert station.said() == [("started", ""), ("started", ""), ("settings_changed", "at_start"), ("started", "")]


def test_a_policy_file_that_is_changed_while_it_runs_is_an_entry_once(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_watch, "LOOK_EVERY", 0.01)
    watch = station.start()

    async def change() -> None:
        running = asyncio.ensure_future(watch.run())
        await asyncio.sleep(0.1)
        (station.folder / "jurisdiction.toml").write_text('[procedure]\nsuspended = "until the court has decided"\n')
        async with asyncio.timeout(5):
            while len(station.said()) < 2:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        running.cancel()

    asyncio.run(change())
    assert station.said() == [("started", ""), ("settings_changed", "policy_file")]
    assert "court" not in "".join(row.line for row in station.record.book.rows())
