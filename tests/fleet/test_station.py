"""A whole station, its own processes: asked from afar over mosquitto, killed while it is asked, drained, and seen on the page."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agent.brokers.access_list import Role, member
from agent.brokers.files import BrokerFiles
from agent.cli.main import app
from agent.clock import SystemClock
from agent.errors import LivescanError
from agent.fleet.administrator_keys import fingerprint
from agent.signing.training_keys import add_administrator
from agent.training.demo import training_booking
from agent.training.mosquitto import Mosquitto
from agent.training.site import TrainingSite
from tests.data import need_debian


class FleetSite(TrainingSite):
    """A training site that heeds ADMIN-1."""

    @property
    def admin(self) -> Path:
        return self.folder / "admin"

    def begin(self) -> None:
        need_debian("mosquitto", "mosquitto")
        self.make_keys()
        add_administrator(self.keys, name="ADMIN-1", into=self.admin, clock=SystemClock())
        members = [member(self.keys / "station" / "tls.crt", Role.STATION), member(self.keys / "bureau" / "tls.crt", Role.BUREAU)]
        members.append(member(self.admin / "administrator" / "tls.crt", Role.ADMINISTRATOR))
        broker = Mosquitto(self.folder / "broker", BrokerFiles.of_training(self.keys), members)
        broker.start()
        self._parts.callback(broker.stop)
        self.port = broker.port
        self.settle()

    def settle(self, **overrides: dict[str, Any]) -> None:
        self.write_settings(fleet={"administrators": [fingerprint(self.admin)]}, **overrides)

    def ask(self, command: str, *more: str) -> dict[str, Any]:
        words = ["fleet", "send", "LS-0001", command, "--broker", f"127.0.0.1:{self.port}", "--key", str(self.admin), "--json", *more]
        result: Result = CliRunner().invoke(app, words)
        assert result.stdout, result.exception
        return dict(json.loads(result.stdout))

    def report(self) -> dict[str, Any]:
        own = self.admin / "administrator"
        options = ["--ca", str(self.keys / "ca" / "ca.crt"), "--cert", str(own / "tls.crt"), "--key", str(own / "tls.key")]
        result = CliRunner().invoke(app, ["fleet", "report", "--broker", f"127.0.0.1:{self.port}", *options, "--json"])
        stations = json.loads(result.stdout)["stations"]
        return dict(stations[0]) if stations else {}


def until(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


@pytest.fixture
def site() -> Iterator[FleetSite]:
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, FleetSite(Path(folder)) as site:
        site.begin()
        yield site


@pytest.mark.long
def test_everything_that_may_be_asked_is_done_by_a_running_station(site: FleetSite) -> None:
    site.start_station_part("core").wait_ready(60.0)
    site.start_station_part("uplink").wait_ready(60.0)
    health = site.ask("health")
    assert (health["outcome"], health["facts"]["station"], health["facts"]["open"]) == ("done", "LS-0001", 0)
    assert site.ask("renew")["words"].startswith("No EST server")

    bundle = site.folder / "bundle.tar.gz"
    assert site.ask("diagnostics", "--out", str(bundle))["outcome"] == "done"
    with tarfile.open(bundle) as archive:
        assert "livescan-diagnostics/findings.json" in archive.getnames()

    assert site.ask("drain", "--minutes", "9")["facts"]["open"] == 0
    with pytest.raises(LivescanError, match="drains this station"):
        site.client.post("/api/bookings", training_booking({}))
    assert site.report()["draining_until"]
    assert site.ask("drain", "--minutes", "0")["words"] == "Bookings are opened again."
    assert site.client.post("/api/bookings", training_booking({}))["booking"]
    recorded = subprocess.run(
        [sys.executable, "-m", "agent.cli", "audit", "show", "--config", str(site.config), "--json"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    asked = [one for one in json.loads(recorded)["entries"] if one["event"] == "commanded"]
    assert [one["command"] for one in asked if one["step"] == "taken"] == ["health", "renew", "diagnostics", "drain", "drain"]
    assert {one["who"] for one in asked} == {"ADMIN-1"}


@pytest.mark.long
def test_settings_are_taken_up_and_wrong_ones_refused_with_the_answer_after_the_new_start(site: FleetSite) -> None:
    site.start_station_part("core").wait_ready(60.0)
    site.start_station_part("uplink").wait_ready(60.0)
    assert site.ask("reload")["words"] == "The settings are in force."
    site.settle(delivery={"undo": 7, "keepalive": 30})
    answer = site.ask("reload")
    assert (answer["outcome"], answer["words"]) == ("done", "The settings are in force.")
    for folder in ("core", "uplink"):
        path = site.folder / "state" / folder / "in-force.json"
        until(lambda path=path: json.loads(path.read_text())["settings"]["delivery"]["keepalive"] == 30)  # type: ignore[misc]
    site.config.write_text(site.config.read_text() + "\n[nonsense]\n")
    answer = site.ask("reload")
    assert answer["outcome"] == "failed"
    assert "not taken up" in answer["words"]


@pytest.mark.long
@pytest.mark.parametrize("point", ["_carry_out:before", "_settle:before", "_settle:after"])
def test_a_core_that_is_killed_while_it_is_asked_answers_after_its_next_start(site: FleetSite, point: str) -> None:
    die = [sys.executable, "-m", "tests.crash.die", f"agent.commanded:Commands.{point}", "core", "--config", str(site.config)]
    dying = site.start("core", die)
    dying.wait_ready(60.0)
    site.start_station_part("uplink").wait_ready(60.0)
    started: list[Any] = []

    def begin_again() -> None:
        until(lambda: dying.returncode is not None)
        assert dying.returncode == -signal.SIGKILL
        started.append(site.start_station_part("core"))

    helper = threading.Thread(target=begin_again)
    helper.start()
    answer = site.ask("drain", "--minutes", "5")
    helper.join()
    assert (answer["outcome"], answer["command"]) == ("done", "drain")
    assert started
