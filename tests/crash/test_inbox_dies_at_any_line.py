"""Taking a message and deciding about it, killed before every few lines: stored before parsed, one effect, nothing dropped."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

EVERY_FEW = 7  # lines; `python -m tests.crash.inbox_lines` kills before each of them


def killed_before(stride: int) -> dict[str, dict[str, list[str] | int]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.inbox_lines", str(stride)], capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, dict[str, list[str] | int]] = json.loads(done.stdout)
    return found


@pytest.mark.long
@pytest.mark.timeout(420)
def test_a_message_and_a_decision_survive_a_kill_before_any_line() -> None:
    for story, found in killed_before(EVERY_FEW).items():
        assert found["wrong"] == [], story
        assert int(str(found["deaths"])) > 20, "the kills must have happened for this to say anything"
