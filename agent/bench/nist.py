"""Reading, writing, checking and sending a fourteen-image CAR: how long each takes, with nistitl (IDEMIA) beside it where it is installed.

Drawn prints of nominal size, made by `agent.conformance`; a temporary station with real keys, ledger, vault and worker processes. Sealing
is timed as the desk does it (`booking.sealing.Sealer`): prints read back from the vault, built, checked, every image decoded again, kept,
signed, sealed, on disk, committed. A booking that came from a file is not compressed a second time: the figure without compression.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.bench.figures import Figure
from agent.booking import corrections, leaving, ledger, tcns
from agent.booking.corrections import Corrections
from agent.booking.facts import Facts
from agent.booking.leaving import Leaving
from agent.booking.ledger import Ledger
from agent.booking.outbound import Outbound
from agent.booking.photos import Photos
from agent.booking.prints import Prints
from agent.booking.sealing import SealedTo, Sealer
from agent.booking.tcns import TcnBook
from agent.clock import SystemClock
from agent.conformance.person import ARREST, DEVICE, MADE_AT, SUBJECT, booking
from agent.conformance.prints import SOFTWARE, draw
from agent.decoding.desk import Decoder
from agent.imaging.pictures import decode_image
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import GrayImage, Impression, ImpressionKind
from agent.model.messages import Environment
from agent.nist.check import check
from agent.nist.codec import build, parse
from agent.signing.keys import StationKeys, init_training
from agent.store.database import Database
from agent.store.vault import Vault
from agent.submission.build import StationIdentity, build_car
from agent.submission.images import EncodedImage, encode_print
from agent.submission.profiles import CAR
from agent.submission.reopen import reopen
from agent.workers import Workers

PARSE_TARGET, BUILD_TARGET, CHECK_TARGET = 2.0, 3.0, 10.0  # ms
ENCODE_TARGET = 700.0  # ms, fourteen images on two processes
SEAL_TARGET = 900.0  # ms, 95th percentile, without compression
PROCESSES = 2
_REPEATS = 20  # calls of a short function in each run
_IDENTITY = StationIdentity(ori="NY0303000", dai="NYSIB0000", cri=("NY0303000",))
_STATION, _BUREAU = "LS-BENCH", "SIB-TRAINING"

Tell = Callable[[str], None]


def measure(runs: int, tell: Tell) -> list[Figure]:
    """`runs` counted runs of each figure, after one that is not counted."""
    return asyncio.run(_measure(runs, tell))


async def _measure(runs: int, tell: Tell) -> list[Figure]:
    tell("drawing fourteen prints")
    taken = {position: _impression(position) for position in CAR.positions}
    workers = Workers(PROCESSES)
    try:
        await workers.warm()
        tell("compression")
        images, encoding = await _encoding(runs, taken.values(), workers)
        car = build_car(replace(booking(1), impressions=taken), tcn="BENCH-0000000001", made_at=MADE_AT, station=_IDENTITY, images=images)
        tell(f"codec and check, {len(car)} bytes")
        codec = list(_codec(runs, car))
        tell("sealing")
        spent = [await _spent(runs, taken.values(), workers), await _spent_on_reading(runs, car, workers)]
        return [*codec, encoding, *spent, *await _sealing(runs, taken, images, workers)]
    finally:
        workers.close()


def _impression(position: Position) -> Impression:
    kind = ImpressionKind.ROLLED if position <= Position.LEFT_LITTLE else ImpressionKind.PLAIN
    return Impression(position, kind, draw(position), 500, 1, DEVICE, MADE_AT)


def _timed(runs: int, once: Callable[[], object]) -> tuple[float, ...]:
    """Milliseconds of one call, the median of twenty, `runs` times."""
    return tuple(sorted(_ms(once) for _ in range(_REPEATS))[_REPEATS // 2] for _ in range(runs + 1))[1:]


def _ms(once: Callable[[], object]) -> float:
    started = time.perf_counter()
    once()
    return (time.perf_counter() - started) * 1000


def _codec(runs: int, car: bytes) -> Iterator[Figure]:
    tx = parse(car)
    yield Figure(f"parse of a CAR, {len(tx.records) - 2} images", "ms", _timed(runs, lambda: parse(car)), PARSE_TARGET)
    if _nistitl() is not None:
        yield Figure("peer: nistitl, the same", "ms", _timed(runs, lambda: _read_by_peer(car)))
    yield Figure("build of the same, verified", "ms", _timed(runs, lambda: build(tx)), BUILD_TARGET)
    if _nistitl() is not None:
        message = _read_by_peer(car)
        yield Figure("peer: nistitl, the same", "ms", _timed(runs, lambda: message.NIST))
    yield Figure("check of the same", "ms", _timed(runs, lambda: check(tx)), CHECK_TARGET)


def _nistitl() -> Any:
    return importlib.import_module("nistitl") if importlib.util.find_spec("nistitl") else None


def _read_by_peer(car: bytes) -> Any:
    message = _nistitl().Message()
    message.parse(car)
    return message


async def _encoding(runs: int, taken: Any, workers: Workers) -> tuple[dict[Position, EncodedImage], Figure]:
    values: list[float] = []
    images: dict[Position, EncodedImage] = {}
    for _ in range(runs + 1):
        started = time.perf_counter()
        coded = await asyncio.gather(*(workers.run(encode_print, one.pixels, 500, 500, SOFTWARE) for one in taken))
        values.append((time.perf_counter() - started) * 1000)
        images = {one.position: image for one, image in zip(taken, coded, strict=True)}
    return images, Figure(f"compression of {len(images)} images on {PROCESSES} processes", "ms", tuple(values[1:]), ENCODE_TARGET)


async def _spent(runs: int, taken: Any, workers: Workers) -> Figure:
    """CPU time, which says more than the wall clock where others work on the same cores."""
    values = [sum([await workers.run(_cpu_of_coding, one.pixels) for one in taken]) for _ in range(runs)]
    return Figure("CPU time of that compression, both processes together", "ms", tuple(values))


async def _spent_on_reading(runs: int, car: bytes, workers: Workers) -> Figure:
    values = [await workers.run(_cpu_of_reading, car) for _ in range(runs)]
    return Figure("CPU time of parse, check and decoding all images", "ms", tuple(values))


def _cpu_of_coding(pixels: GrayImage) -> float:
    """Milliseconds; in a worker."""
    started = time.process_time()
    encode_print(pixels, 500, 500, SOFTWARE)
    return (time.process_time() - started) * 1000


def _cpu_of_reading(car: bytes) -> float:
    """Milliseconds; in a worker."""
    started = time.process_time()
    reopen(car, decode_image)
    return (time.process_time() - started) * 1000


@dataclass(frozen=True)
class _Desk:
    """What sealing needs, in a temporary folder."""

    sealer: Sealer
    ledger: Ledger
    prints: Prints

    async def open(self, number: int, taken: Sequence[Impression], originals: dict[Position, EncodedImage] | None) -> BookingId:
        """A captured booking; with `originals` one whose prints came compressed."""
        booking_id = BookingId(f"BENCH-{number:06d}")
        await self.ledger.open_booking(booking_id, "bench", MADE_AT)
        await self.prints.keep_facts(booking_id, Facts(SUBJECT, ARREST))
        for one in taken:
            impression = replace(one, live=originals is None)
            await self.prints.keep(booking_id, impression)
            if originals is not None:
                await self.prints.keep_original(booking_id, impression, originals[one.position].data)
            await self.ledger.accept(booking_id, impression)
        await self.ledger.captured(booking_id, MADE_AT, overridden=False)
        return booking_id


@contextmanager
def _desk(workers: Workers) -> Iterator[_Desk]:
    with tempfile.TemporaryDirectory(prefix="livescan-bench-") as name:
        folder, clock = Path(name), SystemClock()
        init_training(folder / "keys", station=_STATION, bureau=_BUREAU, clock=clock)
        keys = StationKeys.load(folder / "keys", environment=Environment.TRAINING)
        database = Database(folder / "core.sqlite", (ledger.SCHEMA, tcns.SCHEMA, corrections.SCHEMA, leaving.SCHEMA, leaving.SEALED_WITH))
        try:
            yield _make(folder, keys, database, workers, clock)
        finally:
            database.close()


def _make(folder: Path, keys: StationKeys, database: Database, workers: Workers, clock: SystemClock) -> _Desk:
    vault = Vault(folder / "vault", keys.storage_key)
    book, prints = Ledger(database, lambda *_: None), Prints(vault)
    leave = Leaving(database, lambda *_: None, clock, timedelta())
    sealer = Sealer(
        ledger=book,
        prints=prints,
        photos=Photos(vault),
        tcns=TcnBook(database, _STATION),
        corrections=Corrections(database),
        outbound=Outbound(folder / "outbound", book, _STATION, leaving=leave, say=lambda _: None),
        decoder=Decoder(workers),
        signer=keys.signer,
        to=SealedTo(_STATION, _IDENTITY, _BUREAU, keys.bureau, Environment.TRAINING),
        clock=clock,
        say=lambda _: None,
    )
    return _Desk(sealer, book, prints)


async def _sealing(runs: int, taken: dict[Position, Impression], images: dict[Position, EncodedImage], workers: Workers) -> list[Figure]:
    with _desk(workers) as desk:
        compressed = await _seal_times(desk, max(runs, 20), list(taken.values()), images)
        whole = await _seal_times(desk, runs, list(taken.values()), None)
    high = sorted(compressed)[max(0, -(-len(compressed) * 95 // 100) - 1)]
    return [
        Figure("build, check, decode back, sign, enqueue", "ms", tuple(compressed)),
        Figure(f"the same, 95th percentile of {len(compressed)}", "ms", (high,), SEAL_TARGET),
        Figure("the same with compression, as after a capture", "ms", tuple(whole)),
    ]


async def _seal_times(desk: _Desk, runs: int, taken: Sequence[Impression], originals: dict[Position, EncodedImage] | None) -> list[float]:
    """Milliseconds of `Sealer.seal`, each for a booking of its own; the first is not counted."""
    values = []
    for number in range(runs + 1):
        booking_id = await desk.open(number + (0 if originals is None else 500_000), taken, originals)
        started = time.perf_counter()
        await desk.sealer.seal(booking_id)
        values.append((time.perf_counter() - started) * 1000)
    return values[1:]
