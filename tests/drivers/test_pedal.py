"""The pedal's driver over a pty."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from drivers.errors import Garbled, Gone, Timeout
from drivers.pedal import Pedal
from drivers.pedal_wire import PedalEvent
from tests.drivers.scripted_serial import ScriptedLine


def line(content: str) -> bytes:
    total = 0
    for byte in content.encode():
        total ^= byte
    return f"{content}*{total:02X}\n".encode()


class ScriptedPedal(ScriptedLine):
    def __init__(self) -> None:
        super().__init__()
        self.heard = lambda data: self.say(line("!PEDAL 1 FP-0001 1.4") + line("S U 0")) if b"?*3F\n" in data else None


@pytest.fixture
def device() -> Iterator[ScriptedPedal]:
    device = ScriptedPedal()
    yield device
    device.unplug()


@pytest.fixture
def pedal(device: ScriptedPedal) -> Iterator[Pedal]:
    pedal = Pedal(device.path)
    pedal.open()
    yield pedal
    pedal.close()


def test_who_it_is(pedal: Pedal) -> None:
    assert (pedal.serial, pedal.firmware) == ("FP-0001", "1.4")


def test_a_press_is_heard_at_once(device: ScriptedPedal, pedal: Pedal) -> None:
    assert pedal.wait(0.05) is None
    began = time.monotonic()
    device.say(line("D 1") + line("U 2") + line("D 3"))
    assert pedal.wait(1.0) is PedalEvent.PRESSED
    assert time.monotonic() - began < 0.2
    assert pedal.wait(0.1) is None
    device.say(line("U 4"))
    assert pedal.wait(1.0) is PedalEvent.RELEASED


def test_damaged_lines_are_counted_and_their_loss_is_told(device: ScriptedPedal, pedal: Pedal) -> None:
    device.say(b"D 1*00\n" + line("U 2"))
    assert pedal.wait(1.0) is PedalEvent.LINES_LOST
    assert pedal.damaged_lines == 1


def test_unplugged(device: ScriptedPedal, pedal: Pedal) -> None:
    device.unplug()
    with pytest.raises(Gone):
        pedal.wait(0.5)


def test_fallen_silent(pedal: Pedal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.pedal.SILENT_AFTER", 0.2)
    with pytest.raises(Gone, match="fallen silent"):
        pedal.wait(1.0)


def test_nothing_on_the_port(device: ScriptedPedal) -> None:
    device.heard = lambda _: None
    with pytest.raises(Timeout, match="does not answer"):
        Pedal(device.path).open()


def test_something_else_on_the_port(device: ScriptedPedal) -> None:
    device.heard = lambda _: device.say(b"OK\r\n")
    with pytest.raises(Garbled, match="no foot pedal"):
        Pedal(device.path).open()
