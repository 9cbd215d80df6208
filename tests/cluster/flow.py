"""Transactions that flow through a cluster: sealed, handed to the product's uplink, receipted by the bureau, judged by real keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.casework.letters import ReceiptLetter, ReplyLetter, read_letter
from agent.clock import SystemClock
from agent.delivery.courier import CourierSettings
from agent.delivery.mqtt import MqttSettings
from agent.delivery.pacing import Retry
from agent.handover.core_end import CoreEnd
from agent.model.booking import BookingId
from agent.model.messages import Environment, MessageKind, Routing
from agent.signing.keys import StationKeys
from agent.signing.seal import seal
from agent.uplink import UplinkSettings, run_uplink
from tests.casework.bench import BUREAU, STATION, car
from tests.handover.cores import SmallCore

CHUNK = 2048  # bytes: several messages for each of these small transactions


class JudgingCore(SmallCore):
    """Releases an envelope only for a receipt that real keys believe."""

    def __init__(self, directory: Path, keys: StationKeys) -> None:
        super().__init__(directory)
        self.keys = keys
        self.sealed: dict[str, str] = {}  # TCN to content digest
        self.receipted_at: list[float] = []  # monotonic s
        self.replies: list[tuple[str, str]] = []  # (TCN, content digest), one for each that came

    def take_one(self, number: int) -> None:
        tcn = f"{STATION}-{number:026d}"
        routing = Routing(MessageKind.TRANSACTION, STATION, tcn, BUREAU, Environment.TRAINING)
        content = car(tcn, BookingId(f"20261124-{number:08d}"))
        envelope = seal(content, routing, signer=self.keys.signer, recipient=self.keys.bureau, now=SystemClock().now())
        self.sealed[tcn] = envelope.content_sha256
        self.seal(envelope.data)

    async def inbound(self, rid: str, data: bytes) -> None:
        known = rid in self.column("SELECT rid FROM inbound")
        await super().inbound(rid, data)
        letter = read_letter(data, self.keys, SystemClock().now())
        if isinstance(letter, ReceiptLetter):
            receipt = letter.receipt.receipt
            assert self.sealed[receipt.tcn] == receipt.content_sha256
            self.receipted_at.append(time.monotonic())
            await self.receipted(receipt.envelope_sha256)
        elif isinstance(letter, ReplyLetter) and not known:
            self.replies.append((letter.routing.tcn, letter.content_sha256))

    def unreceipted(self) -> int:
        return len(self.pending())


@asynccontextmanager
async def station(directory: Path, keys: Path, port: int) -> AsyncIterator[JudgingCore]:
    """A core that judges and the product's uplink, joined by the handover."""
    directory.mkdir()
    core = JudgingCore(directory, StationKeys.load(keys, environment=Environment.TRAINING))
    core.end = CoreEnd(directory / "h.sock", source=core, sink=core)
    await core.end.start()
    own = keys / "station"
    link = MqttSettings(
        "127.0.0.1", port, STATION, ca=keys / "ca" / "ca.crt", cert=own / "tls.crt", key=own / "tls.key", retry_first=0.2, retry_max=2.0
    )
    courier = CourierSettings(retry=Retry(5.0, 20.0), chunk=CHUNK)
    ready = asyncio.Event()
    task = asyncio.create_task(run_uplink(UplinkSettings(STATION, directory / "up", directory / "h.sock", link, courier), ready=ready.set))
    try:
        await ready.wait()
        yield core
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await core.end.close()
        core.database.close()
