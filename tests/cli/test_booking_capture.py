"""What an officer sees of a capture on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli import booking_capture
from agent.cli.main import app

HAND = {"fingers": [{"finger": 4, "words": "right ring", "mark": "missing", "amp": "XX"}], "smt_offered": ["MISS R FGR"]}
ATTEMPTS = {
    "attempts": [
        {
            "fgp": 13,
            "words": "plain right four",
            "attempt": 2,
            "trigger": "pedal",
            "nfiq2": {"2": 61},
            "verdict": "retry",
            "advice": "Go.",
        }
    ]
}


class Core:
    """Answers from a table and keeps what was posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []

    def get(self, path: str) -> Any:
        return HAND if path.endswith("/hand") else ATTEMPTS

    def post(self, path: str, body: Any) -> Any:
        self.posted.append((path, body))
        return HAND


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    core = Core()

    def client(config: Path | None) -> Core:
        return core

    monkeypatch.setattr(booking_capture, "station_client", client)
    return core


def said(*words: str) -> str:
    done = CliRunner().invoke(app, ["booking", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_attempts_are_shown_with_their_advice(core: Core) -> None:
    shown = said("attempts", "B")
    assert all(word in shown for word in ("13", "pedal", "61", "retry", "Go."))
    assert json.loads(said("attempts", "B", "--json")) == ATTEMPTS


def test_the_hand_is_shown_with_the_line_that_is_offered(core: Core) -> None:
    shown = said("hand", "B")
    assert all(word in shown for word in ("right ring", "missing", "XX", "MISS R FGR"))
    assert core.posted == []


def test_a_finger_is_marked(core: Core) -> None:
    said("hand", "B", "--finger", "4", "--mark", "missing", "--smt")
    assert core.posted == [("/api/bookings/B/hand", {"finger": 4, "mark": "missing", "smt": True})]


def test_the_button(core: Core) -> None:
    said("trigger", "B")
    assert core.posted == [("/api/bookings/B/trigger", {})]
