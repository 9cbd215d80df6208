"""Whether a picture shows anything that touches, or only what lay on the empty glass."""

from __future__ import annotations

from agent.imaging.platen import Background, is_latent_alone, within
from drivers.device import Capabilities, Frame, Mode


def touches(frame: Frame, empty: Background | None, able: Capabilities) -> bool:
    """True also where that cannot be told: the glass was not seen empty. Of a scanner that does not say where a picture lies, a picture
    smaller than the glass is held against a clean one.
    """
    if empty is None:
        return True
    before = within(empty, _corner(frame, able), frame.pixels.shape, frame.ppi) if able.placed else empty
    return not is_latent_alone(frame.pixels, before, frame.ppi)


def _corner(frame: Frame, able: Capabilities) -> tuple[int, int]:
    """Left and top on the whole glass, in the frame's own pixels: the areas of all modes have one middle."""
    whole, area = able.area[Mode.EMPTY], able.area[frame.mode]
    finer = frame.ppi / able.ppi[0]
    left, top = (round((one - other) / 2 * finer) + side for one, other, side in zip(whole, area, frame.corner, strict=True))
    return left, top
