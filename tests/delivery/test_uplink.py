"""One uplink between a small core and a small bureau, over a real broker: what must hold whatever fails."""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.delivery import topics
from agent.errors import ConfigError
from agent.uplink import run_uplink
from tests.delivery.brokers import Broker, free_port
from tests.delivery.bureau import SmallBureau, cut, receipt_for
from tests.delivery.stories import UplinkProcess, all_released, core_at, options_at, spool, tell, until, uplink_at
from tests.delivery.uplink_process import settings_from

CHANCE = random.Random(20261124)


def envelopes(count: int, length: int = 20_000) -> list[bytes]:
    return [CHANCE.randbytes(length) for _ in range(count)]


def test_an_envelope_reaches_the_bureau_and_only_its_receipt_frees_the_payload(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port, answers=lambda txid: False) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, broker.port) as state:
                (envelope,) = envelopes(1, 300_000)
                txid = core.seal(envelope)
                await until(lambda: "sent" in core.stages(txid) and bureau.arrivals[txid])
                assert bureau.store[txid] == envelope
                assert spool(state) == [txid], "the broker's acknowledgement is not delivery"
                bureau.send("LS-0001", receipt_for(txid))
                await until(all_released(core, 1))
                assert spool(state) == []
                assert core.stages(txid) == {"queued", "sent"}
                await until(lambda: len(bureau.acks) == 1)

    tell(story)


def test_the_whole_way_with_the_uplink_as_its_own_process(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port) as bureau:
            async with core_at(tmp_path) as core:
                with UplinkProcess(tmp_path, broker.port) as uplink:
                    await uplink.ready()
                    sent = {core.seal(data): data for data in envelopes(6, 200_000)}
                    await until(all_released(core, 6))
                    assert bureau.store == sent
                    uplink.terminate()
                    assert await uplink.ended() == 0
                await until(lambda: bureau.stations[-1:] == [False])

    tell(story)


def test_it_is_ready_without_core_and_without_broker(tmp_path: Path) -> None:
    async def story() -> None:
        with UplinkProcess(tmp_path, free_port()) as uplink:
            await asyncio.wait_for(uplink.ready(), 10)
            uplink.terminate()
            assert await uplink.ended() == 0

    tell(story)


def test_a_killed_uplink_is_offline_for_the_bureau(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port) as bureau, UplinkProcess(tmp_path, broker.port) as uplink:
            await until(lambda: bureau.stations == [True])
            uplink.kill()
            await until(lambda: bureau.stations == [True, False])

    tell(story)


def test_four_without_receipt_are_on_the_way_and_no_more(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port, answers=lambda txid: False) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, nats.port, retry=60):
                txids = [core.seal(data) for data in envelopes(7)]
                await until(lambda: all("sent" in core.stages(txid) for txid in txids[:4]))
                await asyncio.sleep(0.5)
                assert set(bureau.arrivals) == set(txids[:4])
                bureau.send("LS-0001", receipt_for(txids[1]))
                await until(lambda: bureau.arrivals[txids[4]])
                await asyncio.sleep(0.3)
                assert set(bureau.arrivals) == set(txids[:5])

    tell(story)


def test_without_a_receipt_all_chunks_are_sent_again(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port, answers=lambda txid: bureau.arrivals[txid] == 3) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, nats.port, retry=0.2):
                txid = core.seal(envelopes(1, 300_000)[0])
                await until(all_released(core, 1))
                assert bureau.arrivals[txid] == 3
                assert len(bureau.chunks) == 9

    tell(story)


def test_envelopes_the_bureau_never_answers_do_not_keep_the_others_from_it(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        poison: set[str] = set()
        with SmallBureau(nats.port, answers=lambda txid: txid not in poison) as bureau:
            async with core_at(tmp_path) as core:
                poison.update(core.seal(data) for data in envelopes(5))
                good = [core.seal(data) for data in envelopes(5)]
                async with uplink_at(tmp_path, nats.port, retry=0.3):
                    await until(all_released(core, 5))
                    assert set(good) <= set(bureau.store)

    tell(story)


def test_nothing_is_sent_while_the_bureau_is_offline_and_all_of_it_once_it_is_back(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port) as bureau:
            bureau.say_status(online=False)
            async with core_at(tmp_path) as core, uplink_at(tmp_path, broker.port) as state:
                txids = [core.seal(data) for data in envelopes(3)]
                await until(lambda: len(spool(state)) == 3)
                await asyncio.sleep(1.0)
                assert bureau.chunks == []
                bureau.say_status(online=True)
                await until(all_released(core, 3))
                assert set(bureau.store) == set(txids)

    tell(story)


def test_a_bureau_that_returns_is_sent_at_once_what_it_had_not_answered(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port, answers=lambda txid: bureau.arrivals[txid] > 1) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, nats.port, retry=600):
                txid = core.seal(envelopes(1)[0])
                await until(lambda: "sent" in core.stages(txid))
                bureau.say_status(online=False)
                bureau.say_status(online=True)
                await until(all_released(core, 1))

    tell(story)


def test_a_status_that_is_nonsense_changes_nothing(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port, status=False) as bureau:
            bureau.client.publish(topics.BUREAU_STATUS, b"\xff{", qos=1, retain=True).wait_for_publish(5)
            async with core_at(tmp_path) as core, uplink_at(tmp_path, nats.port):
                core.seal(envelopes(1)[0])
                await until(all_released(core, 1))

    tell(story)


def test_a_broker_killed_in_the_middle_of_a_transfer_loses_nothing(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, broker.port, retry=1.0, chunk=10_000):
                sent = {core.seal(data): data for data in envelopes(8, 300_000)}
                for mark in (20, 120):
                    await until(lambda mark=mark: len(bureau.chunks) > mark)  # type: ignore[misc]
                    broker.kill()
                    await asyncio.sleep(0.1)
                    broker.start()
                await until(all_released(core, 8), 40)
                assert bureau.store == sent

    tell(story)


def test_an_uplink_that_lost_its_disk_loses_nothing(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        silent = True
        with SmallBureau(nats.port, answers=lambda txid: not silent) as bureau:
            async with core_at(tmp_path) as core:
                with UplinkProcess(tmp_path, nats.port, retry=600) as uplink:
                    sent = {core.seal(data): data for data in envelopes(6)}
                    await until(lambda: len(bureau.arrivals) == 4)
                    uplink.kill()
                shutil.rmtree(tmp_path / "uplink")
                silent = False
                with UplinkProcess(tmp_path, nats.port, retry=600):
                    await until(all_released(core, 6))
                assert bureau.store == sent
                assert spool(tmp_path / "uplink") == []

    tell(story)


def test_an_uplink_that_lost_its_payloads_asks_the_core_for_them(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        silent = True
        with SmallBureau(nats.port, answers=lambda txid: not silent):
            async with core_at(tmp_path) as core:
                async with uplink_at(tmp_path, nats.port, retry=600) as state:
                    txids = [core.seal(data) for data in envelopes(2)]
                    await until(lambda: all("sent" in core.stages(txid) for txid in txids))
                (state / "spool" / txids[0]).unlink()
                (state / "spool" / txids[1]).write_bytes(b"x" * 20_000)
                silent = False
                async with uplink_at(tmp_path, nats.port, retry=600):
                    await until(all_released(core, 2))
                assert min(core.loaded.count(txid) for txid in txids) >= 2
                assert "held" in core.stages(txids[1])

    tell(story)


def test_replies_in_any_order_with_duplicates_and_damage_arrive_once_and_whole(broker: Broker, tmp_path: Path) -> None:
    def shuffled(messages: list[bytes]) -> list[bytes]:
        damaged = [message[:-1] + bytes([message[-1] ^ 1]) for message in messages]
        mixed = damaged + messages + messages[:2] + [b"", b"LSCK", messages[0][:80]]
        CHANCE.shuffle(mixed)
        return [message for message in mixed if len(message) >= 16]

    async def story() -> None:
        with SmallBureau(broker.port) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, broker.port):
                await until(lambda: bureau.stations)
                replies = envelopes(4, 90_000)
                rids = [bureau.send("LS-0001", reply, size=20_000, order=shuffled) for reply in replies]
                await until(lambda: all(bureau.acks[rid] for rid in rids))
                await until(lambda: len(core.column("SELECT rid FROM inbound")) == 4)
                assert set(core.column("SELECT data FROM inbound")) == set(replies)
                bureau.send("LS-0001", replies[0], size=20_000)
                await until(lambda: bureau.acks[rids[0]] > 1)
                assert core.column("SELECT max(times) FROM inbound") == [1]

    tell(story)


def test_a_reply_of_more_chunks_than_a_broker_leaves_unacknowledged_arrives(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, broker.port):
                await until(lambda: bureau.stations)
                (reply,) = envelopes(1, 60_000)
                bureau.send("LS-0001", reply, size=1_000)
                await until(lambda: core.column("SELECT data FROM inbound") == [reply])

    tell(story)


def test_a_reply_sent_while_the_uplink_was_down_waits_at_the_broker(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port) as bureau:
            async with core_at(tmp_path) as core:
                with UplinkProcess(tmp_path, broker.port) as uplink:
                    await until(lambda: bureau.stations == [True])
                    uplink.kill()
                (reply,) = envelopes(1)
                bureau.send("LS-0001", reply)
                async with uplink_at(tmp_path, broker.port):
                    await until(lambda: core.column("SELECT data FROM inbound") == [reply])

    tell(story)


def test_topic_and_header_that_differ_are_dropped_with_one_line(nats: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        with SmallBureau(nats.port) as bureau, caplog.at_level(logging.WARNING):
            async with core_at(tmp_path) as core, uplink_at(tmp_path, nats.port):
                await until(lambda: bureau.stations)
                bureau.send_raw("LS-0001", "ab" * 32, cut(b"other bytes")[0])
                bureau.client.publish("fp/v1/st/LS-0001/rx/x/y/z", b"?", qos=1)
                (reply,) = envelopes(1)
                bureau.send("LS-0001", reply)
                await until(lambda: core.column("SELECT data FROM inbound") == [reply])
        assert len([record for record in caplog.records if "differ" in record.message or "not ours" in record.message]) == 2

    tell(story)


def waiting(folder: Path) -> int:
    """Replies that the uplink has and the core has not."""
    with closing(sqlite3.connect(f"file:{folder / 'uplink' / 'uplink.db'}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM inbound WHERE handed_at IS NULL").fetchone()[0])


def test_replies_wait_at_the_uplink_while_the_core_is_down(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port) as bureau:
            async with uplink_at(tmp_path, nats.port):
                await until(lambda: bureau.stations == [True])
                (reply,) = envelopes(1)
                rid = bureau.send("LS-0001", reply)
                await until(lambda: waiting(tmp_path))
                assert not bureau.acks[rid], "the core does not have it yet, so the bureau still owes it"
            async with uplink_at(tmp_path, nats.port), core_at(tmp_path) as core:
                await until(lambda: core.column("SELECT data FROM inbound") == [reply])
                await until(lambda: not waiting(tmp_path))
                bureau.send("LS-0001", reply)
                await until(lambda: bureau.acks[rid])

    tell(story)


def test_a_reply_survives_the_loss_of_the_uplinks_disk(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port) as bureau:
            (reply,) = envelopes(1)
            async with uplink_at(tmp_path, nats.port):
                await until(lambda: bureau.stations == [True])
                rid = bureau.send("LS-0001", reply)
                await until(lambda: waiting(tmp_path))
            shutil.rmtree(tmp_path / "uplink")
            assert not bureau.acks[rid]
            bureau.stations.clear()
            async with uplink_at(tmp_path, nats.port), core_at(tmp_path) as core:
                await until(lambda: True in bureau.stations)  # its session is a new one: what was sent before does not wait there
                bureau.send("LS-0001", reply)
                await until(lambda: core.column("SELECT data FROM inbound") == [reply])
                await until(lambda: bureau.acks[rid])

    tell(story)


def test_receipts_come_quickly(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port):
            async with core_at(tmp_path) as core, uplink_at(tmp_path, nats.port):
                core.seal(envelopes(1)[0])
                await until(all_released(core, 1))
                began = time.monotonic()
                core.seal(envelopes(1, 1_000_000)[0])
                await until(all_released(core, 2))
                assert time.monotonic() - began < 2.0

    tell(story)


def test_two_uplinks_never_work_in_one_directory(tmp_path: Path) -> None:
    async def story() -> None:
        async with uplink_at(tmp_path, free_port()):
            with pytest.raises(ConfigError, match="Another uplink"):
                await run_uplink(settings_from(options_at(tmp_path, free_port())), ready=lambda: None)
        async with uplink_at(tmp_path, free_port()):
            pass

    tell(story)


def test_the_newest_report_is_retained_and_told_again_on_every_connection(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port) as bureau:
            heard: list[bytes] = []

            def hear(_client: object, _data: object, message: Any) -> None:
                heard.append(message.payload)

            bureau.client.message_callback_add(topics.report("LS-0001"), hear)
            async with core_at(tmp_path) as core, uplink_at(tmp_path, broker.port):
                assert core.end is not None
                core.end.report(b"first")
                core.end.report(b"second")
                bureau.client.subscribe(topics.ALL_REPORTS, 1)
                await until(lambda: heard and heard[-1] == b"second")
                broker.kill()
                (tmp_path / "broker" / "mosquitto.db").unlink(missing_ok=True)
                heard.clear()
                broker.start()
                await until(bureau.client.is_connected, 30)
                bureau.client.subscribe(topics.ALL_REPORTS, 1)
                await until(lambda: b"second" in heard, 30)

    tell(story)
