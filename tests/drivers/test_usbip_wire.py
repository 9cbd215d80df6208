"""The bytes of USB/IP 1.1.1, written out by hand from Linux's usbip_protocol.rst."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import usbip_wire as wire

DEVICE = (
    b"/sys/devices/pci0000:00/usb1/1-1".ljust(256, b"\0")
    + b"1-1".ljust(32, b"\0")
    + bytes.fromhex("00000001 00000002 00000003 1209 0001 0100 00 00 00 01 01 01")
)


def test_request_of_the_device_list() -> None:
    assert wire.devlist_request() == bytes.fromhex("0111 8005 00000000")


def test_request_of_an_import() -> None:
    assert wire.import_request("1-1") == bytes.fromhex("0111 8003 00000000") + b"1-1" + bytes(29)


def test_a_bus_id_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="31 characters"):
        wire.import_request("1" * 32)


def test_a_listed_device() -> None:
    device = wire.parse_device(DEVICE)
    assert (device.busid, device.busnum, device.devnum, device.speed) == ("1-1", 1, 2, 3)
    assert (device.id_vendor, device.id_product, device.configuration, device.interface_count) == (0x1209, 1, 1, 1)
    assert device.devid == 0x00010002


def test_class_triples_of_interfaces() -> None:
    assert wire.parse_interfaces(bytes.fromhex("ff466000 03000000")) == ((0xFF, 0x46, 0x60), (3, 0, 0))


def test_submit_of_a_control_read() -> None:
    setup = bytes.fromhex("c101000000004000")
    expected = "00000001 00000007 00010002 00000001 00000000 00000200 00000040 00000000 00000000 00000000 c101000000004000"
    assert wire.submit(7, 0x00010002, 0, is_in=True, length=64, setup=setup) == bytes.fromhex(expected)


def test_submit_of_a_bulk_write_carries_its_data() -> None:
    expected = "00000001 00000008 00010002 00000000 00000002 00000000 00000003 00000000 00000000 00000000 0000000000000000 616263"
    assert wire.submit(8, 0x00010002, 2, is_in=False, length=3, data=b"abc") == bytes.fromhex(expected)


def test_unlink_names_its_victim() -> None:
    assert wire.unlink(9, 0x00010002, 7) == bytes.fromhex("00000002 00000009 00010002 00000000 00000000 00000007") + bytes(24)


def test_answer_to_a_submit() -> None:
    data = bytes.fromhex("00000003 00000007 00000000 00000000 00000000 00000000 00000040 00000000 00000000 00000000") + bytes(8)
    assert wire.parse_return(data) == wire.Return(wire.RET_SUBMIT, 7, 0, 64)


def test_answer_to_an_unlink_of_a_pending_transfer() -> None:
    data = bytes.fromhex("00000004 00000009 00000000 00000000 00000000 ffffff98") + bytes(24)
    assert wire.parse_return(data) == wire.Return(wire.RET_UNLINK, 9, -104, 0)


@pytest.mark.parametrize("head", ["00000001", "00000005", "ffffffff"])
def test_a_command_that_is_no_answer_is_garbled(head: str) -> None:
    with pytest.raises(wire.UsbipGarbled, match="command"):
        wire.parse_return(bytes.fromhex(head) + bytes(44))


def test_another_version_is_garbled() -> None:
    with pytest.raises(wire.UsbipGarbled, match="version 0x0100"):
        wire.parse_reply(bytes.fromhex("0100 0005 00000000"), wire.OP_REP_DEVLIST)


def test_an_endless_list_is_garbled() -> None:
    with pytest.raises(wire.UsbipGarbled, match="devices"):
        wire.parse_count(b"\xff\xff\xff\xff")


@given(st.binary(min_size=48, max_size=48))
def test_any_answer_is_a_value_or_garbled(data: bytes) -> None:
    with contextlib.suppress(wire.UsbipGarbled):
        answer = wire.parse_return(data)
        assert answer.actual >= 0 >= answer.status


@given(st.binary(min_size=wire.DEVICE.size, max_size=wire.DEVICE.size))
def test_any_listed_device_is_a_value(data: bytes) -> None:
    assert 0 <= wire.parse_device(data).devid < 1 << 32
