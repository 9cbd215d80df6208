"""From stored pictures to hints, with the extractor that is installed, in the background's own process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.model.fingers import Position
from tests.gallery.station import Station
from tests.match.prints import finger
from tests.prints import nist_card

pytestmark = pytest.mark.long


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    made.desk.close()
    made.start(reads=True)
    yield made
    made.close()


@pytest.mark.timeout(300)  # 15 s of CPU at low priority
def test_three_rolls_of_an_inked_card_are_found_by_its_slaps(station: Station) -> None:
    """Real ink: enrolled from rolls alone, looked for by plain prints alone."""
    card = nist_card()
    before = station.book(1, {}, ago=timedelta(days=3))
    station.take(BookingId(before), {fgp: pixels for fgp, pixels in card.items() if fgp in (2, 3, 7)})
    station.work(within=140)
    now = station.book(2, {})
    station.take(BookingId(now), {fgp: pixels for fgp, pixels in card.items() if fgp in (13, 14)})
    station.work(within=140)
    (hint,) = station.hints(now)
    assert (hint["kind"], hint["other"]) == ("same_prints", before)
    assert hint["decades"] > 10 and set(hint["fingers"]) == {2, 3, 7}


def test_a_booking_whose_prints_show_nothing_is_looked_at_once_and_stops_nothing(station: Station) -> None:
    blank = np.full((750, 800), 255, np.uint8)
    lines = blank.copy()
    lines[::60] = 0
    booking = station.book(1, {})
    station.take(BookingId(booking), {1: blank, 2: lines, 13: np.full((1000, 1600), 255, np.uint8)})
    station.work(within=60)
    shown = station.office.run(station.desk.show())
    assert (shown["subjects"], shown["searchable"], shown["trouble"]) == (1, 0, "")


def test_an_officers_picture_becomes_templates_and_rubbish_is_refused(station: Station) -> None:
    picture = cv2.imencode(".png", finger(3)[0])[1].tobytes()
    kept = station.office.run(station.desk.keep_officer("o.7", {Position.RIGHT_INDEX: picture, Position.RIGHT_MIDDLE: b"rubbish"}, 500))
    assert kept == [2]
    with pytest.raises(LivescanError, match="None of the pictures"):
        station.office.run(station.desk.keep_officer("o.8", {Position.RIGHT_INDEX: b"\x89PNG rubbish"}, 500))
    assert list(station.desk._gallery().officers()) == ["o.7"]
