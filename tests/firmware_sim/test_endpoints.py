"""Endpoints move packets: short packets, zero-length packets, halts, NAK and babble (USB 2.0, 5.8.3)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.core.endpoints import InEndpoint, OutEndpoint
from firmware_sim.core.urb import Status, Urb, UrbFlag

MPS = 8


def read(endpoint: InEndpoint, length: int, flags: UrbFlag = UrbFlag.NONE) -> Urb:
    urb = Urb(0x81, length, lambda _: None, flags=flags)
    endpoint.submit(urb)
    return urb


def got(urb: Urb) -> bytes:
    return b"".join(map(bytes, urb.pieces))


def test_short_packet_ends_a_read():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"x" * 13)
    urb = read(endpoint, 64)
    assert (urb.status, got(urb)) == (Status.OK, b"x" * 13)


def test_full_read_leaves_the_rest_for_the_next():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"a" * 8 + b"b" * 5)
    first, second = read(endpoint, 8), read(endpoint, 8)
    assert (got(first), got(second)) == (b"a" * 8, b"b" * 5)


def test_multiple_of_the_packet_size_ends_with_a_zero_length_packet():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"a" * 16)
    first, second = read(endpoint, 16), read(endpoint, 16)
    assert (got(first), first.status) == (b"a" * 16, Status.OK)
    assert (got(second), second.status) == (b"", Status.OK)


def test_zero_length_packet_ends_a_larger_read_by_itself():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"a" * 16)
    endpoint.send(b"b")
    assert got(read(endpoint, 64)) == b"a" * 16
    assert got(read(endpoint, 64)) == b"b"


def test_transfer_without_its_terminator_runs_into_the_next():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"a" * 16, terminated=False)
    endpoint.send(b"b")
    assert got(read(endpoint, 64)) == b"a" * 16 + b"b"


def test_read_that_is_too_small_for_a_packet_babbles_and_the_packet_is_kept():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"a" * 8 + b"b" * 7)
    urb = read(endpoint, 12)
    assert (urb.status, got(urb)) == (Status.BABBLE, b"a" * 8)
    assert got(read(endpoint, 8)) == b"b" * 7


def test_short_not_ok_makes_a_short_packet_an_error():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"abc")
    urb = read(endpoint, 8, UrbFlag.SHORT_NOT_OK)
    assert (urb.status, got(urb)) == (Status.SHORT, b"abc")


def test_read_waits_while_there_is_nothing_or_the_device_says_nak():
    endpoint = InEndpoint(0x81, MPS)
    urb = read(endpoint, 8)
    assert urb.status is None
    endpoint.nak = True
    endpoint.send(b"abc")
    assert urb.status is None
    endpoint.nak = False
    endpoint.flow()
    assert got(urb) == b"abc"


def test_halt_ends_waiting_reads_and_refuses_new_ones_until_cleared():
    endpoint = InEndpoint(0x81, MPS)
    waiting = read(endpoint, 8)
    endpoint.halt()
    assert waiting.status is read(endpoint, 8).status is Status.STALL
    endpoint.clear()
    endpoint.send(b"abc")
    assert got(read(endpoint, 8)) == b"abc"


def test_clearing_a_halt_gives_up_the_transfer_half_read_and_keeps_the_next():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"a" * 20)
    endpoint.send(b"header")
    read(endpoint, 8)
    endpoint.halt()
    endpoint.clear()
    assert got(read(endpoint, 8)) == b"header"


def test_cancelled_read_is_never_answered():
    endpoint = InEndpoint(0x81, MPS)
    urb = read(endpoint, 8)
    assert endpoint.cancel(urb)
    assert not endpoint.cancel(urb)
    endpoint.send(b"abc")
    assert urb.status is None
    assert got(read(endpoint, 8)) == b"abc"


def test_dropping_spares_the_transfer_half_read():
    endpoint = InEndpoint(0x81, MPS)
    endpoint.send(b"a" * 20, tag="preview")
    endpoint.send(b"b" * 4, tag="preview")
    endpoint.send(b"result", tag="result")
    read(endpoint, 8)
    endpoint.drop("preview")
    assert got(read(endpoint, 64)) == b"a" * 12
    assert got(read(endpoint, 64)) == b"result"


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8), st.integers(1, 6))
def test_messages_arrive_whole_and_apart_whatever_the_size_of_the_reads(messages: list[bytes], packets: int):
    endpoint = InEndpoint(0x81, MPS)
    for message in messages:
        endpoint.send(message)
    received, current = [], b""
    while len(endpoint):
        urb = read(endpoint, packets * MPS)
        current += got(urb)
        if urb.actual < urb.length:
            received.append(current)
            current = b""
    assert received == messages


def write(endpoint: OutEndpoint, data: bytes, flags: UrbFlag = UrbFlag.NONE) -> Urb:
    urb = Urb(0x01, len(data), lambda _: None, data=data, flags=flags)
    endpoint.submit(urb)
    return urb


def test_out_transfer_ends_with_a_short_packet_or_a_zero_length_packet():
    received: list[bytes] = []
    endpoint = OutEndpoint(0x01, MPS, received.append)
    assert write(endpoint, b"a" * 8).status is Status.OK
    assert received == []
    write(endpoint, b"b")
    write(endpoint, b"c" * 8, UrbFlag.ZERO_PACKET)
    write(endpoint, b"d" * 8)
    write(endpoint, b"")
    assert received == [b"a" * 8 + b"b", b"c" * 8, b"d" * 8]


def test_endless_out_transfer_is_stalled():
    endpoint = OutEndpoint(0x01, MPS, lambda _: None, limit=16)
    assert write(endpoint, b"a" * 16).status is Status.OK
    assert write(endpoint, b"a" * 8).status is Status.STALL
    assert write(endpoint, b"a").status is Status.STALL
    endpoint.clear()
    assert write(endpoint, b"a").status is Status.OK
