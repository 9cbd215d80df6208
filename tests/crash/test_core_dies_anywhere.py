"""The core is killed before a random executed line, again and again: no acknowledged booking is lost, none is doubled."""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.children import Child
from agent.errors import LivescanError
from agent.training.bureau_store import bureau_journal
from agent.training.demo import training_booking
from agent.training.site import TrainingSite

LIVES = 30
SEED = 20261124


@pytest.mark.long
def test_a_core_that_dies_at_any_line_loses_and_doubles_nothing() -> None:
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        site.write_settings(delivery={"retry_first": 1.0, "retry_most": 2.0})
        site.start_bureau().wait_ready(20.0)
        site.start_station_part("uplink").wait_ready(20.0)
        opened, deaths = set(), 0
        for _ in range(LIVES):
            core = start(site, int(10 ** chance.uniform(2.3, 4.2)))
            opened |= open_two(site, core)
            deaths += ended_by_kill(core)
            core.stop()
        core = start(site, 0)
        core.wait_ready(20.0)
        accounts = answered(site)
        core.stop()
        sent = sorted((one["tcn"], one["content_sha256"]) for account in accounts for one in account["submissions"])
        assert opened <= {account["booking"] for account in accounts}
        assert sorted((one.tcn, one.content_sha256) for one in bureau_journal(site.bureau)) == sent
        assert len(sent) == len(accounts)
        assert not list((site.folder / "state" / "core" / "outbound").iterdir())
        places = {path.name for path in (site.folder / "state" / "core" / "bookings").iterdir()}
        assert places == {account["booking"] for account in accounts}, "nothing of a person lies where no booking knows of it"
        assert deaths >= LIVES // 2, "the kills must have happened for this to say anything"


def start(site: TrainingSite, lines: int) -> Child:
    command = [sys.executable, "-m", "tests.crash.die_anywhere", str(lines), "core", "--config", str(site.config)]
    return site.start("core", command)


def open_two(site: TrainingSite, core: Child) -> set[str]:
    """Bookings that the core has acknowledged before it died, if it came so far."""
    opened: set[str] = set()
    try:
        core.wait_ready(20.0)
        for _ in range(2):
            opened.add(str(site.client.post("/api/bookings", training_booking({}))["booking"]))
    except LivescanError:
        pass  # it died first: what was not acknowledged may be there or not
    return opened


def ended_by_kill(core: Child) -> bool:
    deadline = time.monotonic() + 5.0
    while core.returncode is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert core.returncode in (None, -signal.SIGKILL), core.last_words()
    return core.returncode is not None


def answered(site: TrainingSite) -> list[Mapping[str, Any]]:
    """Every booking's account, once each has its receipt and both answers."""
    deadline = time.monotonic() + 90.0
    while True:
        rows = site.client.get("/api/bookings")["bookings"]
        accounts = [site.client.get(f"/api/bookings/{row['booking']}") for row in rows]
        waiting = [account for account in accounts if not {"received", "idr_no_match"} <= {event["kind"] for event in account["events"]}]
        if not waiting:
            return accounts
        assert time.monotonic() < deadline, [(account["booking"], account["state"], account["held_why"]) for account in waiting]
        time.sleep(0.5)
