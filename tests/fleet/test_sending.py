"""`livescan fleet send` over real brokers with the rights that `livescan broker write` gives: an uplink, and a core's end of commands."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.cli.main import app
from agent.clock import SystemClock
from agent.commanded import CommandParts, Commands, Done
from agent.fleet import book
from agent.fleet.command import Command, Name, Outcome
from agent.handover.core_end import CoreEnd
from agent.model.messages import Environment
from agent.signing.certificates import sha256
from agent.signing.private_keys import load_certificate
from agent.signing.ring import KeyRing
from agent.signing.training_keys import add_administrator
from agent.store.database import Database
from agent.uplink import UplinkSettings, run_uplink
from tests.fleet.sites import Site, broker_of, make_site
from tests.handover.cores import SmallCore


@pytest.fixture(params=["mosquitto", "nats"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = make_site(tmp_path)
    with broker_of(made, request.param):
        yield made


@asynccontextmanager
async def station_of(site: Site, done: list[str]) -> AsyncIterator[None]:
    """LS-0001, which heeds ADMIN-1."""
    keys, clock = KeyRing(site.keys.directory, Environment.TRAINING), SystemClock()
    small, database = SmallCore(site.folder), Database(site.folder / "commands.sqlite", (book.SCHEMA,))
    end = small.end = CoreEnd(site.folder / "h.sock", source=small, sink=small)

    async def deed(command: Command) -> Done:
        done.append(command.name)
        return Done(Outcome.DONE, "It is done.", {"minutes": command.minutes}, b"a bundle" if command.name == "diagnostics" else b"")

    async def note(_: object) -> None:
        return None

    named = frozenset({sha256(load_certificate(site.administrator / "signing.crt")).hex()})
    parts = CommandParts(database, keys, clock, note, named, dict.fromkeys(Name, deed), {}, end.answer)
    commands = Commands(parts)
    end.on_command = commands.hear
    await end.start()
    link = site.link(site.keys.station("tls"))
    uplink = UplinkSettings("LS-0001", site.folder / "uplink", site.folder / "h.sock", link)
    tasks = [asyncio.create_task(commands.run()), asyncio.create_task(run_uplink(uplink, ready=lambda: None, clock=clock))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await end.close()
        small.database.close()
        database.close()


def told(site: Site, *asked: tuple[str, ...], key: Path | None = None) -> tuple[list[Result], list[str]]:
    """What `livescan fleet send` says to each, and what the station did."""
    done: list[str] = []
    results: list[Result] = []

    def send() -> None:
        for words in asked:
            options = ["--broker", site.broker, "--key", str(key or site.administrator.parent), "--json", "--within", "10"]
            results.append(CliRunner().invoke(app, ["fleet", "send", *words, *options]))

    async def story() -> None:
        async with station_of(site, done):
            sending = threading.Thread(target=send)
            sending.start()
            while sending.is_alive():
                await asyncio.sleep(0.02)

    asyncio.run(story())
    return results, done


def test_an_administrator_asks_and_is_answered_and_another_is_not(site: Site) -> None:
    bundle = site.folder / "bundle.tar.gz"
    asked = (("LS-0001", "health"), ("LS-0001", "drain", "--minutes", "30"), ("LS-0001", "diagnostics", "--out", str(bundle)))
    results, done = told(site, *asked)
    assert [one.exit_code for one in results] == [0, 0, 0], [one.output for one in results]
    assert done == ["health", "drain", "diagnostics"]
    assert json.loads(results[1].stdout)["facts"] == {"minutes": 30}
    assert bundle.read_bytes() == b"a bundle"


@pytest.mark.long
def test_an_administrator_whom_the_station_does_not_name_hears_nothing(site: Site) -> None:
    other = site.folder / "other"
    add_administrator(site.keys.directory, name="ADMIN-2", into=other, clock=SystemClock())
    for use in ("tls.crt", "tls.key"):  # the broker lets it in: the station alone decides
        (other / "administrator" / use).write_bytes((site.administrator / use).read_bytes())
        (other / "administrator" / use).chmod(0o600)
    (result,), done = told(site, ("LS-0001", "drain"), key=other)
    assert "did not answer" in str(result.exception)
    assert done == []
