"""Images from outside: pixels or a refusal in words, whatever they are; a decoder that dies, hangs or lies spoils that one image only."""

from __future__ import annotations

import asyncio
import io
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.decoding import desk
from agent.decoding.desk import Decoder, DecoderAway
from agent.decoding.pixels import told
from agent.decoding.wire import FINGER, PHOTO, Asked, Form, Formats, Refusal, Told, write_told
from agent.imaging.codec import encode_wsq
from agent.imaging.jpeg2000 import encode_jp2
from agent.imaging.wsq_header import ImageError
from agent.workers import WorkerDied, WorkerHung, Workers

WAVES = (np.indices((64, 80)).sum(0) * 9 % 256).astype(np.uint8)


def encoded(name: str, mode: str = "L") -> bytes:
    out = io.BytesIO()
    Image.fromarray(WAVES).convert(mode).save(out, name)
    return out.getvalue()


MADE: dict[str, Callable[[], bytes]] = {
    "WSQ": lambda: encode_wsq(WAVES),
    "JPEG": lambda: encoded("JPEG"),
    "JPEG2000": lambda: encode_jp2(WAVES, 500),
    "PNG": lambda: encoded("PNG"),
}


def png_of(width: int, height: int) -> bytes:
    """A bomb: a few hundred bytes that say they are so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", MADE)
def test_every_format_becomes_pixels(name: str) -> None:
    grey = told(Asked(Form.GREY, FINGER, MADE[name](), 80, 64))
    assert grey.pixels is not None
    assert grey.pixels.shape == (64, 80)
    assert told(Asked(Form.COLOR, FINGER, MADE[name](), longest=40)).pixels.shape == (32, 40, 3)  # type: ignore[union-attr]


def test_pixels_as_they_are_stay_as_they_are() -> None:
    assert np.array_equal(told(Asked(Form.GREY, Formats.RAW, WAVES.tobytes(), 80, 64)).pixels, WAVES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (Asked(Form.GREY, FINGER, b"GIF89a"), Refusal.FORMAT),
        (Asked(Form.COLOR, PHOTO, encode_wsq(WAVES)), Refusal.FORMAT),
        (Asked(Form.GREY, FINGER, encode_wsq(WAVES), 64, 80), Refusal.OTHER_SIZE),
        (Asked(Form.GREY, Formats.RAW, bytes(5), 2, 3), Refusal.OTHER_SIZE),
        (Asked(Form.GREY, FINGER, png_of(30_000, 30_000)), Refusal.TOO_LARGE),
        (Asked(Form.COLOR, PHOTO, png_of(7_000, 7_000)), Refusal.TOO_LARGE),
        (Asked(Form.GREY, FINGER, png_of(3_000, 3_000)), Refusal.DAMAGED),
        (Asked(Form.GREY, FINGER, encode_wsq(WAVES)[:60]), Refusal.DAMAGED),
        (Asked(Form.GREY, FINGER, encoded("JPEG")[:200]), Refusal.DAMAGED),
    ],
    ids=["no picture", "not asked for", "other size", "raw of other size", "bomb", "color bomb", "cut PNG", "cut WSQ", "cut JPEG"],
)
def test_what_is_no_image_is_refused_with_its_reason(asked: Asked, refusal: Refusal) -> None:
    assert told(asked).refusal is refusal


@pytest.mark.parametrize("name", ["JPEG", "JPEG2000", "PNG"])
def test_a_damaged_image_is_pixels_or_a_refusal(name: str) -> None:
    """WSQ is left out here: damaged, it may end the process (which the core survives, below)."""
    chance, whole = random.Random(20261124), MADE[name]()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        answer = told(Asked(Form.GREY, FINGER, bytes(data)))
        assert (answer.pixels is None) != (answer.refusal is None)


# the unit, with a stand-in for systemd: a process for each connection


@pytest.fixture
def door(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "decode.sock"))
        listening.listen()
        yield listening


def decoded(door: socket.socket, serve: Callable[[socket.socket], None], ask: Callable[[Decoder], object]) -> object:
    """What comes of a question to a unit that `serve` is; no worker is there to help."""

    def loop() -> None:
        try:
            while True:
                connection, _ = door.accept()
                with connection:
                    serve(connection)
        except OSError:
            return

    threading.Thread(target=loop, daemon=True).start()

    async def asking() -> object:
        return await ask(Decoder(Workers(1), Path(door.getsockname())))  # type: ignore[misc]

    return asyncio.run(asking())


def shipped(connection: socket.socket) -> None:
    subprocess.run([sys.executable, "-m", "agent.decoding"], stdin=connection.fileno(), check=False)


def test_the_unit_answers_with_pixels_and_refuses_in_our_words(door: socket.socket) -> None:
    async def both(decoder: Decoder) -> np.ndarray:
        with pytest.raises(ImageError, match="none of the formats"):
            await decoder.grey(b"rubbish", FINGER)
        return await decoder.grey(MADE["PNG"](), FINGER, (80, 64))

    assert np.array_equal(decoded(door, shipped, both), WAVES)  # type: ignore[arg-type]


def says(answer: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(1 << 20)
        connection.sendall(answer)

    return serve


LIES = {
    "nothing": b"",
    "rubbish": b"\x89PNG" + bytes(100),
    "a page": b"HTTP/1.1 200 OK\r\n\r\n<script>",
    "half an answer": write_told(Asked(Form.GREY, FINGER, b"x"), Told(WAVES))[:900],
    "color": write_told(Asked(Form.COLOR, FINGER, b"x"), Told(np.zeros((64, 80, 3), np.uint8))),
    "another size": write_told(Asked(Form.GREY, FINGER, b"x"), Told(WAVES[:9])),
    "an unknown refusal": b"LSDA\x01\x63" + bytes(14),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_decoder_in_foreign_hands_is_not_believed(door: socket.socket, lie: str) -> None:
    with pytest.raises(WorkerDied, match="without an answer"):
        decoded(door, says(LIES[lie]), lambda decoder: decoder.grey(MADE["PNG"](), FINGER, (80, 64)))


def test_a_decoder_that_hangs_is_given_up(door: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "WITHIN", 0.2)
    held: list[socket.socket] = []
    with pytest.raises(WorkerHung, match="did not end"):
        decoded(door, lambda one: held.append(one.dup()), lambda decoder: decoder.grey(MADE["PNG"](), FINGER))


def test_a_unit_that_is_gone_is_a_refusal_and_nothing_is_decoded_at_home(door: socket.socket) -> None:
    async def gone(decoder: Decoder) -> None:
        Path(door.getsockname()).unlink()
        await decoder.grey(MADE["PNG"](), FINGER)

    with pytest.raises(DecoderAway, match="No decoder"):
        decoded(door, shipped, gone)


def test_without_a_unit_a_worker_decodes_and_dies_of_its_image_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def asking() -> np.ndarray:
        workers = Workers(1)
        decoder = Decoder(workers, tmp_path / "no.sock")
        try:
            with monkeypatch.context() as patched:
                patched.setattr(desk, "told", _dies)
                with pytest.raises(WorkerDied):
                    await decoder.grey(MADE["PNG"](), FINGER)
            return await decoder.grey(MADE["PNG"](), FINGER)
        finally:
            workers.close()

    assert np.array_equal(asyncio.run(asking()), WAVES)


def _dies(_: Asked) -> None:
    os.abort()
