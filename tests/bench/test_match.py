"""The matcher's bench: which files count, which pairs, and what the rates are."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from agent.bench.match import pairs_of
from agent.bench.match_calibration import calibrate
from agent.bench.match_files import read_folders, read_picture
from agent.bench.match_rates import Scores, curve, interval, rates
from agent.cli.main import app
from agent.errors import UsageError
from agent.match.extract import choose
from tests.match.prints import finger

KEYS = {"genuine", "impostor", "eer", "fnmr_1e2", "fnmr_1e3", "fnmr_1e4", "template_ms", "comparisons_s", "extractor"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three fingers, two impressions each, in four formats, and what does not belong there."""
    path = tmp_path_factory.mktemp("prints")
    for number, suffix in ((1, "png"), (2, "tif"), (3, "bmp")):
        for impression, picture in enumerate(finger(number), 1):
            cv2.imwrite(str(path / f"10{number}_{impression}.{suffix}"), picture)
    cv2.imwrite(str(path / "103_3.pgm"), np.full((300, 300), 255, np.uint8))
    (path / "notes.txt").write_text("nothing")
    (path / "portrait.png").write_bytes(b"")
    return path


def test_files_are_told_by_their_names(folder: Path) -> None:
    (read,) = read_folders([folder], [500])
    assert [(one.finger, one.impression) for one in read.prints] == [
        *(("101", 1), ("101", 2), ("102", 1), ("102", 2)),
        *(("103", 1), ("103", 2), ("103", 3)),
    ]
    assert (read.fingers, read.left_out) == (3, 2)


def test_impostors_are_pairs_within_a_folder(folder: Path) -> None:
    genuine, impostor = pairs_of(read_folders([folder, folder], [500]))
    assert len(genuine) == 2 * (1 + 1 + 3)
    assert len(impostor) == 2 * (4 + 6 + 6)
    assert all((i < 7) == (j < 7) for i, j in impostor)


def test_each_folder_can_have_its_own_resolution(folder: Path) -> None:
    assert [one.prints[0].ppi for one in read_folders([folder, folder], [500, 569])] == [500, 569]
    with pytest.raises(UsageError, match="2 resolutions for 3 folders"):
        read_folders([folder] * 3, [500, 569])


def test_a_folder_without_labelled_fingers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not hold two fingers"):
        read_folders([tmp_path], [500])


def test_a_file_that_is_no_picture_is_refused_in_words(folder: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_picture(folder / "portrait.png")


def test_rates_of_scores_that_a_person_can_count() -> None:
    found = rates(curve(np.array([1.0, 5, 6, 7]), np.array([0.0, 0, 0, 0, 0, 0, 0, 0, 2, 3])))
    assert found.eer == pytest.approx((0.25 + 0.2) / 2)
    assert found.fnmr == (0.25, 0.25, 0.25)
    assert found.threshold == (5.0, 5.0, 5.0)


def test_scores_that_never_meet_have_no_errors() -> None:
    found = rates(curve(np.array([5.0, 6]), np.array([1.0, 2])))
    assert (found.eer, found.fnmr) == (0.0, (0.0, 0.0, 0.0))


def test_when_nothing_is_told_apart_half_is_wrong() -> None:
    assert rates(curve(np.zeros(50), np.zeros(50))).eer == pytest.approx(0.5)


def test_the_interval_holds_the_rate_and_is_the_same_every_time() -> None:
    random = np.random.default_rng(3)
    scores = Scores(random.normal(3, 1, 60), np.repeat(np.arange(20), 3), random.normal(0, 1, 380), random.integers(0, 20, (380, 2)), 20)
    low, high = interval(scores, 50).eer
    assert low < rates(curve(scores.genuine, scores.impostor)).eer < high
    assert interval(scores, 50) == interval(scores, 50)


def test_the_bench_prints_one_document_and_writes_scores_and_plot(folder: Path, tmp_path: Path) -> None:
    asked = ["bench", "match", str(folder), "--extractor", "fast", "--peer", "nbis", "--calibrate", "--json", "--out", str(tmp_path)]
    run = CliRunner().invoke(app, asked)
    assert run.exit_code == 0, run.output
    document = json.loads(run.stdout)
    assert set(document) > KEYS
    assert (document["genuine"], document["impostor"], document["extractor"]) == (5, 16, "mindtct")
    assert (document["unusable"], document["peer"]["extractor"]) == (1, "nbis")
    assert document["eer"] == pytest.approx(0.2, abs=0.21)  # two of five genuine comparisons are with a blank picture
    assert len((tmp_path / "scores-mindtct.csv").read_text().splitlines()) == 1 + 21
    assert cv2.imread(str(tmp_path / "det.png")).shape[0] > 400
    assert len(json.loads((tmp_path / "calibration.json").read_text())["raw"]) == 5


def test_calibration_marks_what_too_few_comparisons_show() -> None:
    class Run:
        matcher = "any"
        scores = Scores(np.ones(4), np.arange(4), np.linspace(0, 1, 1000), np.random.default_rng(1).integers(0, 4, (1000, 2)), 4)

    found = calibrate(Run())  # type: ignore[arg-type]
    assert found["raw"][1] == pytest.approx(0.9, abs=0.01)
    assert found["guess"] == [False, False, True, True]


def test_an_extractor_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="no extractor"):
        choose("best of all")
