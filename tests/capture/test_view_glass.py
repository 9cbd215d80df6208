"""What the screen says of the glass."""

from __future__ import annotations

from agent.capture.events import Cautioned, GlassSeen
from agent.capture.view import LiveView
from agent.clock import SystemClock
from agent.quality.hygiene import Cleanliness

CLEAN = GlassSeen(Cleanliness.CLEAN, 0.0, 0.0, "")
DIRTY = GlassSeen(Cleanliness.CLEAN_NOW, 0.0, 0.1, "Clean the glass now.")


def test_clean_now_is_shown_until_the_glass_is_clean() -> None:
    view = LiveView(SystemClock())
    view.heard(DIRTY)
    assert view.now.sentence == "Clean the glass now."
    view.heard(CLEAN)
    assert view.now.sentence == ""


def test_a_clean_glass_takes_away_no_other_sentence() -> None:
    view = LiveView(SystemClock())
    view.heard(DIRTY)
    view.heard(Cautioned("Not taken: nothing touches the glass."))
    view.heard(CLEAN)
    assert view.now.sentence == "Not taken: nothing touches the glass."
