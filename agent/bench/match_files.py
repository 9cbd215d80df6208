"""Folders of labelled fingertips: `F_I.ext`, finger F, impression I. What has another name is left out and counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from agent.errors import UsageError
from agent.imaging.codec import decode_wsq
from agent.imaging.wsq_header import ImageError
from agent.model.impression import GrayImage

SUFFIXES = frozenset({".tif", ".tiff", ".bmp", ".png", ".pgm", ".jpg", ".jpeg", ".jp2", ".wsq"})
_NAME = re.compile(r"(?P<finger>.+)_(?P<impression>\d+)")


@dataclass(frozen=True)
class Labelled:
    path: Path
    finger: str
    impression: int
    ppi: int


@dataclass(frozen=True)
class Folder:
    path: Path
    prints: tuple[Labelled, ...] = field(repr=False)
    left_out: int  # files of another name or kind

    @property
    def fingers(self) -> int:
        return len({one.finger for one in self.prints})


def read_folders(paths: Sequence[Path], ppi: Sequence[int]) -> list[Folder]:
    """One resolution for all folders, or one for each. Raises UsageError."""
    if len(ppi) not in {1, len(paths)}:
        raise UsageError(
            f"{len(ppi)} resolutions for {len(paths)} folders.", do="Give --ppi once, or once for each folder, in their order."
        )
    each = list(ppi) * (len(paths) if len(ppi) == 1 else 1)
    return [_folder(path, one) for path, one in zip(paths, each, strict=True)]


def together(folders: Sequence[Folder]) -> Folder:
    """All folders as one: fingers of one folder are different from those of another, whatever they are called."""
    prints = tuple(replace(one, finger=f"{number}/{one.finger}") for number, folder in enumerate(folders) for one in folder.prints)
    return Folder(folders[0].path.parent, prints, sum(folder.left_out for folder in folders))


def _folder(path: Path, ppi: int) -> Folder:
    try:
        files = sorted(one for one in path.iterdir() if one.is_file())
    except OSError as error:
        raise UsageError(f"The folder {path} cannot be read: {error.strerror}.") from error
    prints = tuple(sorted(_labelled(files, ppi), key=lambda one: (_natural(one.finger), one.impression)))
    if len({one.finger for one in prints}) < 2:
        raise UsageError(
            f"The folder {path} does not hold two fingers.", do="Name the files F_I.ext: finger F, impression I, such as 101_1.png."
        )
    return Folder(path, prints, len(files) - len(prints))


def _labelled(files: Sequence[Path], ppi: int) -> Iterator[Labelled]:
    for path in files:
        name = _NAME.fullmatch(path.stem)
        if name and path.suffix.lower() in SUFFIXES:
            yield Labelled(path, name["finger"], int(name["impression"]), ppi)


def _natural(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (1 << 60, name)


def read_picture(path: Path) -> GrayImage:
    """Grey levels of a picture file. Raises UsageError. Only for files of one's own, or in a worker process."""
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".wsq":
            return decode_wsq(data)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        return np.asarray(picture, np.uint8) if picture is not None else _with_pillow(path)
    except (OSError, ImageError, cv2.error, ValueError) as error:
        raise UsageError(
            f"The picture {path} cannot be read: {type(error).__name__}.", do="Give TIFF, BMP, PNG, PGM, JPEG or WSQ."
        ) from error


def _with_pillow(path: Path) -> GrayImage:
    """What OpenCV does not read, such as some TIFF compressions."""
    with Image.open(path) as picture:
        return np.array(picture.convert("L"), np.uint8)
