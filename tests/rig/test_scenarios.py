"""Every shipped scenario on the default rung; some on the others; and that a scenario can fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.rig.html import page
from agent.rig.junit import outcomes_xml
from agent.rig.outcome import Outcome, Verdict, read_outcome
from agent.rig.stage import CannotPlay, play
from agent.rig.target import Rung
from agent.settings import config_dir
from tests.data import need_debian

SHIPPED = sorted((config_dir() / "scenarios").glob("*.toml"))
SPEED_OF_THE_MACHINE = {"fps", "late_frames"}  # figures that a busy machine spoils; `livescan bench usb` is where they count


def well(outcome: Outcome) -> None:
    failed = [f"{step.what}: {step.why}" for step in outcome.steps if step.verdict is not Verdict.PASSED]
    beyond = [f"{one.name} {one.value}" for one in outcome.measurements if not one.passed and one.name not in SPEED_OF_THE_MACHINE]
    assert not failed + beyond, "\n".join(failed + beyond)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenario_over_loopback(path: Path, subject: str) -> None:
    well(play(path, Rung.LOOPBACK, subject))


@pytest.mark.parametrize("name", ["unplug-armed", "unplug-mid-frame", "stall", "one-finger"])
def test_the_same_scenario_in_process(name: str, subject: str) -> None:
    well(play(config_dir() / "scenarios" / f"{name}.toml", Rung.IN_PROCESS, subject))


@pytest.mark.parametrize("name", ["unplug-armed", "unplug-mid-frame", "two-scanners", "killed-holder", "one-finger"])
def test_the_same_scenario_through_real_libusb(name: str, subject: str) -> None:
    need_debian("umockdev", "umockdev-run")
    well(play(config_dir() / "scenarios" / f"{name}.toml", Rung.LIBUSB, subject))


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text('model = "uru4500"\nspeed = 10\n' + text, "utf-8")
    return path


@pytest.fixture
def late(tmp_path: Path, subject: str) -> Outcome:
    """A scenario whose second step cannot come true."""
    text = '[limits]\nenumerate_ms = 0.001\n[[step]]\nlift = true\n[[step]]\narm = "right-thumb"\n'
    text += '[[step]]\nexpect = "result"\nwithin_ms = 300\n'
    return play(written(tmp_path, text + "[[step]]\nlift = true\n"), Rung.IN_PROCESS, subject)


def test_what_does_not_come_fails_and_teardown_still_runs(late: Outcome) -> None:
    assert late.verdict is Verdict.FAILED
    assert "'result' did not come within 0.3 s" in late.why
    assert [step.what.split()[0] for step in late.steps] == ["setup", "1", "2", "3", "teardown"]
    assert late.steps[-1].verdict is Verdict.PASSED


def test_a_limit_that_is_passed_fails(late: Outcome) -> None:
    (enumerate_ms, *_) = late.measurements
    assert (enumerate_ms.name, enumerate_ms.passed) == ("enumerate_ms", False)


def test_trouble_that_nobody_expected_fails(tmp_path: Path, subject: str) -> None:
    text = (
        '[[step]]\nlift = true\n[[step]]\narm = "right-thumb"\n[[step]]\nexpect = "armed"\n[[step]]\nunplug = true\n[[step]]\nwait = 500\n'
    )
    outcome = play(written(tmp_path, text), Rung.IN_PROCESS, subject)
    assert "nobody expected" in outcome.why


def test_what_nobody_at_the_bench_can_do_is_skipped_in_words(tmp_path: Path, subject: str) -> None:
    outcome = play(written(tmp_path, "[[step]]\nhold = true\n"), Rung.IN_PROCESS, subject)
    assert outcome.verdict is Verdict.SKIPPED
    assert "no other program can reach the scanner" in outcome.why


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[limits]\nbeauty = 3\n[[step]]\nwait = 1\n", "'beauty' is not measured"),
        ('colour = "red"\n[[step]]\nwait = 1\n', "'colour' is no setting"),
        ("[[step]]\nwait = 1\nplug = true\n", "exactly one"),
        ("[[step]]\nplug = true\non = 2\n", "speaks of scanner 2"),
    ],
)
def test_a_file_that_is_no_scenario_says_why(tmp_path: Path, subject: str, text: str, reason: str) -> None:
    with pytest.raises(CannotPlay, match=reason):
        play(written(tmp_path, text), Rung.IN_PROCESS, subject)


def test_reports(late: Outcome, tmp_path: Path) -> None:
    from xml.etree import ElementTree as Tree

    (suite,) = Tree.fromstring(outcomes_xml([late]))
    assert suite.get("failures") == "2"
    assert len(suite.findall("testcase")) == int(suite.get("tests", "0"))
    html = page([late])
    assert "did not come within" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "<script" not in html
    assert json.dumps(read_outcome(late.as_json()).as_json()) == json.dumps(late.as_json())
