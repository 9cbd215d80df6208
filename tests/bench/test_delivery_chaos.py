"""Transactions through kills, cuts, silence, slow lines, clock jumps and full disks: each at the bureau once, byte for byte."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.bench.delivery_chaos import ChaosSettings, judge, run
from agent.bench.delivery_files import IMAGES, small_car, tcn_of, ten_print_car
from agent.bench.delivery_parts import CORE_DATABASE, TABLES
from agent.nist.codec import parse
from agent.store.database import Database
from agent.training.broker import nats_server


@pytest.fixture
def short() -> Iterator[Path]:
    """A path that leaves room for a UNIX socket's name."""
    with tempfile.TemporaryDirectory(prefix="lsc-", dir="/tmp") as name:
        yield Path(name)


def test_the_small_transaction_is_an_ansi_nist_file() -> None:
    assert parse(small_car(17, 4_000)).tcn == tcn_of(17)


def test_the_large_one_is_images() -> None:
    data = ten_print_car(17, 1_000_000)
    assert 0.99e6 < len(data) < 1.01e6
    assert [record.type for record in parse(data).records] == [1, 2, *[4] * IMAGES]


@pytest.mark.long
@pytest.mark.timeout(280)
def test_two_hundred_transactions_through_every_trouble(short: Path) -> None:
    nats_server()
    settings = ChaosSettings(200, seed=7, between=(0.1, 0.6), longest=120)
    verdict = run(settings, short, print)
    assert (verdict.lost, verdict.doubled, verdict.altered, verdict.strange) == (0, 0, 0, 0), verdict.as_json()
    assert verdict.kills > 0


def test_what_was_accepted_and_never_came_is_counted_as_lost(short: Path) -> None:
    database = Database(short / "core" / CORE_DATABASE, TABLES)
    database.write_now(lambda db: db.execute("INSERT INTO sent (number, tcn, content, txid) VALUES (1, 'T', 'c', 'e')"))
    database.close()
    verdict = judge(short, ChaosSettings(2, seed=1))
    assert (verdict.transactions, verdict.lost) == (1, 2), "one did not come, one was never made"
