"""`livescan match`: two pictures, a score with its meaning, and a drawing."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from agent.cli.main import app
from agent.cli.match import meaning
from agent.errors import LivescanError
from tests.match.prints import finger


def pictures(folder: Path) -> tuple[str, str, str]:
    """Two impressions of one finger, and a blank."""
    names = [folder / f"{n}.png" for n in range(3)]
    for name, picture in zip(names, (*finger(1), np.full((300, 300), 255, np.uint8)), strict=True):
        cv2.imwrite(str(name), picture)
    return str(names[0]), str(names[1]), str(names[2])


def test_two_prints_of_a_finger_are_scored_and_drawn(tmp_path: Path) -> None:
    first, second, _ = pictures(tmp_path)
    drawn = tmp_path / "pairs.png"
    run = CliRunner().invoke(app, ["match", first, second, "--extractor", "fast", "--draw", str(drawn), "--json"])
    assert run.exit_code == 0, run.output
    document = json.loads(run.stdout)
    assert document["score"] > 3
    assert document["pairs"] > 8
    assert "one in" in document["meaning"]
    sheet = cv2.imread(str(drawn)).astype(int)
    red = (sheet[..., 2] > 150) & (sheet[..., 0] < 90) & (sheet[..., 1] < 110)
    assert red.sum() > 200


def test_a_blank_picture_is_said_to_be_blank(tmp_path: Path) -> None:
    first, _, blank = pictures(tmp_path)
    run = CliRunner().invoke(app, ["match", first, blank, "--extractor", "fast", "--json"])
    document = json.loads(run.stdout)
    assert document["meaning"] == "The picture shows no ridges."
    assert document["score"] < 1


def test_a_file_that_is_no_picture_is_an_error_in_words(tmp_path: Path) -> None:
    first, second, _ = pictures(tmp_path)
    Path(second).write_bytes(b"no picture")
    run = CliRunner().invoke(app, ["match", first, second, "--extractor", "fast"])
    assert isinstance(run.exception, LivescanError)
    assert "cannot be read" in str(run.exception)


@pytest.mark.parametrize(("score", "word"), [(0.4, "often"), (2.5, "hundred"), (3.0, "thousand"), (40.0, "ten thousand")])
def test_a_score_is_never_said_to_be_more_than_was_measured(score: float, word: str) -> None:
    assert word in meaning(score)
