"""The USB/IP conversation, as a kernel or a driver has it with the simulated scanner."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_sim.bench import Bench
from firmware_sim.hosts.listening import ListenError, listen
from tests.firmware_sim.usbip_client import Client, Refused, connect, devlist, exactly


def wait_until_free(address: str) -> Client:
    """The server notices a client's end a moment later."""
    deadline = time.monotonic() + 5
    while True:
        try:
            return Client(address)
        except Refused:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_device_list_names_one_high_speed_device(bench: Bench):
    count, told = devlist(bench.address)
    assert count == 1
    assert told[256:288].rstrip(b"\0") == b"1-1"
    assert struct.unpack(">IIIHHHBBBBBB", told[288:312]) == (1, 2, 3, 0x1209, 0x0001, 0x0100, 0, 0, 0, 0, 1, 1)
    assert told[312:] == bytes([0xFF, 0x46, 0x60, 0])


def test_import_repeats_what_the_list_says(bench: Bench, client: Client):
    assert client.told == devlist(bench.address)[1][:312]


def test_unknown_bus_id_is_refused(bench: Bench):
    with pytest.raises(Refused):
        Client(bench.address, "9-9")


def test_second_importer_is_refused_until_the_first_leaves(bench: Bench):
    with Client(bench.address), pytest.raises(Refused) as refused:
        Client(bench.address)
    assert refused.value.args[0] == 2  # ST_DEV_BUSY
    wait_until_free(bench.address).sock.close()


def test_device_is_reset_when_its_importer_leaves(bench: Bench):
    with Client(bench.address) as first:
        first.configure()
    with wait_until_free(bench.address) as second:
        assert second.control_in(0x80, 8, 0, 0, 1).data == b"\x00"


def test_unix_socket_belongs_to_its_owner_alone(bench: Bench):
    mode = Path(bench.address.removeprefix("unix:")).stat().st_mode
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)


def test_loopback_works_and_nothing_else_is_listened_on(make_bench: Callable[..., Bench]):
    bench = make_bench(listen="tcp:127.0.0.1:0")
    with Client(bench.address) as client:
        assert client.control_in(0x80, 6, 0x0100, 0, 18).status == 0
    for address in ("tcp:0.0.0.0:0", "tcp:::0", "tcp:192.0.2.1:0", "udp:127.0.0.1:1", "unix:", "tcp:127.0.0.1:x", "tcp:127.0.0.1:70000"):
        with pytest.raises(ListenError):
            listen(address)


def test_socket_left_over_by_a_dead_process_is_replaced_and_a_live_one_is_not(tmp_path: Path):
    path = tmp_path / "old.sock"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    live = listen(f"unix:{path}")
    with pytest.raises(ListenError, match="in use"):
        listen(f"unix:{path}")
    live.close()
    (tmp_path / "file").write_text("precious")
    with pytest.raises(ListenError, match="not a socket"):
        listen(f"unix:{tmp_path}/file")
    assert (tmp_path / "file").read_text() == "precious"


def test_control_transfers_go_on_beside_a_waiting_read(client: Client):
    client.configure()
    waiting = client.submit(0x82, 64)
    assert client.control_in(0xC1, 2, 0, 0, 16).status == 0
    assert waiting not in client.answers


def test_unlinking_a_waiting_read_says_econnreset_and_the_read_is_not_answered(client: Client):
    client.configure()
    waiting = client.submit(0x82, 64)
    assert client.unlink_status(client.unlink(waiting)) == -errno.ECONNRESET
    client.control_in(0xC1, 2, 0, 0, 16)
    assert waiting not in client.answers


def test_unlinking_a_request_that_has_ended_says_zero(client: Client):
    client.configure()
    ended = client.submit(0x80, 64, setup=struct.pack("<BBHHH", 0xC1, 1, 0, 0, 64))
    number = client.unlink(ended)
    assert client.unlink_status(number) == 0
    assert client.answers[ended].status == 0


def test_unplugging_ends_the_connection_and_hides_the_device(bench: Bench):
    client = Client(bench.address)
    client.configure()
    client.submit(0x82, 64)
    bench.unplug()
    with pytest.raises((EOFError, ConnectionError)):
        while True:
            client.read_one()
    assert devlist(bench.address)[0] == 0
    with pytest.raises(Refused):
        Client(bench.address)
    bench.plug()
    wait_until_free(bench.address).sock.close()


def test_answers_carry_zero_device_and_endpoint_as_the_kernels_do(client: Client):
    client.submit(0x80, 18, setup=struct.pack("<BBHHH", 0x80, 6, 0x0100, 0, 18))
    assert struct.unpack(">12I", exactly(client.sock, 48)) == (3, 1, 0, 0, 0, 0, 18, 0, 0, 0, 0, 0)
    exactly(client.sock, 18)


def raw_import(address: str) -> socket.socket:
    sock = connect(address)
    sock.sendall(struct.pack(">HHI32s", 0x0111, 0x8003, 0, b"1-1"))
    assert struct.unpack(">HHI", exactly(sock, 8))[2] == 0
    exactly(sock, 312)
    return sock


HOSTILE_URBS = {
    "unknown command": struct.pack(">5I28x", 9, 1, 0x10002, 0, 0),
    "another device": struct.pack(">5I28x", 1, 1, 0x10003, 1, 0),
    "negative length": struct.pack(">5IIi20x", 1, 1, 0x10002, 1, 1, 0, -1),
    "a gigabyte": struct.pack(">5IIi20x", 1, 1, 0x10002, 1, 1, 0, 1 << 30),
    "isochronous": struct.pack(">5IIiii12x", 1, 1, 0x10002, 1, 1, 0, 64, 0, 8),
    "endpoint 99": struct.pack(">5I28x", 1, 1, 0x10002, 1, 99),
    "direction 7": struct.pack(">5I28x", 1, 1, 0x10002, 7, 1),
}


@pytest.mark.parametrize("name", HOSTILE_URBS)
def test_hostile_request_ends_that_connection_only(bench: Bench, name: str):
    sock = raw_import(bench.address)
    sock.sendall(HOSTILE_URBS[name])
    assert sock.recv(1) == b""
    sock.close()
    wait_until_free(bench.address).sock.close()


def test_same_number_twice_ends_the_connection(bench: Bench):
    with Client(bench.address) as client:
        client.configure()
        head = struct.pack(">5IIiiii8s", 1, 77, client.devid, 1, 2, 0, 64, 0, 0, 0, bytes(8))
        client.sock.sendall(head + head)
        assert client.sock.recv(1) == b""


def test_client_that_asks_and_never_reads_is_bounded(bench: Bench):
    with Client(bench.address) as client:
        client.configure()
        with contextlib.suppress(ConnectionError):
            for _ in range(5):
                client.submit(0x81, 16 << 20)
            assert client.sock.recv(1) == b""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=200), imported=st.booleans())
def test_random_bytes_never_hurt_the_server(bench: Bench, data: bytes, imported: bool):
    with contextlib.suppress(AssertionError, OSError):
        sock = raw_import(bench.address) if imported else connect(bench.address)
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(4096):
            pass
        sock.close()
    assert devlist(bench.address)[0] == 1


def test_closing_removes_the_socket(make_bench: Callable[..., Bench], tmp_path: Path):
    bench = make_bench(listen=f"unix:{tmp_path}/closing.sock")
    client = Client(bench.address)
    bench.__exit__(None, None, None)
    assert not os.path.lexists(tmp_path / "closing.sock")
    with pytest.raises((EOFError, ConnectionError)):
        client.control_in(0x80, 6, 0x0100, 0, 18)
