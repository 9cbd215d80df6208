"""The library's errors become ours in one place; endpoints are found by what they are."""

from __future__ import annotations

import errno
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import usb.core

from drivers.errors import Busy, DeviceError, Garbled, Gone, Refused, Timeout
from drivers.usb_bus import bus_for
from drivers.usb_link import MAX_READ, Pipe, Stalled, UsbKind, UsbLink, _translated
from tests.drivers import scripted_usbip
from tests.drivers.scripted_usbip import IN_BULK, IN_INTERRUPT, OUT_BULK, ScriptedServer

KIND = UsbKind((0xFF, 0x46, 0x60), frozenset(Pipe))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ScriptedServer]:
    server = ScriptedServer(tmp_path / "usbip.sock")
    yield server
    gc.collect()
    server.close()


@pytest.mark.parametrize(
    ("number", "ours"),
    [
        (errno.ENODEV, Gone),
        (errno.EBUSY, Busy),
        (errno.EACCES, Refused),
        (errno.EPIPE, Stalled),
        (errno.EOVERFLOW, Garbled),
        (errno.EIO, Garbled),
        (errno.ENOMEM, DeviceError),
        (None, DeviceError),
    ],
)
def test_each_error_of_the_library_is_one_of_ours(number: int | None, ours: type[DeviceError]) -> None:
    with pytest.raises(ours) as caught, _translated():
        raise usb.core.USBError("in the library's words", -99, number)
    assert type(caught.value) is ours
    assert caught.value.what.endswith(".")
    assert isinstance(caught.value.__cause__, usb.core.USBError)


def test_no_permission_says_what_to_do() -> None:
    with pytest.raises(Refused) as caught, _translated():
        raise usb.core.USBError("Access denied", -3, errno.EACCES)
    assert "udev" in caught.value.do


def test_endpoints_are_found_by_direction_and_type(server: ScriptedServer) -> None:
    link = UsbLink(bus_for(server.address), KIND, "SCRIPT-1")
    server.feed(IN_INTERRUPT, b"event")
    server.feed(IN_BULK, b"frame")
    assert bytes(link.read(Pipe.BULK_IN, 512, 500)) == b"frame"
    assert bytes(link.read(Pipe.INTERRUPT_IN, 64, 500)) == b"event"
    link.write(b"light")
    assert server.written == [b"light"]
    with pytest.raises(Timeout):
        link.read(Pipe.INTERRUPT_IN, 64, 50)
    link.close()


def test_a_device_without_the_endpoints_is_garbled(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    only_in = scripted_usbip.CONFIGURATION.replace(bytes([7, 5, OUT_BULK, 2]), bytes([7, 5, 0x86, 2]))
    monkeypatch.setattr(scripted_usbip, "CONFIGURATION", only_in)
    with pytest.raises(Garbled, match="no BULK_OUT endpoint"):
        UsbLink(bus_for(server.address), KIND, "SCRIPT-1")


def test_another_serial_number_is_gone(server: ScriptedServer) -> None:
    with pytest.raises(Gone, match="SCRIPT-2"):
        UsbLink(bus_for(server.address), KIND, "SCRIPT-2")


def test_another_device_after_a_reset_is_gone(server: ScriptedServer) -> None:
    link = UsbLink(bus_for(server.address), KIND, "SCRIPT-1")
    server.serial = "SCRIPT-2"
    with pytest.raises(Gone, match="After a reset"):
        link.reset()
    link.close()


def test_no_read_is_larger_than_every_host_controller_can(server: ScriptedServer) -> None:
    link = UsbLink(bus_for(server.address), KIND, "SCRIPT-1")
    with pytest.raises(ValueError, match="at most"):
        link.read(Pipe.BULK_IN, MAX_READ + 512, 50)
    link.close()
