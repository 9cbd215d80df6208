"""EF01 packets by hand, and in pieces, and among rubbish."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import Garbled
from drivers.zfm_wire import Damaged, Decoder, Op, Packet, Pid, build, command, parse_parameters, parse_product, pixels

READ_PARAMETERS = bytes.fromhex("EF01FFFFFFFF 01 0003 0F 0013")  # of the makers' manuals
ANSWER = bytes.fromhex("EF01FFFFFFFF 07 0013 00 0000 0009 0096 0003 FFFFFFFF 0002 0006 04C0")


def fed(*pieces: bytes) -> list[Packet | Damaged]:
    decoder = Decoder()
    return [packet for piece in pieces for packet in decoder.feed(piece)]


def test_a_command_by_hand() -> None:
    assert command(Op.READ_PARAMETERS) == READ_PARAMETERS


def test_an_answer_by_hand() -> None:
    (packet,) = fed(ANSWER)
    assert isinstance(packet, Packet)
    assert (packet.pid, packet.content[0]) == (Pid.ACK, 0)
    said = parse_parameters(packet.content[1:])
    assert (said.system, said.capacity, said.security, said.packet_size, said.baud) == (9, 150, 3, 128, 57600)


def test_a_wrong_checksum_is_damage_and_the_next_packet_is_found() -> None:
    assert fed(ANSWER[:-1] + b"\x00" + ANSWER) == [Damaged(Pid.ACK), *fed(ANSWER)]


@pytest.mark.parametrize("rubbish", ["55", "ef", "ef01", "ef01ffffffff07ffff", "ef01ffffffff090003"])
def test_rubbish_before_a_packet_is_passed_over(rubbish: str) -> None:
    assert fed(bytes.fromhex(rubbish) + ANSWER) == fed(ANSWER)


@pytest.mark.parametrize("data", [bytes(15), bytes(16), bytes(12) + b"\x00\x04\x00\x06", bytes(12) + b"\x00\x02\x00\x0d"])
def test_parameters_that_cannot_be(data: bytes) -> None:
    with pytest.raises(Garbled):
        parse_parameters(data)


@pytest.mark.parametrize("size", [(0, 192), (192, 0), (191, 192), (2000, 192)])
def test_a_sensor_that_cannot_be(size: tuple[int, int]) -> None:
    with pytest.raises(Garbled):
        parse_product(bytes(38) + size[0].to_bytes(2, "big") + size[1].to_bytes(2, "big") + bytes(4))


def test_two_pixels_a_byte_high_nibble_first() -> None:
    assert np.array_equal(pixels(b"\x0f\xa5", 2, 2), [[0, 255], [170, 85]])
    with pytest.raises(Garbled, match="3 bytes"):
        pixels(b"abc", 2, 2)


packets = st.tuples(st.sampled_from(Pid), st.binary(min_size=1, max_size=256), st.integers(0, 0xFFFFFFFF))


@given(st.lists(packets, max_size=5), st.lists(st.integers(1, 40), max_size=40))
def test_packets_in_any_pieces(sent: list[tuple[Pid, bytes, int]], sizes: list[int]) -> None:
    data = b"".join(build(*one) for one in sent)
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    assert fed(*pieces, data[at:]) == [Packet(address, pid, content) for pid, content, address in sent]


@given(st.lists(st.binary(max_size=300)))
def test_any_bytes_never_hold_more_than_a_packet(pieces: list[bytes]) -> None:
    decoder = Decoder()
    for piece in pieces:
        decoder.feed(piece)
        assert len(decoder._buffer) < 9 + 258
