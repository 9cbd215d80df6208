"""From fourteen prints to a sealed file on disk, and to paper; the encoder beside Pillow's own WSQ plug-in in one process.

The prints are those of a file, or drawn ones of the nominal sizes of EBTS 11.0 §3.8.4 (ten rolls, two slaps, two thumbs: 11.8 megapixels).
"""

from __future__ import annotations

import asyncio
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import wsq
from PIL import Image

from agent.bench.figures import Figure
from agent.booking.sealing import problems_of
from agent.card.render import card_pdf, pages_png
from agent.clock import SystemClock
from agent.imaging.pictures import decode_image
from agent.model.booking import Arrest, Booking, BookingId, Charge, Subject
from agent.model.fingers import Position
from agent.model.impression import DeviceTag, GrayImage, Impression, ImpressionKind
from agent.model.messages import Environment, MessageKind, Routing
from agent.nist.codec import parse
from agent.signing.keys import StationKeys, init_training
from agent.signing.seal import seal
from agent.store.files import write_durably
from agent.submission.build import StationIdentity, build_car
from agent.submission.images import EncodedImage, encode_print
from agent.submission.pictures import fingers, pictures_of
from agent.submission.profiles import CAR, CAR_14, PLAINS, Profile
from agent.workers import Workers

assert wsq is not None  # registers with Pillow

ENCODE_TARGET, SEAL_TARGET = 700.0, 900.0  # ms
_NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
_TCN = "LS-0001-01JDBENCH00000000000000000"
_IDENTITY = StationIdentity(ori="ZZ0010000", dai="ZZSIB0000", cri=("ZZ0010000",))
_DEVICE = DeviceTag("BENCH", "DRAWN", "0", "0", simulated=True)


def measure(runs: int, file: Path | None, say: Callable[[str], None]) -> list[Figure]:
    """`runs` counted runs after one that is not counted."""
    prints = drawn_prints() if file is None else prints_of(file.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        init_training(Path(folder) / "keys", station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock())
        return asyncio.run(_measured(prints, runs, Path(folder), say))


def drawn_prints() -> dict[Position, GrayImage]:
    """Waves of nine pixels with a little noise: they compress like clear prints."""
    return {position: _drawn(int(position), *_nominal(position)) for position in CAR.positions}


def prints_of(data: bytes) -> dict[Position, GrayImage]:
    """The fourteen images of a file of one's own: decoded in this process."""
    found = fingers(pictures_of(parse(data)))
    return {position: decode_image(picture.data) for position, picture in found.items() if position in CAR.positions}


async def _measured(prints: Mapping[Position, GrayImage], runs: int, folder: Path, say: Callable[[str], None]) -> list[Figure]:
    workers = Workers(2)
    try:
        await workers.warm()
        rows: dict[str, list[float]] = {}
        for run in range(runs + 1):
            say(f"run {run} of {runs}")
            for name, value in (await _one(prints, workers, folder)).items():
                rows.setdefault(name, []).append(value)
    finally:
        workers.close()
    targets = {_ENCODE: ENCODE_TARGET}
    figures = [Figure(name, "ms", tuple(values[1:]), targets.get(name)) for name, values in rows.items()]
    return [*figures, Figure(f"{_SEAL}, p95", "ms", (_p95(rows[_SEAL][1:]),), SEAL_TARGET)]


_ENCODE = "encode 14 images, 2 workers"
_PEER = "the same by Pillow's WSQ plug-in, 1 process"
_SEAL = "build, check, decode back, sign, write"


async def _one(prints: Mapping[Position, GrayImage], workers: Workers, folder: Path) -> dict[str, float]:
    watch = _Watch()
    images = await _encoded(prints, workers)
    watch.lap(_ENCODE)
    for pixels in prints.values():
        Image.fromarray(pixels).save(io.BytesIO(), "WSQ")
    watch.lap(_PEER)
    booking = _booking(prints)
    car = await _sealed(booking, images, workers, folder)
    watch.lap(_SEAL)
    _built(booking, images, CAR_14)
    watch.lap("build a CAR of Type-14")
    pdf = await card_pdf(car, workers)
    watch.lap("card as PDF")
    pages_png(pdf)
    watch.lap("its pages as PNG, 500 dpi")
    return watch.laps


async def _encoded(prints: Mapping[Position, GrayImage], workers: Workers) -> dict[Position, EncodedImage]:
    tasks = [workers.run(encode_print, pixels, 500, 500, "livescan-agent") for pixels in prints.values()]
    return dict(zip(prints, await asyncio.gather(*tasks), strict=True))


async def _sealed(booking: Booking, images: Mapping[Position, EncodedImage], workers: Workers, folder: Path) -> bytes:
    """What the core does between the last finger and the handover."""
    car = _built(booking, images, CAR)
    problems = await problems_of(car, workers)
    assert not problems, problems
    keys = StationKeys.load(folder / "keys", environment=Environment.TRAINING)
    routing = Routing(MessageKind.TRANSACTION, "LS-0001", _TCN, "SIB-TRAINING", Environment.TRAINING)
    envelope = seal(car, routing, signer=keys.signer, recipient=keys.bureau, now=datetime.now(UTC))
    write_durably(folder / "envelope.cms", envelope.data)
    return car


def _built(booking: Booking, images: Mapping[Position, EncodedImage], profile: Profile) -> bytes:
    return build_car(booking, tcn=_TCN, made_at=_NOW, station=_IDENTITY, images=images, profile=profile)


def _booking(prints: Mapping[Position, GrayImage]) -> Booking:
    subject = Subject("BENCH,BEN", "XX", "19800101", "X", "U", "509", "170", "BRO", "BLK")
    kinds = {position: ImpressionKind.PLAIN if position in PLAINS else ImpressionKind.ROLLED for position in prints}
    taken = {position: Impression(position, kinds[position], pixels, 500, 1, _DEVICE, _NOW) for position, pixels in prints.items()}
    arrest = Arrest(date(2026, 11, 24), (Charge("BENCH RECORD, NOT AN ARREST"),))
    return Booking(BookingId("20261124-BENCH000"), _NOW, "bench", subject, arrest, impressions=taken)


def _nominal(position: Position) -> tuple[int, int]:
    """Rows and columns."""
    if position in (Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR):
        return 1500, 1600
    return (1000, 500) if position in PLAINS else (750, 800)


def _drawn(seed: int, rows: int, columns: int) -> GrayImage:
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    middle = ((x - columns / 2) ** 2 / columns + (y - rows / 2) ** 2 / rows) / 40
    noise = np.random.default_rng(seed).normal(0, 6, (rows, columns))
    return np.asarray(np.clip(128 + 90 * np.sin((x + 0.3 * y + 20 * middle) * 2 * np.pi / 9) + noise, 0, 255), np.uint8)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


class _Watch:
    """Wall time between laps, in ms."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = (now - self._last) * 1000
        self._last = now
