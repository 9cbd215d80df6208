"""Decodes finger pictures in a process of its own, since a native decoder may die of hostile bytes.

Run as `python -m firmware_sim.subject.decoding`: length-prefixed pictures come in, one answer each goes out.
"""

from __future__ import annotations

import io
import os
import resource
import struct
import subprocess
import sys
from collections.abc import Sequence

import _wsq
import numpy as np
from PIL import Image

from firmware_sim.subject.person import Gray, SubjectError

MEMORY = 2 << 30  # bytes of address space
SECONDS = 60
MAX_PIXELS = 64 << 20
_ASKED = struct.Struct("<III")  # width, height, length of data
_ANSWER = struct.Struct("<II")  # width, height; 0, 0 when it cannot be decoded

Encoded = tuple[int, int, bytes]  # width, height, data


def decode(pictures: Sequence[Encoded]) -> list[Gray]:
    """Pictures as pixels. Raises SubjectError for one that cannot be decoded."""
    asked = b"".join(_ASKED.pack(width, height, len(data)) + data for width, height, data in pictures)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    try:
        child = subprocess.run(
            [sys.executable, "-m", "firmware_sim.subject.decoding"],
            input=asked,
            capture_output=True,
            timeout=SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SubjectError("a picture in it cannot be decoded in time") from error
    answers = _split(child.stdout)
    if len(answers) < len(pictures) or any(answer.size == 0 for answer in answers):
        raise SubjectError(f"picture {_first_bad(answers) + 1} of {len(pictures)} in it cannot be decoded")
    return answers


def _first_bad(answers: list[Gray]) -> int:
    return next((n for n, answer in enumerate(answers) if answer.size == 0), len(answers))


def _split(data: bytes) -> list[Gray]:
    answers: list[Gray] = []
    at = 0
    while at + _ANSWER.size <= len(data):
        width, height = _ANSWER.unpack_from(data, at)
        at += _ANSWER.size
        pixels = np.frombuffer(data[at : at + width * height], np.uint8)
        if pixels.size < width * height:
            break
        answers.append(pixels.reshape(height, width))
        at += width * height
    return answers


def _decode_one(width: int, height: int, data: bytes) -> Gray:
    if data.startswith(b"\xff\xa0"):
        pixels, columns, rows, _ppi = _wsq.decompress(data)
        return np.frombuffer(pixels, np.uint8).reshape(rows, columns)
    if len(data) == width * height:
        return np.frombuffer(data, np.uint8).reshape(height, width)
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG2000", "JPEG")) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too large")
        return np.asarray(picture.convert("L"))


def main() -> None:
    """The child: an answer for each picture; one that raises is answered by 0 x 0."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    while head := sys.stdin.buffer.read(_ASKED.size):
        width, height, length = _ASKED.unpack(head)
        try:
            pixels = _decode_one(width, height, sys.stdin.buffer.read(length))
        except Exception:  # whatever a decoder thinks of: the parent says which picture it was
            pixels = np.zeros((0, 0), np.uint8)
        rows, columns = pixels.shape
        sys.stdout.buffer.write(_ANSWER.pack(columns, rows) + pixels.tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
