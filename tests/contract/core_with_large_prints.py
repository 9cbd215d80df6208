"""A core whose prints are noise from a row instead of a scanner: `python -m tests.contract.core_with_large_prints core --config …`.

Noise does not compress, so that the envelope has some hundred kilobytes, as a real card has.
"""

from __future__ import annotations

import numpy as np

from agent.capture.station import StationCapture
from agent.cli.main import main
from tests.crash import die_anywhere


def noise(seed: int) -> np.ndarray:
    """400 x 400 pixels."""
    return np.random.default_rng(seed).integers(0, 256, (400, 400), np.uint8)


if __name__ == "__main__":
    die_anywhere.ridges = noise  # type: ignore[attr-defined]
    StationCapture.run = die_anywhere.take_from_a_row  # type: ignore[method-assign,assignment]  # instead of a scanner
    main()
