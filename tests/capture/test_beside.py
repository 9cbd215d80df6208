"""What stands beside the scanner, as a technician is told: never opened to be looked at, tried only while nobody else uses it."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from agent.capture import beside_report, camera
from agent.capture.beside_report import camera_report, pedal_report, unused_ports
from agent.capture.camera import Camera, CameraBusy, NoPicture
from agent.capture.footing import Footing, PedalState
from agent.capture.troubles import Troubles
from agent.clock import SetClock
from agent.device_desk import DeviceDesk, ScannerBusy
from agent.errors import LivescanError
from agent.kiosk import devices
from drivers.serial_ports import SerialPort

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def _nothing() -> None: ...


def footing_at(port: str, folder: Path) -> Footing:
    clock = SetClock(NOON)
    return Footing(port, pressed=_nothing, say=lambda _: None, clock=clock, troubles=Troubles(folder / "pedal.json", clock))


def camera_at(source: str, folder: Path) -> Camera:
    clock = SetClock(NOON)
    return Camera(source, clock, Troubles(folder / "camera.json", clock))


def desk(folder: Path, *, busy: bool = False, port: str = "", source: str = "") -> DeviceDesk:
    capture: Any = SimpleNamespace(busy=busy, footing=footing_at(port, folder) if port else None)
    settings: Any = SimpleNamespace(scanner=SimpleNamespace(calibrate_every=0, usbip=""), pedal=SimpleNamespace(port=port))
    return DeviceDesk(capture, camera_at(source, folder), settings, SetClock(NOON))


def picture(folder: Path, *, even: bool = False) -> str:
    pixels = np.zeros((80, 64, 3), np.uint8)
    pixels[: 1 if even else 40] += 0 if even else 200
    Image.fromarray(pixels).save(folder / "camera.png")
    return str(folder / "camera.png")


def test_where_the_settings_name_nothing_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside_report, "serial_ports", list)
    assert asyncio.run(desk(tmp_path).beside()) == {"pedal": None, "camera": None, "unused": []}


def test_a_pedal_is_not_opened_to_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.pedal.SerialLink", lambda *_: pytest.fail("it was opened"))
    (tmp_path / "ttyACM0").touch()
    told = pedal_report(footing_at(str(tmp_path / "ttyACM0"), tmp_path))
    assert told is not None
    assert (told["state"], told["serial"], told["tried"], told["errors"]) == ("unopened", "", None, [])


def test_a_pedal_that_is_not_plugged_in_is_told_before_anybody_wants_it(tmp_path: Path) -> None:
    told = pedal_report(footing_at("/dev/no-pedal", tmp_path))
    assert told is not None and told["state"] == "absent"


def test_a_pedal_is_not_tried_while_a_booking_has_the_scanner(tmp_path: Path) -> None:
    with pytest.raises(ScannerBusy):
        asyncio.run(desk(tmp_path, busy=True, port="/dev/no-pedal").try_pedal())
    with pytest.raises(LivescanError, match="no foot pedal"):
        asyncio.run(desk(tmp_path).try_pedal())


def test_a_camera_that_is_tried_tells_what_came_and_when(tmp_path: Path) -> None:
    told = asyncio.run(desk(tmp_path, source=picture(tmp_path)).try_camera())["camera"]
    assert (told["state"], told["model"], told["errors"]) == ("unknown", "", [])
    assert told["last"] == {"at": NOON.isoformat(), "width": 64, "height": 80, "even": False}


def test_a_camera_with_its_cap_on_says_so(tmp_path: Path) -> None:
    told = asyncio.run(desk(tmp_path, source=picture(tmp_path, even=True)).try_camera())["camera"]
    assert told["last"]["even"] is True


def test_a_camera_that_gives_nothing_has_it_on_the_list_of_its_errors(tmp_path: Path) -> None:
    made = camera_at(str(tmp_path / "nothing.png"), tmp_path)
    with pytest.raises(NoPicture):
        asyncio.run(made.picture())
    told = camera_report(made)
    assert told is not None
    assert (told["last"], [one["what"] for one in told["errors"]]) == (None, ["The camera gives no picture."])


def test_a_camera_is_not_opened_while_a_photo_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, may_end = threading.Event(), threading.Event()

    def slow(_source: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        assert not opened.is_set(), "opened twice"
        opened.set()
        may_end.wait(10)
        return np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(camera, "take_picture", slow)
    made = camera_at("0", tmp_path)

    async def go() -> None:
        first = asyncio.create_task(made.picture())
        await asyncio.to_thread(opened.wait, 10)
        told = camera_report(made)
        assert told is not None and told["state"] == "busy"
        with pytest.raises(CameraBusy):
            await made.picture()
        may_end.set()
        await first
        assert not made.busy

    asyncio.run(go())


def test_a_camera_of_this_machine_is_looked_for_by_its_file(tmp_path: Path) -> None:
    told = camera_report(camera_at("97", tmp_path))
    assert told is not None and told["state"] == "absent"
    assert camera_at("97", tmp_path).node == Path("/dev/video97")


def test_serial_devices_of_ours_that_the_settings_do_not_name_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [
        SerialPort("/dev/ttyACM0", "pedal", "", "LIVESCAN PEDAL", "FP-1", "1209:0002"),
        SerialPort("/dev/ttyACM1", "ledpanel", "", "LIVESCAN LEDPANEL", "", "1209:0003"),
        SerialPort("/dev/ttyUSB0", "", "", "some adapter", "A1", "0403:6001"),
    ]
    monkeypatch.setattr(beside_report, "serial_ports", lambda: ports)
    assert [one["driver"] for one in unused_ports("/dev/ttyACM0")] == ["ledpanel"]
    assert [one["driver"] for one in unused_ports("")] == ["pedal", "ledpanel"]


def test_every_state_has_its_mark_on_the_page() -> None:
    assert set(devices.PEDAL) == {*PedalState, "absent"}
    assert set(devices.CAMERA) == {"there", "absent", "busy", "unknown"}
