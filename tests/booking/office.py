"""A booking office without devices and network: real ledger, vault, casework, keys and workers; the scanner is a row of prints."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from agent.audit.entries import Entry as Audited
from agent.booking import corrections, leaving, ledger, tcns
from agent.booking.corrections import Corrections
from agent.booking.desk import Desk
from agent.booking.facts import Facts
from agent.booking.importing import Importer
from agent.booking.leaving import Leaving
from agent.booking.ledger import Entry, KnownNumbers, Ledger
from agent.booking.outbound import Outbound
from agent.booking.photos import Photos
from agent.booking.prints import Prints
from agent.booking.records import Parts, Records
from agent.booking.sealing import SealedTo, Sealer
from agent.booking.states import BookingState
from agent.booking.tcns import TcnBook
from agent.capture.camera import Camera
from agent.capture.keeping import Keeper
from agent.capture.plan import Step
from agent.capture.troubles import Troubles
from agent.casework.desk import MIGRATIONS, Casework
from agent.casework.events import CaseEvent, EventKind
from agent.clock import Clock, SystemClock
from agent.decoding.desk import Decoder
from agent.model.booking import Arrest, BookingId, Charge, Subject
from agent.model.fingers import Position
from agent.model.impression import DeviceTag, Impression
from agent.model.messages import Environment
from agent.quality.thresholds import QualityThresholds
from agent.signing.keys import BureauKeys, StationKeys, init_training
from agent.signing.verify import Opened, open_envelope
from agent.store.database import Database
from agent.store.vault import Vault
from agent.submission.build import StationIdentity
from agent.submission.profiles import CAR, Profile
from agent.workers import Workers
from tests.casework.bench import POLICY

T = TypeVar("T")
STATION = "LS-0001"
ALL = (ledger.SCHEMA, *MIGRATIONS, tcns.SCHEMA, corrections.SCHEMA, leaving.SCHEMA, leaving.SEALED_WITH)  # of the database
DEVICE = DeviceTag("TRAINING", "ROW OF PRINTS", "0001", "1.0", simulated=True)
IDENTITY = StationIdentity(ori="NY0303000", dai="NYSIB0000", cri=("NY0303000",))
FACTS = Facts(
    Subject("TRAINING,SAM", "XX", "19850214", "X", "U", "509", "170", "BRO", "BLK"),
    Arrest(date(2026, 11, 24), (Charge("TRAINING RECORD"),)),
)


class RowOfPrints:
    """Instead of a scanner: every position asked for is taken at once."""

    def __init__(self) -> None:
        self.taken: list[Position] = []

    async def run(
        self,
        booking_id: BookingId,
        steps: Sequence[Step],
        done: Collection[Position],
        keeper: Keeper,
    ) -> None:
        for step in steps:
            if step.position not in done:
                self.taken.append(step.position)
                pixels = ridges(int(step.position) + 50 * len(self.taken))
                await keeper.accept(Impression(step.position, step.kind, pixels, 500, 1, DEVICE, datetime.now(UTC)))


def ridges(seed: int) -> np.ndarray:
    """64 x 64 pixels of something like ridges."""
    y, x = np.mgrid[0:64, 0:64]
    return (127 + 100 * np.sin((x * (seed % 7 + 3) + y * 5) / 9 + seed)).astype(np.uint8)


class Office:
    def __init__(
        self, folder: Path, *, profile: Profile = CAR, camera: str = "", undo: float = 0.0, clock: Clock | None = None,
        migrations: Sequence[str] = ALL,
    ) -> None:  # fmt: skip
        if not (folder / "keys").exists():
            init_training(folder / "keys", station=STATION, bureau="SIB-TRAINING", clock=SystemClock())
        self._loop = asyncio.Runner()  # the workers belong to one loop
        self.keys = StationKeys.load(folder / "keys", environment=Environment.TRAINING)
        self.bureau = BureauKeys.load(folder / "keys", environment=Environment.TRAINING)
        clock = clock or SystemClock()
        self.database = Database(folder / "core.sqlite", migrations)
        vault = self.vault = Vault(folder / "bookings", self.keys.storage_key)
        self.casework = Casework(self.database, vault, self.keys, clock, lambda: POLICY)
        self.ledger = Ledger(self.database, self._journal)
        self.prints = Prints(vault)
        self.tcns = TcnBook(self.database, STATION)
        self.lost: list[str] = []
        self.leaving = Leaving(self.database, self._journal, clock, timedelta(seconds=undo))
        self.reminded: list[float] = []
        self.outbound = Outbound(folder / "outbound", self.ledger, STATION, leaving=self.leaving, say=self._say)
        self.outbound.lost = self.lost.append
        self.outbound.later = self.reminded.append
        self.workers = Workers(2)
        self.decoder = Decoder(self.workers)
        self.scanner = RowOfPrints()
        self.said: list[Mapping[str, Any]] = []
        self.noted: list[Audited] = []
        to = SealedTo(STATION, IDENTITY, "SIB-TRAINING", self.keys.bureau, Environment.TRAINING, profile, software="livescan-agent test")
        photos, corrected = Photos(vault), Corrections(self.database)
        self.sealer = Sealer(
            ledger=self.ledger, prints=self.prints, photos=photos, tcns=self.tcns, corrections=corrected, outbound=self.outbound,
            decoder=self.decoder, signer=self.keys.signer, to=to, clock=clock, say=self._say,
        )  # fmt: skip
        self.desk = Desk(
            ledger=self.ledger, prints=self.prints, capture=self.scanner, sealer=self.sealer, clock=clock, say=self._say,
            offer=lambda: None, precheck=lambda _facts: None,
        )  # fmt: skip
        importer = Importer(self.ledger, self.prints, self.decoder, QualityThresholds(), clock)
        parts = Parts(self.ledger, self.prints, photos, corrected, self.tcns, self.sealer, self.outbound, importer, self.decoder, clock)
        self.records = Records(
            parts,
            camera=Camera(camera, clock, Troubles(folder / "camera.json", clock)),
            say=self._say,
            wake=self.desk.wake,
            offer=lambda: None,
            note=self._note,
        )

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(coroutine)

    async def settled(self, booking_id: str, state: BookingState = BookingState.SEALED) -> None:
        """Until the desk has brought the booking there."""
        working = asyncio.create_task(self.desk.work())
        try:
            async with asyncio.timeout(30):
                while (row := self.ledger.booking(booking_id)) is None or row.state is not state:
                    assert not working.done(), working.exception()
                    await asyncio.sleep(0.02)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    def opened(self, envelope: bytes) -> bytes:
        """What the bureau finds in it."""
        return self._found(envelope).content

    def remarks(self, envelope: bytes) -> str:
        """What the bureau finds beside it."""
        return self._found(envelope).remarks

    def _found(self, envelope: bytes) -> Opened:
        found = open_envelope(
            envelope, openers=self.bureau.openers, trust=self.bureau.ca, expect=Environment.TRAINING, now=datetime.now(UTC)
        )
        assert found.facts.ok
        return found

    def close(self) -> None:
        self.workers.close()
        self._loop.close()
        self.database.close()

    async def _note(self, entry: Audited) -> None:
        self.noted.append(entry)

    def _say(self, event: Mapping[str, Any]) -> None:
        self.said.append(event)

    def _journal(self, connection: Any, booking_id: BookingId, entry: Entry) -> None:
        """As the core does it."""
        event = CaseEvent(EventKind(entry.kind), entry.at, entry.tcn, entry.content_sha256, entry.envelope_sha256)
        known = entry.known or KnownNumbers()
        self.casework.record_within(connection, booking_id, event, fbi_numbers=known.fbi, state_id=known.state_id)
