"""The core is killed before a random executed line while officers take bookings back: what was undone is never sent, the rest once."""

from __future__ import annotations

import random
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
from tests.crash.test_core_dies_anywhere import ended_by_kill, start

LIVES = 8
SEED = 20261125
UNDO = 20.0  # s; under the trace that counts its lines the core is slow


@pytest.mark.long
@pytest.mark.timeout(400)
def test_what_was_undone_is_never_sent_and_the_rest_arrives_once() -> None:
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        site.write_settings(delivery={"retry_first": 1.0, "retry_most": 2.0, "undo": UNDO})
        site.start_bureau().wait_ready(20.0)
        site.start_station_part("uplink").wait_ready(20.0)
        undone, deaths = set(), 0
        for _ in range(LIVES):
            core = start(site, int(10 ** chance.uniform(4.0, 4.9)))
            undone |= open_and_undo(site, core)
            deaths += ended_by_kill(core)
            core.stop()
        core = start(site, 0)
        core.wait_ready(20.0)
        accounts, numbers = settled(site), site.client.get("/api/tcns")["tcns"]
        core.stop()
        sent = sorted(one["tcn"] for account in accounts for one in account["submissions"] if not one["undone"])
        void = sorted(one["tcn"] for account in accounts for one in account["submissions"] if one["undone"])
        assert undone <= {account["booking"] for account in accounts if account["state"] == "undone"}, "what was acknowledged stays undone"
        assert sorted(one.tcn for one in bureau_journal(site.bureau)) == sent
        assert sorted(row["tcn"] for row in numbers if row["state"] == "void") == void
        assert all("undone by officer-01" in row["why"] for row in numbers if row["state"] == "void")
        assert not list((site.folder / "state" / "core" / "outbound").iterdir())
        assert void, "an officer must have been in time for this to say anything"
        assert deaths >= LIVES // 2, "the kills must have happened for this to say anything"


def open_and_undo(site: TrainingSite, core: Child) -> set[str]:
    """Two bookings, and the one that is sealed first taken back; what the core acknowledged as undone before it died."""
    undone: set[str] = set()
    try:
        core.wait_ready(20.0)
        first = str(site.client.post("/api/bookings", training_booking({}))["booking"])
        site.client.post("/api/bookings", training_booking({}))
        while site.client.get(f"/api/bookings/{first}")["state"] not in ("sealed", "held"):
            time.sleep(0.05)
        site.client.post(f"/api/bookings/{first}/undo", {"officer": "officer-01"})
        undone.add(first)
    except LivescanError:
        pass  # it died first, or the officer came too late
    return undone


def settled(site: TrainingSite) -> list[Mapping[str, Any]]:
    """Every booking's account, once each is undone or has its receipt."""
    deadline = time.monotonic() + 90.0
    while True:
        rows = site.client.get("/api/bookings")["bookings"]
        accounts = [site.client.get(f"/api/bookings/{row['booking']}") for row in rows]
        if all(done(account) for account in accounts):
            return accounts
        assert time.monotonic() < deadline, [(account["booking"], account["state"], account["held_why"]) for account in accounts]
        time.sleep(0.5)


def done(account: Mapping[str, Any]) -> bool:
    return account["state"] == "undone" or (bool(account["submissions"]) and all(one["receipted"] for one in account["submissions"]))
