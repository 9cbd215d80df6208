"""The scanner's descriptors, byte for byte as section 1 of docs/fap60-protocol.md asks."""

from __future__ import annotations

import struct

from firmware_sim.core.descriptors import Type
from firmware_sim.models.fap60 import describe

TOLD = describe("LS60-0042")


def parts(data: bytes) -> list[bytes]:
    found = []
    while data:
        found.append(data[: data[0]])
        data = data[data[0] :]
    return found


def test_device_descriptor_byte_for_byte():
    assert TOLD.device() == bytes.fromhex("12 01 0002 00 00 00 40 0912 0100 0001 01 02 03 01")


def test_configuration_byte_for_byte():
    assert TOLD.configuration.pack() == bytes.fromhex(
        "09 02 2700 01 01 00 80 fa"  # 39 bytes, one interface, value 1, bus powered, 250 x 2 mA
        "09 04 00 00 03 ff 46 60 00"
        "07 05 81 02 0002 00"
        "07 05 82 03 4000 04"
        "07 05 01 02 0002 00"
    )


def test_total_length_is_the_sum_of_the_parts():
    data = TOLD.configuration.pack()
    assert struct.unpack("<H", data[2:4])[0] == len(data) == sum(part[0] for part in parts(data))


def test_device_qualifier_and_other_speed_describe_full_speed():
    assert TOLD.qualifier() == bytes.fromhex("0a 06 0002 00 00 00 40 01 00")
    other = TOLD.find(Type.OTHER_SPEED_CONFIGURATION, 0)
    assert other is not None
    assert other[1] == 7
    endpoints = [part for part in parts(other) if part[1] == Type.ENDPOINT]
    assert [struct.unpack("<H", part[4:6])[0] for part in endpoints] == [64, 64, 64]
    assert endpoints[1][6] == 1


def test_strings_are_utf_16_in_one_language():
    assert TOLD.string(0) == bytes.fromhex("04 03 0904")
    serial = TOLD.string(3)
    assert serial is not None
    assert serial[0] == len(serial)
    assert serial[2:].decode("utf-16-le") == "LS60-0042"
    assert TOLD.string(4) is None


def test_unknown_descriptor_is_none():
    assert TOLD.find(0x0F, 0) is None
    assert TOLD.find(Type.CONFIGURATION, 1) is None
