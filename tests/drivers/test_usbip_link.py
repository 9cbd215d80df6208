"""Unmodified pyusb over a USB/IP server: the same devices, the same errors as over libusb and the kernel."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import usb.core
import usb.util

from drivers.usbip_address import parse_address
from drivers.usbip_link import UsbipBackend
from tests.drivers.scripted_usbip import BABBLE, BROKEN, IN_BULK, IN_INTERRUPT, OUT_BULK, STALL, UNPLUGGED, ScriptedServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ScriptedServer]:
    server = ScriptedServer(tmp_path / "usbip.sock")
    yield server
    gc.collect()  # pyusb's devices let go when they are collected
    server.close()


@pytest.fixture
def device(server: ScriptedServer) -> Any:
    device = usb.core.find(backend=UsbipBackend(parse_address(server.address)), idVendor=0x1209)
    assert device is not None
    return device


def error_of(call: Any, *arguments: Any) -> tuple[int | None, int | None, bool]:
    with pytest.raises(usb.core.USBError) as caught:
        call(*arguments)
    return caught.value.errno, caught.value.backend_error_code, isinstance(caught.value, usb.core.USBTimeoutError)


def test_descriptors_and_strings(device: Any) -> None:
    assert (device.manufacturer, device.product, device.serial_number) == ("MAKER", "MODEL", "SCRIPT-1")
    assert (device.bus, device.address, device.speed) == (1, 2, 3)
    endpoints = {e.bEndpointAddress for e in device[0][(0, 0)]}
    assert endpoints == {IN_BULK, IN_INTERRUPT, OUT_BULK}


def test_configuration_claim_and_kernel_driver(device: Any) -> None:
    device.set_configuration()
    assert device.get_active_configuration().bConfigurationValue == 1
    assert device.is_kernel_driver_active(0) is False
    assert error_of(device.detach_kernel_driver, 0) == (2, -5, False)
    usb.util.claim_interface(device, 0)
    assert error_of(device.set_configuration) == (16, -6, False)


def test_bulk_read_in_pieces(server: ScriptedServer, device: Any) -> None:
    server.feed(IN_BULK, b"a" * 700)
    assert device.read(IN_BULK, 512, 500).tobytes() == b"a" * 512
    assert device.read(IN_BULK, 512, 500).tobytes() == b"a" * 188


def test_bulk_write(server: ScriptedServer, device: Any) -> None:
    assert device.write(OUT_BULK, b"light", 500) == 5
    assert server.written == [b"light"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(STALL, (32, -9, False)), (BABBLE, (75, -8, False)), (UNPLUGGED, (19, -4, False)), (-19, (19, -4, False)), (BROKEN, (5, -1, False))],
)
def test_status_of_a_transfer(server: ScriptedServer, device: Any, status: int, error: tuple[int, int, bool]) -> None:
    server.feed(IN_BULK, status=status)
    assert error_of(device.read, IN_BULK, 512, 500) == error


def test_a_request_that_is_not_taken(device: Any) -> None:
    assert error_of(device.ctrl_transfer, 0xC1, 1, 0, 0, 64) == (32, -9, False)


def test_a_halt_lasts_until_it_is_cleared(server: ScriptedServer, device: Any) -> None:
    server.feed(IN_BULK, status=STALL)
    server.feed(IN_BULK, b"after")
    for _ in range(2):
        assert error_of(device.read, IN_BULK, 512, 500) == (32, -9, False)
    device.clear_halt(IN_BULK)
    assert device.read(IN_BULK, 512, 500).tobytes() == b"after"


def test_timeout_takes_the_transfer_back(server: ScriptedServer, device: Any) -> None:
    assert error_of(device.read, IN_INTERRUPT, 64, 60) == (110, -7, True)
    server.feed(IN_INTERRUPT, b"next")
    assert device.read(IN_INTERRUPT, 64, 500).tobytes() == b"next"
    assert b"unlink" in server.requests


@pytest.mark.parametrize("order", ["completed", "completed-late"])
def test_data_that_came_just_in_time_is_not_lost(server: ScriptedServer, device: Any, order: str) -> None:
    server.unlink = order
    assert device.read(IN_INTERRUPT, 64, 60).tobytes() == b"in time"


def test_timeout_when_the_server_does_not_answer_the_unlink(server: ScriptedServer, device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.usbip_connection.UNLINK_DEADLINE", 0.2)
    server.unlink = "silent"
    assert error_of(device.read, IN_INTERRUPT, 64, 60) == (110, -7, True)
    server.unlink = "proper"
    server.feed(IN_BULK, b"goes on")
    assert device.read(IN_BULK, 512, 500).tobytes() == b"goes on"


def test_too_large_a_read(device: Any) -> None:
    assert error_of(device.read, IN_BULK, (4 << 20) + 512, 500) == (12, -11, False)


def test_control_does_not_wait_behind_a_pending_interrupt_read(server: ScriptedServer, device: Any) -> None:
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(device.read(IN_INTERRUPT, 64, 2000).tobytes()))
    device.get_active_configuration()
    reader.start()
    time.sleep(0.05)
    began = time.monotonic()
    usb.util.get_string(device, 3)
    assert time.monotonic() - began < 0.5
    server.feed(IN_INTERRUPT, b"late")
    reader.join(2)
    assert got == [b"late"]


def test_unplug_ends_blocked_and_later_calls(server: ScriptedServer, device: Any) -> None:
    errors: list[tuple[int | None, int | None, bool]] = []
    device.get_active_configuration()
    blocked = [threading.Thread(target=lambda ep=ep: errors.append(error_of(device.read, ep, 64, 5000))) for ep in (IN_BULK, IN_INTERRUPT)]
    for thread in blocked:
        thread.start()
    time.sleep(0.05)
    began = time.monotonic()
    server.hang_up()
    for thread in blocked:
        thread.join(2)
    assert time.monotonic() - began < 0.25
    assert errors == [(19, -4, False)] * 2
    assert error_of(device.ctrl_transfer, 0xC1, 2, 0, 0, 16) == (19, -4, False)
    assert error_of(device.clear_halt, IN_BULK) == (19, -4, False)
    assert error_of(device.reset) == (19, -4, False)


def test_no_import_behind_the_back_after_an_unplug(server: ScriptedServer, device: Any) -> None:
    device.get_active_configuration()
    server.hang_up()
    assert error_of(device.read, IN_BULK, 64, 500) == (19, -4, False)
    usb.util.dispose_resources(device)
    assert error_of(device.ctrl_transfer, 0x80, 8, 0, 0, 1) == (19, -4, False)
    again = usb.core.find(backend=device.backend, idVendor=0x1209)
    assert again.serial_number == "SCRIPT-1"


def test_a_device_that_another_program_has_imported(server: ScriptedServer) -> None:
    server.import_status = 2
    device = usb.core.find(backend=UsbipBackend(parse_address(server.address)), idVendor=0x1209)
    assert device[0][(0, 0)].bInterfaceClass == 0xFF
    assert error_of(device.get_active_configuration) == (16, -6, False)


def test_an_interface_belongs_to_the_handle_that_claimed_it(device: Any) -> None:
    usb.util.claim_interface(device, 0)
    other = usb.core.find(backend=device.backend, idVendor=0x1209)
    assert other.serial_number == "SCRIPT-1"
    assert error_of(usb.util.claim_interface, other, 0) == (16, -6, False)
    usb.util.dispose_resources(device)
    usb.util.claim_interface(other, 0)


def test_reset_configures_again(server: ScriptedServer, device: Any) -> None:
    device.reset()
    assert bytes.fromhex("2303040000000000") in server.requests
    assert bytes.fromhex("0009010000000000") in server.requests
    assert device.serial_number == "SCRIPT-1"


@pytest.mark.parametrize(
    "nonsense",
    [
        bytes.fromhex("00000009") + bytes(44),  # no such command
        bytes.fromhex("00000003 0000ffff") + bytes(40),  # an answer nobody asked for
        b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4,
    ],
)
def test_a_server_that_talks_nonsense_is_left(server: ScriptedServer, device: Any, nonsense: bytes) -> None:
    device.get_active_configuration()
    server.send_raw(nonsense)
    assert error_of(device.read, IN_BULK, 512, 1000) == (19, -4, False)


def test_more_data_than_was_asked_for_is_never_written(server: ScriptedServer, device: Any) -> None:
    device.get_active_configuration()
    threading.Timer(0.05, lambda: server.send_raw(bytes.fromhex("00000003") + _last_seqnum(server) + _too_much())).start()
    assert error_of(device.read, IN_BULK, 512, 1000) == (19, -4, False)


def _last_seqnum(server: ScriptedServer) -> bytes:
    return server._pending[IN_BULK][0].seqnum.to_bytes(4, "big")


def _too_much() -> bytes:
    return bytes(12) + bytes(4) + (1 << 30).to_bytes(4, "big") + bytes(20)


def test_where_nothing_answers(tmp_path: Path) -> None:
    with pytest.raises(usb.core.USBError, match="No USB/IP server answers at unix:") as caught:
        usb.core.find(backend=UsbipBackend(parse_address(f"unix:{tmp_path}/none.sock")))
    assert caught.value.errno == 19


def test_another_version_of_the_protocol(server: ScriptedServer) -> None:
    server.version = 0x0106
    with pytest.raises(usb.core.USBError, match="no USB/IP server: the server speaks USB/IP version 0x0106"):
        usb.core.find(backend=UsbipBackend(parse_address(server.address)))
