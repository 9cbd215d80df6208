"""The traffic log is what Wireshark reads."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.subject.person import Person
from tests.data import need_debian
from tests.firmware_sim.fap60_host import Host
from tests.firmware_sim.usbip_client import Client


@pytest.fixture
def log(tmp_path: Path, small_person: Person) -> Path:
    """One capture, a stall, a read taken back, and the cable pulled."""
    path = tmp_path / "traffic.pcapng"
    settings = BenchSettings(f"unix:{tmp_path}/p.sock", speed=20, pcap=path)
    with Bench(settings, small_person) as bench, Client(bench.address) as client:
        host = Host(client)
        client.control_in(0x80, 6, 0x0100, 0, 18)
        host.capture(1, 2, {1}, flags=9)
        assert client.control_in(0xC1, 0x77, 0, 0, 4).status < 0
        client.unlink_status(client.unlink(client.submit(0x82, 64)))
        bench.unplug()
    return path


def test_blocks_are_whole_and_aligned(log: Path):
    data, at, kinds = log.read_bytes(), 0, []
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        assert size % 4 == 0
        assert struct.unpack_from("<I", data, at + size - 4)[0] == size
        kinds.append(kind)
        at += size
    assert kinds[:2] == [0x0A0D0D0A, 1]
    assert set(kinds[2:]) == {6}
    assert len(kinds) > 20


def tshark(log: Path, *fields: str, only: str = "usb") -> list[list[str]]:
    command = [need_debian("tshark", "tshark"), "-r", str(log), "-Y", only, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return [line.split("\t") for line in out.splitlines()]


def test_wireshark_sees_requests_and_their_ends(log: Path):
    seen = tshark(log, "usb.urb_type", "usb.transfer_type", "usb.endpoint_address", "usb.urb_status")
    assert {row[1] for row in seen} == {"0x01", "0x02", "0x03"}
    assert {row[2] for row in seen} >= {"0x00", "0x80", "0x81", "0x82"}
    assert {row[3] for row in seen} >= {"0", "-115", "-32", "-104", "-108"}
    assert not tshark(log, "frame.number", only="_ws.malformed")


def test_wireshark_reads_the_device_descriptor(log: Path):
    assert tshark(log, "usb.idVendor", "usb.idProduct", only="usb.idVendor") == [["0x1209", "0x0001"]]


def test_log_of_a_whole_frame_has_its_bytes(log: Path):
    longest = max(tshark(log, "usb.data_len", only="usb.endpoint_address == 0x81"), key=lambda row: int(row[0]))
    assert int(longest[0]) > 64 + 150 * 130


def test_log_that_cannot_be_written_is_an_error_at_the_start(tmp_path: Path, small_person: Person, make_bench: Callable[..., Bench]):
    settings = BenchSettings(f"unix:{tmp_path}/q.sock", pcap=tmp_path / "no" / "such" / "folder")
    with pytest.raises(OSError, match="No such file"), Bench(settings, small_person):
        pass
