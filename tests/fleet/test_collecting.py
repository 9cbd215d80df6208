"""What a watcher gets from a real broker, and what it may not do there."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.main import app
from agent.delivery.status import Status, encode_status
from agent.errors import LivescanError
from agent.fleet.collect import collect, watching
from agent.signing.keys import TrainingKeys
from agent.signing.private_keys import FileSigner
from tests.fleet.people import report, signed
from tests.fleet.sites import Site, broker_of, make_site


@pytest.fixture(params=["mosquitto", "nats"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = make_site(tmp_path)
    with broker_of(made, request.param):
        yield made


def _told(keys: TrainingKeys, station: str) -> bytes:
    own = keys.station("signing")
    return signed(report(station, at=datetime.now(UTC)), FileSigner.load(own.certificate, own.key))


def _topic(station: str, what: str) -> str:
    return f"fp/v1/st/{station}/{what}"


def test_all_stations_stand_on_the_page_and_no_station_speaks_for_another(site: Site) -> None:
    status = encode_status(Status(True, datetime.now(UTC)))
    with site.client(site.keys.station("tls"), "LS-0001") as one:
        one.publish(_topic("LS-0001", "status"), status, retain=True)
        one.publish(_topic("LS-0001", "tx/report"), _told(site.keys, "LS-0001"), retain=True)
    with site.client(site.second.station("tls"), "LS-0002") as two:
        two.publish(_topic("LS-0002", "status"), status, retain=True)
        two.publish(_topic("LS-0002", "tx/report"), b"\xff rubbish", retain=True)
        two.try_to_publish(_topic("LS-0001", "tx/report"), b"forged")
    roster, out = site.folder / "roster.csv", site.folder / "fleet.html"
    roster.write_text("LS-0001, Adams\nLS-0002, Brown\n")
    files = ["--out", str(out), "--svg", str(site.folder / "fleet.svg"), "--png", str(site.folder / "fleet.png")]
    done = CliRunner().invoke(app, ["fleet", "report", *site.options(site.watcher), "--roster", str(roster), *files, "--json"])
    told = {one["station"]: one for one in json.loads(done.output)["stations"]}
    assert done.exit_code == 1, "one is not believed"
    assert (told["LS-0001"]["grade"], told["LS-0002"]["grade"]) == ("good", "false")
    assert told["LS-0001"]["room"] == 400
    assert "Adams" in out.read_text()


def test_a_watcher_reads_no_transaction_and_says_nothing(site: Site) -> None:
    with (
        site.client(site.watcher, "WATCH-1") as watcher,
        site.client(site.keys.station("tls"), "LS-0001") as station,
        site.client(site.keys.bureau("tls"), "SIB") as bureau,
    ):
        station.subscribe(_topic("LS-0001", "rx/+/+/+"))
        bureau.subscribe("fp/v1/st/+/tx/+/+/+")
        watcher.try_to_publish(_topic("LS-0001", f"rx/command/{'ab' * 16}/1"), b"a command")
        station.publish(_topic("LS-0001", "tx/report"), b"report")
        with pytest.raises(queue.Empty):
            bureau.messages.get(timeout=0.3)
        assert station.messages.empty()


def test_a_certificate_that_may_not_watch_is_told_so_or_hears_nothing(site: Site) -> None:
    with site.client(site.keys.station("tls"), "LS-0001") as one:
        one.publish(_topic("LS-0001", "tx/report"), b"report", retain=True)
    try:
        found = collect(watching(site.link(site.second.station("tls"))), within=5)
    except LivescanError as refused:
        assert "does not let" in str(refused) or "could not be asked" in str(refused)
    else:
        assert found.reports == {}


def test_a_broker_that_is_not_there_is_said_in_words(site: Site) -> None:
    options = ["127.0.0.1:1" if one == site.broker else one for one in site.options(site.watcher)]
    done = CliRunner().invoke(app, ["fleet", "report", *options])
    assert "The broker could not be asked" in str(done.exception)
