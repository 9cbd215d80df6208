"""Keeps grown people, so that the same seed starts at once the next time. Optional: whatever fails here only costs time.

A file is the SHA-256 of what follows, then a numpy archive. Its name holds the seed and the sources it was grown by.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from firmware_sim.subject.synthetic.fingers import Finger

KEPT = 8  # people
DIGEST = 32  # bytes


def load(seed: str) -> dict[int, Finger] | None:
    """None when the person is not there or the file is not what was written."""
    try:
        data = _path(seed).read_bytes()
        if hashlib.sha256(data[DIGEST:]).digest() != data[:DIGEST]:
            return None
        with np.load(io.BytesIO(data[DIGEST:]), allow_pickle=False) as archive:
            return {n: Finger(archive[f"ridges-{n}"], int(archive[f"best-{n}"])) for n in range(1, 11)}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def save(seed: str, fingers: Mapping[int, Finger]) -> None:
    buffer = io.BytesIO()
    arrays = {f"ridges-{n}": finger.ridges for n, finger in fingers.items()}
    arrays |= {f"best-{n}": np.array(finger.best) for n, finger in fingers.items()}
    np.savez(buffer, allow_pickle=False, **arrays)
    body = buffer.getvalue()
    with contextlib.suppress(OSError):
        _write(_path(seed), hashlib.sha256(body).digest() + body)
        _forget_oldest(_folder())


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}.new")
    new.write_bytes(data)
    new.rename(path)


def _forget_oldest(folder: Path) -> None:
    people = sorted(folder.glob("person-*.npz"), key=lambda path: path.stat().st_mtime)
    for path in people[:-KEPT]:
        path.unlink(missing_ok=True)


def _folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path.home() / ".cache") / "livescan-agent"


def _path(seed: str) -> Path:
    return _folder() / f"person-{hashlib.sha256(seed.encode() + _version()).hexdigest()[:24]}.npz"


@cache
def _version() -> bytes:
    """Digest of everything a person is grown by."""
    digest = hashlib.sha256(f"{np.__version__} {cv2.__version__}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.digest()
