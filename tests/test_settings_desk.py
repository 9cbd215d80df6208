"""The settings as an administrator looks at them: value, file, line, what would change; taken up on record, or refused in words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent.audit.entries import Entry, Event
from agent.errors import LivescanError
from agent.kiosk.settings import said
from agent.kiosk.words import words
from agent.reloading import AT_THE_NEXT_START, BUSY, Reload, digest_of, values_of
from agent.settings import known_keys, load_settings
from agent.settings_desk import SettingsDesk
from agent.settings_origins import origins
from tests.station_text import STATION as WHERE

SETTINGS = WHERE + '[paths]\nstate = "{folder}/state"\n'


class Station:
    """Settings files, and a desk over them."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "agent.toml"
        self.file.write_text(SETTINGS.format(folder=folder))
        self.more = folder / "conf.d" / "50-site.toml"
        self.more.parent.mkdir()
        self.notes: list[Entry] = []
        self.broken = False
        self.reload = Reload(folder, load_settings(self.file), lambda: load_settings(self.file), config=self.file)
        self.desk = SettingsDesk(self.reload, self._note)

    async def _note(self, entry: Entry) -> None:
        if self.broken:
            raise LivescanError("The record cannot be written.")
        self.notes.append(entry)

    def look(self) -> dict[str, Any]:
        return dict(asyncio.run(self.desk.look()))

    def row(self, key: str) -> dict[str, Any]:
        return next(row for row in self.look()["rows"] if row["key"] == key)

    def take_up(self, *, busy: str = "", by: str = "admin-1") -> dict[str, Any]:
        """In a loop in which the parts work."""

        async def story() -> dict[str, Any]:
            self.stop = asyncio.Event()
            self.reload.listen(self.stop, lambda: busy)
            done = dict(await self.desk.take_up(by))
            await asyncio.sleep(0.35 if done["asked"] else 0)
            return done

        return asyncio.run(story())


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


def test_every_setting_has_its_value_its_file_and_its_line(station: Station) -> None:
    station.more.write_text("\n[delivery]\nkeepalive = 60\n")
    rows = {row["key"]: row for row in station.look()["rows"]}
    assert tuple(rows) == known_keys()
    assert (rows["bureau.port"]["value"], rows["bureau.port"]["file"], rows["bureau.port"]["line"]) == (8883, str(station.file), 10)
    assert (rows["delivery.keepalive"]["file"], rows["delivery.keepalive"]["line"]) == (str(station.more), 3)
    assert rows["delivery.undo"]["file"].endswith("station-defaults.toml")
    assert "take a booking back" in rows["delivery.undo"]["remark"]
    assert (rows["paths.retention"]["file"], rows["paths.retention"]["line"]) == ("", None)


def test_each_default_has_a_remark_that_is_read(station: Station) -> None:
    defaults = [one for one in origins(station.file) if one.file.endswith("station-defaults.toml")]
    assert defaults
    assert all(one.remark for one in defaults)


def test_what_the_files_would_change_is_shown_beside_what_is_in_force(station: Station) -> None:
    station.more.write_text('[station]\nagency = "ANOTHER COUNTY"\n')
    assert [(one["key"], one["after"]) for one in station.look()["changes"]] == [("station.agency", "ANOTHER COUNTY")]
    row = station.row("station.agency")
    assert (row["value"], row["changed"], row["becomes"]) == ("", True, "ANOTHER COUNTY")


@pytest.mark.parametrize(
    ("text", "key", "line", "do"),
    [("[delivery]\nkeepalife = 3\n", "delivery.keepalife", 2, "keepalive"), ("[delivery\n", "", 1, "Mend")],
    ids=["an unknown key", "no TOML"],
)
def test_wrong_files_are_told_with_place_and_remedy_and_take_up_nothing(station: Station, text: str, key: str, line: int, do: str) -> None:
    station.more.write_text(text)
    (fault,) = station.look()["faults"]
    assert (fault["file"], fault["key"], fault["line"]) == (str(station.more), key, line)
    assert do in fault["do"]
    assert station.take_up()["faults"] == [fault]
    assert not station.notes


def test_who_has_them_taken_up_is_on_record_before_the_parts_begin_again(station: Station) -> None:
    station.more.write_text("[delivery]\nkeepalive = 99\n")
    done = station.take_up()
    (entry,) = station.notes
    assert (entry.event, entry.who, entry.facts["why"]) == (Event.SETTINGS_CHANGED, "admin-1", "at_page")
    assert station.stop.is_set()
    assert asyncio.run(station.desk.outcome(done["asked"])) == {"in_force": False, "refused": ""}
    assert station.reload.advance()
    assert done["asked"] == digest_of(values_of(station.reload.settings))
    assert asyncio.run(station.desk.outcome(done["asked"])) == {"in_force": True, "refused": ""}


def test_what_did_not_work_is_told_to_whoever_asked(station: Station) -> None:
    station.more.write_text("[delivery]\nkeepalive = 99\n")
    done = station.take_up()
    station.reload.advance()
    assert station.reload.go_back("The keys are of another station.")
    assert asyncio.run(station.desk.outcome(done["asked"])) == {"in_force": False, "refused": "The keys are of another station."}


def test_what_cannot_be_recorded_is_not_done(station: Station) -> None:
    station.more.write_text("[delivery]\nkeepalive = 99\n")
    station.broken = True
    with pytest.raises(LivescanError, match="cannot be written"):
        station.take_up()
    assert station.reload.next is None


def test_while_a_booking_is_taken_nothing_is_taken_up(station: Station) -> None:
    station.more.write_text("[delivery]\nkeepalive = 99\n")
    assert station.take_up(busy=BUSY)["refused"] == BUSY
    assert not station.notes


def test_other_folders_wait_for_the_next_start(station: Station) -> None:
    station.more.write_text('[paths]\nruntime = "/run/elsewhere"\n')
    assert station.take_up()["refused"] == AT_THE_NEXT_START


def test_the_same_settings_are_taken_up_without_a_word(station: Station) -> None:
    done = station.take_up()
    assert (done["asked"], done["refused"], done["faults"]) == ("", "", [])


def test_no_setting_is_a_secret() -> None:
    assert not [key for key in known_keys() if any(word in key for word in ("password", "secret", "token", "pin"))]


def test_every_setting_says_what_it_does(station: Station) -> None:
    told = {one.key: words("en").maybe(f"setting.{one.key.replace('.', '_')}", one.remark) for one in origins(station.file)}
    assert not [key for key, does in told.items() if not does]


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (True, "true"), ("", '""'), (["A", "B"], '["A", "B"]'), (30.0, "30.0")])
def test_a_value_is_shown_as_a_file_would_have_it(value: object, text: str) -> None:
    assert said(value) == text
