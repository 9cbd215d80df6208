"""The LED panel's lines by hand, and its driver over a pty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import Beep, Colour, Icon, Indication, Light
from drivers.errors import Busy, Garbled, Gone, Refused, Timeout
from drivers.ledpanel import LedPanel
from drivers.ledpanel_wire import Answer, Hello, parse, show
from drivers.line_wire import build
from tests.drivers.scripted_serial import ScriptedLine
from tests.drivers.test_pedal import line

SLAP = Indication({2: Light(Colour.GREEN), 3: Light(Colour.RED, blinking=True), 10: Light(Colour.YELLOW)}, Beep.GOOD, Icon.RIGHT_FOUR)


class ScriptedPanel(ScriptedLine):
    """Shows what it is told, except when told not to."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.deaf = 0  # lines not heard
        self.code = 0
        self.heard = self._hear

    def _hear(self, data: bytes) -> None:
        for one in data.decode().splitlines():
            content = one.rpartition("*")[0]
            if self.deaf:
                self.deaf -= 1
            elif content == "?":
                self.say(line("!LEDPANEL 1 LP-0001 2.0"))
            else:
                self.shown.append(content)
                number = content.split()[1]
                self.say(line(f"N {number} {self.code}" if self.code else f"A {number}"))


@pytest.fixture
def device() -> Iterator[ScriptedPanel]:
    device = ScriptedPanel()
    yield device
    device.unplug()


@pytest.fixture
def panel(device: ScriptedPanel) -> Iterator[LedPanel]:
    panel = LedPanel(device.path)
    panel.open()
    yield panel
    panel.close()


def test_lines_by_hand() -> None:
    assert show(7, SLAP) == "L 7 .gR......y g r"
    assert show(65535, Indication()) == "L 65535 .......... - -"
    assert parse("!LEDPANEL 1 LP-0001 2.0") == Hello("LP-0001", "2.0")
    assert parse("A 7") == Answer(7, 0)
    assert parse("N 7 2") == Answer(7, 2)


@pytest.mark.parametrize("content", ["", "A", "A x", "N 7", "N 7 0", "N 7 x", "!LEDPANEL 2 A B", "A 70000"])
def test_what_a_panel_does_not_say(content: str) -> None:
    with pytest.raises(Garbled):
        parse(content)


lights = st.dictionaries(st.integers(1, 10), st.builds(Light, st.sampled_from(Colour), st.booleans()))


@given(st.integers(0, 65535), st.builds(Indication, lights, st.sampled_from(Beep), st.sampled_from(Icon)))
def test_everything_that_can_be_shown_fits_a_line(number: int, indication: Indication) -> None:
    content = show(number, indication)
    assert build(content)
    assert [content.split()[2][finger - 1] != "." for finger in range(1, 11)] == [finger in indication.lights for finger in range(1, 11)]


def test_lights_are_shown_and_acknowledged(device: ScriptedPanel, panel: LedPanel) -> None:
    assert (panel.serial, panel.firmware) == ("LP-0001", "2.0")
    panel.indicate(SLAP)
    panel.indicate(Indication())
    assert device.shown == ["L 1 .gR......y g r", "L 2 .......... - -"]


def test_a_line_that_was_not_heard_is_said_again(device: ScriptedPanel, panel: LedPanel) -> None:
    device.deaf = 2
    panel.indicate(SLAP)
    assert device.shown == ["L 1 .gR......y g r"]


def test_a_panel_that_never_acknowledges(device: ScriptedPanel, panel: LedPanel) -> None:
    device.deaf = 3
    with pytest.raises(Timeout, match="does not answer"):
        panel.indicate(SLAP)
    panel.indicate(SLAP)


def test_a_late_answer_is_not_taken_for_the_next_one(device: ScriptedPanel, panel: LedPanel) -> None:
    device.deaf = 3
    with pytest.raises(Timeout):
        panel.indicate(SLAP)
    device.say(line("A 1") + line("N 1 2"))
    panel.indicate(Indication())
    assert device.shown == ["L 2 .......... - -"]


def test_a_panel_that_refuses(device: ScriptedPanel, panel: LedPanel) -> None:
    device.code = 2
    with pytest.raises(Refused, match="has a fault"):
        panel.indicate(SLAP)


def test_unplugged(device: ScriptedPanel, panel: LedPanel) -> None:
    assert not panel.hung_up
    device.unplug()
    assert panel.hung_up
    with pytest.raises(Gone):
        panel.indicate(SLAP)


def test_a_second_program(device: ScriptedPanel, panel: LedPanel) -> None:
    with pytest.raises(Busy):
        LedPanel(device.path).open()


def test_something_else_on_the_port(device: ScriptedPanel) -> None:
    device.heard = lambda _: device.say(b"login: \n")
    with pytest.raises(Garbled, match="no LED panel"):
        LedPanel(device.path).open()
