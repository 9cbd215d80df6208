"""The survey of synthetic people: scores in, table and pictures out."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from firmware_sim.subject.synthetic import survey
from firmware_sim.subject.synthetic.histogram import Series, histogram


def test_histogram_is_a_picture_with_a_bar_for_every_value():
    drawing = ET.fromstring(histogram([Series("one", [0, 5, 5, 100]), Series("two", [7])], "score"))
    texts = [text.text or "" for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "one: n 4, min 0, median 5, max 100"
    assert "score" in texts
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}rect"))) == 1 + 3 + 1


def test_summary_of_a_series():
    told = survey.summary(list(np.arange(101)))
    assert told == {"n": 101, "min": 0, "p1": 1, "median": 50, "mean": 50, "p99": 99, "max": 100}


@pytest.mark.long
def test_survey_of_two_people_keeps_genuine_and_impostor_apart(tmp_path: Path):
    assert survey.main(["--people", "2", "--prefix", "t", "--out", str(tmp_path)]) == 0
    told = json.loads((tmp_path / "synthetic.json").read_text())
    scores = told["bozorth3"]
    assert scores["genuine plain-rolled"]["n"] == 20
    assert scores["genuine plain-rolled"]["min"] > scores["impostor other person"]["max"]
    assert scores["genuine plain-rolled"]["min"] > scores["impostor own other finger"]["max"]
    assert told["sixty or more"]["plain"] >= 18
    assert {path.name for path in tmp_path.glob("*.svg")} == {"synthetic-scores.svg", "synthetic-nfiq2.svg", "synthetic-minutiae.svg"}
