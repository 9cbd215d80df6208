"""A person grown from a seed: always the same, good enough to score, each roll of the same finger as its plain print."""

from __future__ import annotations

from pathlib import Path

import cv2
import nbis
import numpy as np
import pytest

from firmware_sim.subject.person import LEFT_FOUR, RIGHT_FOUR, TWO_THUMBS, Asked, Gray, Way
from firmware_sim.subject.synthetic import cache, making
from firmware_sim.subject.synthetic.anatomy import plain_contact
from firmware_sim.subject.synthetic.field import COLUMNS, ROWS
from firmware_sim.subject.synthetic.fingers import Finger, draw, make_finger
from firmware_sim.subject.synthetic.impression import cut, render, sensed
from firmware_sim.subject.synthetic.person import SyntheticPerson

SEED = "tests"
pytestmark = pytest.mark.xdist_group("synthetic")


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def person(own_cache: None) -> SyntheticPerson:
    """All ten fingers: some seconds on all cores."""
    return making.make_person(SEED)


@pytest.fixture(scope="module")
def index() -> Finger:
    return make_finger(SEED, 2)


@pytest.fixture(scope="module")
def smooth_hand() -> SyntheticPerson:
    """Ten fingers without ridges, to see how a hand lies."""
    bare = np.ones((ROWS, COLUMNS), np.float32)
    fingers = {}
    for n in range(1, 11):
        contact = plain_contact(n, draw(SEED, n))
        fingers[n] = Finger(np.full((ROWS, COLUMNS), 200, np.uint8), cut(render(bare, contact, draw(SEED, n)), contact))
    return SyntheticPerson("smooth", fingers)


def print_of(person: SyntheticPerson, way: Way, position: int, fingers: set[int]) -> Gray:
    touch = person.touch(Asked(way, position, frozenset(fingers)))
    assert touch is not None
    return touch.pixels


def test_same_seed_gives_the_same_finger(index: Finger):
    again = make_finger(SEED, 2)
    assert np.array_equal(again.rolled, index.rolled)
    assert np.array_equal(again.plain, index.plain)


def test_another_seed_or_finger_has_other_random_numbers():
    assert draw("a", 1).random() != draw("b", 1).random()
    assert draw("a", 1).random() != draw("a", 2).random()


@pytest.mark.long
def test_second_time_comes_from_the_cache_and_is_the_same(person: SyntheticPerson):
    fingers = cache.load(SEED)
    assert fingers is not None
    cached = SyntheticPerson(SEED, fingers)
    for position, asked in ((RIGHT_FOUR, {2, 3, 4, 5}), (LEFT_FOUR, {7, 8, 9, 10})):
        assert np.array_equal(print_of(cached, Way.PLAIN, position, asked), print_of(person, Way.PLAIN, position, asked))


def test_damaged_cache_is_not_believed():
    tile = np.zeros((4, 4), np.uint8)
    cache.save("damaged", {n: Finger(tile, tile) for n in range(1, 11)})
    assert cache.load("damaged") is not None
    path = cache._path("damaged")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert cache.load("damaged") is None


def test_cache_keeps_a_few_people_only():
    tile = np.zeros((4, 4), np.uint8)
    for n in range(cache.KEPT + 3):
        cache.save(f"many-{n}", {n: Finger(tile, tile) for n in range(1, 11)})
    assert len(list(cache._folder().glob("person-*.npz"))) == cache.KEPT


def test_no_cache_is_no_harm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    tile = np.zeros((4, 4), np.uint8)
    cache.save("nowhere", {n: Finger(tile, tile) for n in range(1, 11)})
    assert cache.load("nowhere") is None


def test_rolled_prints_have_their_size_and_slaps_fit_the_platen(smooth_hand: SyntheticPerson, index: Finger):
    assert index.rolled.shape == (750, 800)
    assert print_of(smooth_hand, Way.PLAIN, RIGHT_FOUR, {2, 3, 4, 5}).shape == (1000, 1600)
    assert print_of(smooth_hand, Way.PLAIN, TWO_THUMBS, {1, 6}).shape == (720, 1100)


def blobs(pixels: Gray) -> list[tuple[int, int]]:
    """Centres of the fingers from left to right."""
    dark = cv2.GaussianBlur(255 - pixels, (0, 0), 12) > 40
    _count, _labels, stats, centres = cv2.connectedComponentsWithStats(dark.astype(np.uint8))
    found = [(int(x), int(y)) for (x, y), row in zip(centres, stats, strict=True) if 20_000 < row[cv2.CC_STAT_AREA] < 500_000]
    return sorted(found)


@pytest.mark.parametrize(("position", "fingers", "little"), [(RIGHT_FOUR, {2, 3, 4, 5}, -1), (LEFT_FOUR, {7, 8, 9, 10}, 0)])
def test_slap_shows_four_fingers_apart_with_the_little_one_lowest(
    smooth_hand: SyntheticPerson, position: int, fingers: set[int], little: int
):
    found = blobs(print_of(smooth_hand, Way.PLAIN, position, fingers))
    assert len(found) == 4
    assert found[little][1] == max(y for _, y in found)


def test_fingers_that_are_not_asked_for_are_not_laid_down(smooth_hand: SyntheticPerson):
    found = blobs(print_of(smooth_hand, Way.PLAIN, RIGHT_FOUR, {3, 5}))
    assert len(found) == 2


EXTRACTOR = nbis.NbisExtractorSettings(min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=True, ppi=500.0)


def minutiae(pixels: Gray):
    return nbis.new_nbis_extractor(EXTRACTOR).extract_minutiae(cv2.imencode(".png", pixels)[1].tobytes())


def test_index_finger_scores_and_matches_its_own_roll(index: Finger, smooth_hand: SyntheticPerson):
    plain = minutiae(sensed(index.plain, draw(SEED)))
    assert plain.quality().score >= 40
    assert plain.compare(minutiae(index.rolled)) > 40


@pytest.fixture(scope="module")
def scored(person: SyntheticPerson):
    plain = {n: minutiae(print_of(person, Way.PLAIN, n, {n})) for n in range(1, 11)}
    roll = {n: minutiae(print_of(person, Way.ROLLED, n, {n})) for n in range(1, 11)}
    return plain, roll


@pytest.mark.long
def test_plain_prints_score_forty_or_more(scored):
    plain, _ = scored
    scores = [found.quality().score for found in plain.values()]
    assert sum(score >= 40 for score in scores) >= 9
    assert min(scores) >= 30


@pytest.mark.long
def test_each_roll_matches_its_own_plain_print_better_than_any_other(scored):
    plain, roll = scored
    for n in range(1, 11):
        own = plain[n].compare(roll[n])
        others = [plain[n].compare(roll[m]) for m in range(1, 11) if m != n]
        assert own > 40 > max(others)
