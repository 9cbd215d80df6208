"""Endpoint zero as a host meets it (USB 2.0, chapter 9.4)."""

from __future__ import annotations

import errno

from tests.firmware_sim.usbip_client import Client

STALL = -errno.EPIPE


def test_descriptor_is_cut_at_the_length_asked_for(client: Client):
    assert len(client.control_in(0x80, 6, 0x0100, 0, 18).data) == 18
    assert client.control_in(0x80, 6, 0x0100, 0, 8).data == bytes.fromhex("1201000200000040")
    assert len(client.control_in(0x80, 6, 0x0200, 0, 9).data) == 9
    assert len(client.control_in(0x80, 6, 0x0200, 0, 4096).data) == 39


def test_serial_number_string(client: Client):
    data = client.control_in(0x80, 6, 0x0303, 0x0409, 255).data
    assert data[2:].decode("utf-16-le") == "LS60-0001"


def test_unknown_descriptor_and_unknown_request_stall(client: Client):
    assert client.control_in(0x80, 6, 0x0F00, 0, 5).status == STALL
    assert client.control_in(0x80, 6, 0x0304, 0x0409, 255).status == STALL
    assert client.control_in(0x80, 0x33, 0, 0, 5).status == STALL
    assert client.control_out(0x00, 7, 0x0100, 0, bytes(18)).status == STALL


def test_only_the_configuration_that_exists_can_be_set(client: Client):
    assert client.control_out(0x00, 9, 7, 0).status == STALL
    assert client.control_in(0x80, 8, 0, 0, 1).data == b"\x00"
    assert client.control_out(0x00, 9, 1, 0).status == 0
    assert client.control_in(0x80, 8, 0, 0, 1).data == b"\x01"


def test_nothing_but_endpoint_zero_answers_before_configuration(client: Client):
    assert client.bulk_in(512).status == -errno.EPROTO
    assert client.control_in(0xC1, 1, 0, 0, 64).status == STALL


def test_halt_feature_can_be_set_read_and_cleared(client: Client):
    client.configure()
    assert client.control_in(0x82, 0, 0, 0x81, 2).data == b"\x00\x00"
    assert client.control_out(0x02, 3, 0, 0x81).status == 0
    assert client.control_in(0x82, 0, 0, 0x81, 2).data == b"\x01\x00"
    assert client.bulk_in(512).status == STALL
    assert client.control_out(0x02, 1, 0, 0x81).status == 0
    assert client.control_in(0x82, 0, 0, 0x81, 2).data == b"\x00\x00"


def test_set_configuration_resets_halts(client: Client):
    client.configure()
    client.control_out(0x02, 3, 0, 0x81)
    client.configure()
    assert client.control_in(0x82, 0, 0, 0x81, 2).data == b"\x00\x00"


def test_status_of_what_does_not_exist_stalls(client: Client):
    client.configure()
    assert client.control_in(0x82, 0, 0, 0x85, 2).status == STALL
    assert client.control_in(0x81, 0, 0, 1, 2).status == STALL
    assert client.control_in(0x80, 0, 0, 0, 2).data == b"\x00\x00"


def test_interface_has_one_setting(client: Client):
    client.configure()
    assert client.control_in(0x81, 10, 0, 0, 1).data == b"\x00"
    assert client.control_out(0x01, 11, 0, 0).status == 0
    assert client.control_out(0x01, 11, 1, 0).status == STALL


def test_port_reset_takes_the_configuration_away(client: Client):
    client.configure()
    assert client.control_out(0x23, 3, 4, 0).status == 0
    assert client.control_in(0x80, 8, 0, 0, 1).data == b"\x00"
