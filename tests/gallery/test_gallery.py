"""The gallery: who was booked here before, how long that is kept, and that what is taken out is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import ConfigError
from agent.gallery.gallery import Gallery, Probe, probe_of
from agent.gallery.policy import load_policy
from agent.gallery.store import GalleryUnreadable
from agent.match.extract import extract, fast
from agent.match.fused import joined, parse_templates, serialise
from agent.match.shortlist import compact, parse_compact
from agent.match.template import Template, TemplateError
from agent.model.fingers import Position
from tests.gallery.people import NOON, POLICY, booking, filled, opened, somebody

COUNT = 12


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    return filled(tmp_path_factory.mktemp("gallery"), COUNT)


def again(number: int) -> Probe:
    """The same person, laid down another time."""
    return probe_of(somebody(number, 1))


def test_a_person_is_found_again(gallery: Gallery) -> None:
    found = gallery.search(again(4))
    assert found[0].booking == booking(4)
    assert found[0].score > POLICY.decades > found[1].score


def test_a_stranger_is_nobody(gallery: Gallery) -> None:
    assert all(one.score < POLICY.decades for one in gallery.search(again(COUNT)))


def test_a_booking_is_not_found_as_itself(gallery: Gallery) -> None:
    assert booking(4) not in [one.booking for one in gallery.search(again(4), without=[booking(4)])]


def test_a_person_of_whom_four_fingers_are_left_is_found(gallery: Gallery) -> None:
    left = {finger: one for finger, one in somebody(7, 1).items() if finger >= Position.LEFT_INDEX}
    assert gallery.search(probe_of(left))[0].booking == booking(7)


def test_prints_of_another_extractor_are_not_compared(gallery: Gallery) -> None:
    from agent.bench.gallery_people import person

    assert gallery.search(probe_of(person("gallery test 4", 1, make=("mindtct", 1)))) == []


@pytest.mark.parametrize("pixels", ["blank", "form lines", "noise"])
def test_a_picture_without_ridges_finds_nobody_and_is_not_kept(gallery: Gallery, pixels: str) -> None:
    drawn = np.full((320, 320), 255, np.uint8)
    if pixels == "form lines":
        drawn[::80] = 0
    if pixels == "noise":
        drawn = np.random.default_rng(1).integers(0, 256, drawn.shape).astype(np.uint8)
    shown = {Position(n): extract(drawn, fast()) for n in range(1, 11)}
    assert all(one.score < POLICY.decades for one in gallery.search(probe_of(shown)))
    if pixels != "noise":
        assert not gallery.enrol("20261124-ZZZZZZZZ", NOON, shown)


def few(template: Template, count: int) -> Template:
    """Its strongest minutiae only."""
    columns = {name: getattr(template, name)[:count] for name in ("x", "y", "direction", "bifurcation", "quality")}
    return replace(template, **columns)


def test_fingers_of_three_minutiae_each_find_nobody_and_are_not_kept(gallery: Gallery) -> None:
    shown = {finger: few(one, 3) for finger, one in somebody(4, 1).items()}
    assert gallery.search(probe_of(shown)) == []
    assert not gallery.enrol("20261124-ZZZZZZZZ", NOON, shown)


def test_one_good_finger_beside_nine_that_show_nothing_finds_no_stranger(gallery: Gallery) -> None:
    shown = {finger: few(one, 3) for finger, one in somebody(4, 1).items()}
    shown[Position.LEFT_LITTLE] = somebody(COUNT)[Position.LEFT_LITTLE]
    assert all(one.score < POLICY.decades for one in gallery.search(probe_of(shown)))


def test_prints_said_to_be_of_another_resolution_are_nobodys(gallery: Gallery) -> None:
    """500 ppi read as 250: twice as large. Costs the hit, makes no other one."""

    def larger(one: Template) -> Template:
        x, y = 2 * one.x, 2 * one.y
        flow = np.repeat(np.repeat(one.flow, 2, 0), 2, 1)
        return replace(one, width=2 * one.width, height=2 * one.height, x=x.astype(np.int16), y=y.astype(np.int16), flow=flow)

    found = gallery.search(probe_of({finger: larger(one) for finger, one in somebody(4, 1).items()}))
    assert all(one.score < POLICY.decades for one in found)


def test_it_is_the_same_after_a_restart(tmp_path: Path) -> None:
    first = filled(tmp_path, 5)
    before = first.search(again(2))
    first.close()
    second = opened(tmp_path)
    assert [(one.booking, one.score) for one in second.search(again(2))] == [(one.booking, one.score) for one in before]
    second.close()


def test_a_booking_enrolled_twice_is_there_once(tmp_path: Path) -> None:
    gallery = filled(tmp_path, 3)
    gallery.enrol(booking(1), NOON, somebody(1, 2))
    assert len(gallery) == 3
    assert [one.booking for one in gallery.search(again(1))].count(booking(1)) == 1
    gallery.close()


def test_nothing_of_a_finger_or_a_template_stands_readable_on_the_disk(tmp_path: Path) -> None:
    gallery = filled(tmp_path, 2)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "gallery").iterdir())
    small = compact(somebody(1))
    assert small is not None
    assert b"LSMT" not in kept and b"LSGC" not in kept
    assert next(iter(small.fingers.values())).bits[0].tobytes() not in kept
    assert oct((tmp_path / "gallery" / "gallery.sqlite").stat().st_mode & 0o777) == "0o600"
    gallery.close()


def test_another_storage_key_opens_nothing(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    with pytest.raises(GalleryUnreadable, match="another storage key"):
        Gallery(tmp_path / "gallery", bytes(32), POLICY)


def test_templates_put_under_another_booking_are_refused(tmp_path: Path) -> None:
    import sqlite3

    filled(tmp_path, 2).close()
    with sqlite3.connect(tmp_path / "gallery" / "gallery.sqlite") as db:
        db.execute("UPDATE subject SET compact = (SELECT compact FROM subject WHERE number = 1) WHERE number = 2")
    with pytest.raises(GalleryUnreadable):
        opened(tmp_path)


def test_what_is_expunged_is_gone_to_the_last_byte(tmp_path: Path) -> None:
    gallery = filled(tmp_path, 6)
    stored = gallery._store.traces(booking(3))
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "gallery").iterdir())
    assert len(stored) > 10 and all(one in on_disk for one in stored)

    proof = gallery.expunge(booking(3))

    assert proof.was_there and proof.found == 0 and proof.wanted == len(stored)
    assert proof.searched["gallery.sqlite"] > 100_000 and proof.searched["gallery.sqlite-wal"] == 0
    after = b"".join(path.read_bytes() for path in (tmp_path / "gallery").iterdir())
    assert not any(one in after for one in stored)
    assert booking(3) not in [one.booking for one in gallery.search(again(3))]
    assert gallery.search(again(2))[0].booking == booking(2)
    gallery.close()


def test_the_proof_finds_what_was_not_deleted(tmp_path: Path) -> None:
    """A proof that cannot fail proves nothing."""
    gallery = filled(tmp_path, 2)
    stored = gallery._store.traces(booking(1))
    gallery._store.delete = lambda bookings: []  # type: ignore[method-assign, assignment]
    assert gallery.expunge(booking(1)).found == len(stored)
    gallery.close()


def test_expunging_what_is_not_there_says_so(gallery: Gallery) -> None:
    proof = gallery.expunge("20200101-00000000")
    assert (proof.was_there, proof.found) == (False, 0)


def test_what_is_older_than_the_policy_goes(tmp_path: Path) -> None:
    gallery = filled(tmp_path, 5)
    assert gallery.purge(NOON + timedelta(days=90) - timedelta(hours=2, seconds=1)) == [booking(0), booking(1)]
    assert [one.booking for one in gallery.subjects()] == [booking(2), booking(3), booking(4)]
    gallery.close()


def test_of_too_many_the_oldest_go(tmp_path: Path) -> None:
    gallery = filled(tmp_path, 5, POLICY.model_copy(update={"subjects": 3}))
    assert gallery.purge(NOON) == [booking(0), booking(1)]
    assert len(gallery) == 3
    gallery.close()


def test_an_officers_fingers_are_kept_apart_and_can_be_taken_out(tmp_path: Path) -> None:
    gallery = filled(tmp_path, 1)
    gallery.keep_officer("o.1", NOON, somebody(50))
    assert set(gallery.officers()["o.1"]) == set(somebody(50))
    assert gallery.search(again(50))[0].score < POLICY.decades
    assert gallery.forget_officer("o.1") and not gallery.forget_officer("o.1")
    assert gallery.officers() == {}
    gallery.close()


WRONG_POLICIES = {
    "an unknown key": ("retain_for_ever = true", "retain_for_ever"),
    "no number of days": ('days = "ninety"', "days"),
    "kept for ever": ("days = 0", "days"),
    "too many people": ("subjects = 1000000", "subjects"),
    "called the same on nothing": ("decades = 1", "decades"),
}


@pytest.mark.parametrize("case", WRONG_POLICIES)
def test_a_wrong_policy_is_refused_by_its_key(case: str, tmp_path: Path) -> None:
    text, named = WRONG_POLICIES[case]
    (tmp_path / "gallery.toml").write_text(text)
    with pytest.raises(ConfigError, match=named):
        load_policy(tmp_path / "gallery.toml")


def test_fingers_together_promise_less_than_their_sum() -> None:
    assert joined([]) == 0
    assert joined([3.0]) == 3.0
    assert joined([0.43] * 10) < 0.4  # ten fingers of which each says what half of all different fingers do
    assert 8 < joined([2.0] * 10) < 20
    assert joined([50.0]) == 8.0  # one finger does not outweigh nine


def test_templates_of_a_person_survive_their_bytes() -> None:
    made = somebody(1)
    assert {finger: one.serialise() for finger, one in parse_templates(serialise(made)).items()} == {
        finger: one.serialise() for finger, one in made.items()
    }
    small = compact(made)
    assert small is not None
    assert parse_compact(small.serialise()).serialise() == small.serialise()


@given(st.binary(max_size=400), st.integers(0, 3000), st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_foreign_bytes_are_refused_in_words(rubbish: bytes, at: int, value: int) -> None:
    small = compact(somebody(1))
    assert small is not None
    for good, parse in ((serialise(somebody(1)), parse_templates), (small.serialise(), parse_compact)):
        spoilt = bytearray(good)
        spoilt[at % len(good)] = value
        for data in (rubbish, bytes(spoilt), good[: at % len(good)]):
            try:
                parse(data)  # type: ignore[operator]
            except TemplateError:
                continue
