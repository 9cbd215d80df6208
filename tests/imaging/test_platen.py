"""The empty platen, and what was left on it."""

from __future__ import annotations

import numpy as np
import pytest

from agent.imaging.platen import background, contact_mm2, is_latent_alone, within
from agent.model.impression import GrayImage
from tests.imaging.drawn import drawn, right_hand

BARE = 250.0


def noisy(ink: GrayImage | None = None, strength: float = 1.0, seed: int = 0) -> GrayImage:
    """A platen under a print of so much of its ink, as a sensor gives it."""
    shape = (750, 800) if ink is None else ink.shape
    seen = BARE - strength * (0.0 if ink is None else 1.0) * (np.zeros(shape) if ink is None else 255.0 - ink)
    return np.clip(seen + 4 * np.random.default_rng(seed).standard_normal(shape), 0, 255).astype(np.uint8)


HAND = drawn(right_hand())


def test_an_empty_platen_is_clean_whatever_the_sensor_adds() -> None:
    seen = background(noisy(), 500)
    assert (seen.dirt, seen.latent) == (0.0, 0.0)


@pytest.mark.parametrize("strength", [0.1, 0.2, 0.35, 0.55])
def test_a_latent_print_is_seen_on_the_empty_platen_and_is_no_contact(strength: float) -> None:
    before = background(noisy(HAND, strength), 500)
    assert before.latent > 0.02
    assert is_latent_alone(noisy(HAND, strength, seed=1), before, 500)


@pytest.mark.parametrize("strength", [0.0, 0.2, 0.55])
def test_a_finger_is_contact_on_a_latent_print_too(strength: float) -> None:
    before = background(noisy(HAND, strength), 500)
    laid = np.minimum(noisy(HAND, strength, seed=1), np.roll(HAND, (40, 30), (0, 1)))
    assert not is_latent_alone(laid, before, 500)
    assert contact_mm2(laid, before, 500) > 300


def test_a_finger_that_lies_exactly_where_the_latent_lay_is_contact() -> None:
    before = background(noisy(HAND, 0.35), 500)
    assert not is_latent_alone(noisy(HAND, 0.9, seed=1), before, 500)


def test_dirt_is_a_share_of_the_platen() -> None:
    image = noisy()
    image[100:200, 100:200] = 120
    assert background(image, 500).dirt == pytest.approx(100 * 100 / (750 * 800), rel=0.1)


def test_a_picture_of_another_size_is_compared_with_a_clean_platen() -> None:
    assert not is_latent_alone(HAND, background(noisy(), 500), 500)
    assert is_latent_alone(noisy(), background(noisy(HAND, 0.3), 500), 500)


def test_a_thousand_ppi_says_the_same() -> None:
    twice = np.kron(HAND, np.ones((2, 2), np.uint8))
    one, two = (contact_mm2(image, background(noisy(), 500), ppi) for image, ppi in ((HAND, 500), (twice, 1000)))
    assert two == pytest.approx(one, rel=0.05)


def test_on_a_clean_glass_the_faintest_finger_touches_and_on_one_with_a_latent_it_does_not() -> None:
    faint = noisy(HAND, 0.12, seed=1)
    assert not is_latent_alone(faint, background(noisy(), 500), 500)
    assert is_latent_alone(noisy(seed=2), background(noisy(), 500), 500)
    assert is_latent_alone(np.minimum(faint, noisy(HAND, 0.3)), background(noisy(HAND, 0.3), 500), 500)


def test_the_part_of_the_glass_that_a_picture_shows_is_held_against_it() -> None:
    whole = background(noisy(HAND, 0.35), 500)
    part = noisy(HAND, 0.35, seed=1)[300:900, 200:1000]
    assert is_latent_alone(part, within(whole, (200, 300), part.shape, 500), 500)
    assert within(whole, (200, 300), part.shape, 500).pixels.shape == (300, 400)
    assert within(whole, (1500, 1400), part.shape, 500).pixels.max() <= 255  # it reaches beyond the glass
