"""Every word of the pages stands in every language's file, and every key that a page asks for is there."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from agent.access.history import Purpose
from agent.access.roles import Right
from agent.capture.calibration import Calibrated
from agent.capture.plan import plan
from agent.capture.questions import Choice
from agent.capture.session import State
from agent.gallery.hints import Said
from agent.jail.standing import Standing
from agent.kiosk import devices, forms, frame, pictograms, settings
from agent.kiosk.capturing import REASONS
from agent.kiosk.sending import STEPS
from agent.kiosk.words import FOLDER, languages, words
from agent.model.fingers import FINGERS, FingerMark
from tests.kiosk import test_choices

KIOSK = Path(frame.__file__).parent
ENGLISH = words("en")
_ASKED = re.compile(r"""\bt\(\s*["']([a-z_]+\.[a-z_.0-9]+)["'](?!\s*~)""")


def asked() -> set[str]:
    """Whole keys in templates and code."""
    files = [*KIOSK.glob("*.py"), *(KIOSK / "templates").glob("*.html")]
    return {key for path in files for key in _ASKED.findall(path.read_text("utf-8"))}


def built() -> set[str]:
    """Keys that are put together of a value."""
    made = {asked.label for asked in (*forms.PERSON, *forms.ARREST)}
    made |= {f"hand_mark.{one}" for one in FingerMark} | {f"hand_mark_means.{one}" for one in FingerMark}
    made |= {f"finger.{int(step.position)}" for step in plan()} | {f"finger_short.{int(one)}" for one in FINGERS}
    made |= {f"capture.place.{int(step.position)}" for step in plan()} | {f"capture.state.{one.name.lower()}" for one in State}
    made |= {f"why_not.{one}" for one in test_choices.WHYS}
    made |= {f"pictogram.{one}" for one in pictograms.NAMES}
    made |= {f"choice.{one}" for one in Choice} | {f"reason.{one}" for one in REASONS} | {f"state.{one}" for one in STEPS}
    made |= {f"purpose.{one}" for one in Purpose} | {f"said_of_hint.{one}" for one in Said} | {key for _, _, key in frame.MENU}
    made |= {f"badge.{one}" for one in ("not_printed", "printing", "to_send", "held", "rejected", "reply", "answered", "received", "sent")}
    made |= {f"device_{part}.{one}" for part in ("error", "error_means", "error_do") for one in devices.ERRORS}
    made |= {f"beside.pedal_{one}" for one in devices.PEDAL} | {f"beside.tried_{one}" for one in devices.TRIED}
    made |= {f"beside.camera_{one}" for one in devices.CAMERA} | {f"beside.unused_{one}" for one in devices.UNUSED}
    made |= {f"devices.link_{number}" for number in range(len(devices.LINKS))} | {f"devices.where_{one}" for one in ("usb", "usbip")}
    made |= {f"check.calibration_{one}" for one in Calibrated} | {f"devices.{row}" for row in devices.ROWS}
    made |= {f"settings.{one}" for one in ("key", "value", "does", "stands", "state_asked", "state_in_force", "state_refused")}
    made |= set(settings._REFUSED.values())
    made |= {f"standing.{one}" for one in Standing} | {f"audit.{one}" for one in ("n", "at", "who", "event", "outcome", "booking", "said")}
    return made


@pytest.mark.parametrize("key", sorted(asked() | built()))
def test_every_key_that_a_page_asks_for_is_there(key: str) -> None:
    assert key in ENGLISH.texts


@pytest.mark.parametrize("language", languages())
def test_a_language_says_everything_and_nothing_else_and_fills_in_the_same(language: str) -> None:
    import tomllib

    from agent.kiosk.words import _flat

    said = dict(_flat(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))))
    assert said.keys() == ENGLISH.texts.keys()
    for key, text in said.items():
        assert text.strip() == text != "", key
        assert _fields(text) == _fields(ENGLISH(key)), key


def test_a_right_of_the_menu_is_one_that_there_is() -> None:
    assert all(right in list(Right) for _, right, _ in frame.MENU)


def _fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
