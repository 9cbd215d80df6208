"""Slap segmentation against the truth: the NIST card, reviewed by eye, and synthetic hands, whose truth is known."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from agent.bench.segment import Measured, against, measured, summary
from agent.bench.slap_truth import Box, SlapTruth, iou, read, write
from agent.bench.slaps import Kind, Person, Slap, make_person, slaps, write_folder
from agent.cli.main import app
from agent.errors import LivescanError
from agent.imaging.segment import segment
from agent.model.fingers import Position
from tests.prints import nist_amputation, nist_card

TRUTH = Path(__file__).parent.parent / "imaging" / "truth"


@cache
def person(number: int) -> Person:
    return make_person(f"test/{number}")


def results(count: int, people: int, *kinds: Kind) -> list[Measured]:
    return [measured(one.pixels, one.truth) for one in slaps([person(n) for n in range(people)], count, 5, kinds or (Kind.ASKED,))]


@pytest.mark.parametrize("name", ["type-4-tpcard", "type-14-amp-nqm-utf8"])
def test_every_finger_of_the_nist_slaps_is_found_and_named_where_a_person_drew_it(name: str) -> None:
    prints = nist_card() if name == "type-4-tpcard" else nist_amputation()
    found = [measured(prints[truth.position], truth) for truth in read(TRUTH / f"{name}.csv")]
    assert sum(one.named for one in found) == sum(one.fingers for one in found) == (10 if name == "type-4-tpcard" else 9)
    assert min(min(one.ious) for one in found) >= 0.8
    assert all(one.extra == one.mislabelled == 0 for one in found)


def test_synthetic_hands_turned_up_to_45_degrees_are_found_and_named() -> None:
    found = summary(results(10, 1))["kinds"]["asked"]
    assert found["found_and_named"] == found["fingers"] >= 28
    assert found["iou"]["p5"] > 0.8


def test_what_was_not_asked_is_recognised() -> None:
    found = results(6, 1, Kind.FEW, Kind.MANY, Kind.OTHER_HAND)
    assert [one.kind for one in found] == ["few", "few", "many", "many", "other-hand", "other-hand"]
    assert sum(one.recognised for one in found) >= 5  # two shapes of hand are too alike for certainty now and then
    assert all(one.mislabelled == 0 for one in found[:4])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_of_many_synthetic_slaps_99_in_100_fingers_are_found_and_named() -> None:
    found = summary(results(120, 6))["kinds"]["asked"]
    assert found["found_and_named"] >= 0.99 * found["fingers"]
    assert found["mislabelled"] <= 0.002 * found["fingers"]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_of_many_odd_slaps_nearly_all_are_recognised() -> None:
    found = results(60, 6, Kind.FEW, Kind.MANY, Kind.OTHER_HAND)
    for kind, least in (("few", 0.97), ("many", 0.93), ("other-hand", 0.65)):
        some = [one.recognised for one in found if one.kind == kind]
        assert sum(some) >= least * len(some), kind


def test_the_share_of_two_boxes() -> None:
    one, half = Box(1, 50, 50, 20, 40, 0), Box(1, 50, 60, 20, 20, 0)
    assert iou(one.polygon, one.polygon) == pytest.approx(1)
    assert iou(one.polygon, half.polygon) == pytest.approx(0.5)
    assert iou(one.polygon, Box(1, 500, 50, 20, 40, 30).polygon) == 0
    assert iou(one.polygon, Box(1, 50, 50, 40, 20, 90).polygon) == pytest.approx(1)


def test_a_finger_called_by_a_wrong_name_is_mislabelled_and_one_not_there_extra() -> None:
    slap = next(slaps([person(0)], 1, 5))
    found = segment(slap.pixels, slap.truth.position, slap.truth.missing)
    boxes = slap.truth.boxes
    swapped = SlapTruth("", slap.truth.position, slap.truth.missing, 500, (Box(1, *_place(boxes[0])), *boxes[1:]))
    assert against(found, swapped, 1.0, 1.0).mislabelled == 1
    fewer = SlapTruth("", slap.truth.position, slap.truth.missing, 500, boxes[1:])
    assert (against(found, fewer, 1.0, 1.0).extra, against(found, fewer, 1.0, 1.0).kind) == (1, "few")


def _place(box: Box) -> tuple[float, float, float, float, float]:
    return box.x, box.y, box.width, box.height, box.turn


def test_the_same_people_and_seed_give_the_same_slaps() -> None:
    one, again = (next(slaps([person(0)], 1, 7)) for _ in range(2))
    assert np.array_equal(one.pixels, again.pixels)
    assert one.truth == again.truth


def test_truth_written_is_truth_read(tmp_path: Path) -> None:
    truth = SlapTruth("a.png", Position.PLAIN_LEFT_FOUR, frozenset({Position.LEFT_RING}), 500, (Box(8, 900.5, 170, 244, 335, -8),))
    write(tmp_path / "truth.csv", [truth])
    assert read(tmp_path / "truth.csv") == [truth]


NO_TRUTH = {
    "an empty file": "",
    "columns that are missing": "image,position\na.png,13\n",
    "a word where a number should be": "image,position,missing,ppi,finger,x,y,width,height,turn\na,13,,500,2,x,1,1,1,1\n",
    "a finger that nobody has": "image,position,missing,ppi,finger,x,y,width,height,turn\na,13,77,500,2,1,1,1,1,1\n",
}


@pytest.mark.parametrize("what", NO_TRUTH)
def test_what_is_no_truth_is_told_in_a_sentence(tmp_path: Path, what: str) -> None:
    (tmp_path / "truth.csv").write_text(NO_TRUTH[what])
    with pytest.raises(LivescanError, match="cannot be read as the truth"):
        read(tmp_path / "truth.csv")


def test_bench_segment_prints_one_json_document(tmp_path: Path) -> None:
    write_folder(tmp_path, [slap := next(slaps([person(0)], 1, 5))])
    assert np.array_equal(np.asarray(Image.open(tmp_path / slap.truth.image)), slap.pixels)
    ran = CliRunner().invoke(app, ["bench", "segment", str(tmp_path), "--json"])
    assert ran.exit_code == 0, ran.output
    assert '"found_and_named"' in ran.stdout


def test_an_image_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    slap: Slap = next(slaps([person(0)], 1, 5))
    write(tmp_path / "truth.csv", [slap.truth])
    ran = CliRunner().invoke(app, ["bench", "segment", str(tmp_path)])
    assert ran.exit_code != 0
