"""Dashboard and alert rules ask only for numbers that there are, and the numbers reach node_exporter as a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agent.web.metrics import Health
from agent.web.textfile import Textfile
from tests.jail.counter import Counter

MONITORING = Path(__file__).parents[2] / "config" / "monitoring"


@pytest.fixture
def counter(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Counter(tmp_path)
    yield made
    made.close()


def _health(counter: Counter) -> Health:
    return counter.health


@pytest.mark.parametrize("name", ["alerts.yml", "grafana-dashboard.json"])
def test_only_numbers_that_there_are_are_asked_for(counter: Counter, name: str) -> None:
    there = set(re.findall(r"^(livescan_\w+)", counter.office.run(_health(counter).metrics()), re.MULTILINE))
    asked = set(re.findall(r"\blivescan_\w+", (MONITORING / name).read_text()))
    assert asked
    assert asked <= there


def test_every_alert_says_what_to_do() -> None:
    text = (MONITORING / "alerts.yml").read_text()
    assert text.count("- alert:") == text.count("          do: ") == text.count("          summary: ")


def test_the_dashboard_is_json_with_panels_apart() -> None:
    panels = json.loads((MONITORING / "grafana-dashboard.json").read_text())["panels"]
    places = [(x, y) for one in panels for x in _range(one, "x", "w") for y in _range(one, "y", "h")]
    assert len(places) == len(set(places))


def _range(panel: dict[str, dict[str, int]], start: str, size: str) -> range:
    place = panel["gridPos"]
    return range(place[start], place[start] + place[size])


def test_the_textfile_is_readable_and_whole(counter: Counter, tmp_path: Path) -> None:
    path = tmp_path / "livescan.prom"
    counter.office.run(Textfile(path, _health(counter)).write())
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_text().rstrip().splitlines()[-1].startswith("livescan_bookings")
