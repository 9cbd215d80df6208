"""Descriptors as chapter 9.6 of USB 2.0 lays them out."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.usb_descriptors import DescriptorError, parse_configuration, parse_device
from tests.drivers.scripted_usbip import CONFIGURATION, DEVICE_DESCRIPTOR


def test_device_descriptor() -> None:
    device = parse_device(DEVICE_DESCRIPTOR)
    assert (device.bcdUSB, device.bMaxPacketSize0, device.idVendor, device.idProduct) == (0x0200, 64, 0x1209, 1)
    assert (device.iManufacturer, device.iProduct, device.iSerialNumber, device.bNumConfigurations) == (1, 2, 3, 1)


def test_configuration_with_its_endpoints() -> None:
    config = parse_configuration(CONFIGURATION)
    ((interface,),) = config.interfaces
    assert (interface.bInterfaceClass, interface.bInterfaceSubClass, interface.bInterfaceProtocol) == (0xFF, 0x46, 0x60)
    assert [(e.bEndpointAddress, e.bmAttributes, e.wMaxPacketSize) for e in interface.endpoints] == [
        (0x83, 2, 512),
        (0x85, 3, 64),
        (2, 2, 512),
    ]


def test_unknown_descriptors_are_kept_where_they_stand() -> None:
    data = bytearray.fromhex("0902 1d00 01010080fa 03fe01 0904000001ff466000 07058302000200".replace(" ", "")) + b"\x02\xfd"
    data[2] = len(data)
    config = parse_configuration(bytes(data))
    assert config.extra_descriptors == (3, 0xFE, 1)
    assert config.interfaces[0][0].endpoints[0].extra_descriptors == (2, 0xFD)


@pytest.mark.parametrize("cut", [0, 3, 8, 12, 38])
def test_a_truncated_configuration_is_refused(cut: int) -> None:
    with pytest.raises(DescriptorError):
        parse_configuration(CONFIGURATION[:cut])


def test_a_descriptor_of_no_length_is_refused() -> None:
    with pytest.raises(DescriptorError, match="0 bytes at offset 9"):
        parse_configuration(bytes.fromhex("09020b0001010080fa") + b"\0\0")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_description_or_refused(data: bytes) -> None:
    for parse in (parse_device, parse_configuration):
        with contextlib.suppress(DescriptorError):
            parse(data)


@given(st.binary(max_size=60))
def test_any_rest_of_a_configuration_is_read_or_refused(rest: bytes) -> None:
    head = bytes.fromhex("0902") + (9 + len(rest)).to_bytes(2, "little") + bytes.fromhex("01010080fa")
    with contextlib.suppress(DescriptorError):
        config = parse_configuration(head + rest)
        assert config.bNumInterfaces == len(config.interfaces)
