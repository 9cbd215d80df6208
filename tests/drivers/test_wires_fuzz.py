"""A million random packets into each decoder: nothing but what it may raise, no hang, memory flat. Takes about a minute."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers import fap60_wire, ledpanel_wire, line_wire, pedal_wire, uru4500_wire, usb_descriptors, usbip_wire, zfm_wire
from drivers.errors import Garbled
from drivers.fap60_frames import FrameAssembler
from tests.drivers import fap60_bytes, scripted_usbip
from tests.drivers.test_pedal import line
from tests.drivers.test_uru4500_wire import RECORDED, block_of
from tests.drivers.test_zfm_wire import ANSWER

PACKETS = 1_000_000
GROWTH = 4096  # KiB
SMALL_IMAGE = block_of(2, [(2, 1), (0x81, 3), (0, 1)], bytes(2 * 384))

Decode = Callable[[bytes], object]


def one_of(*decoders: Decode) -> Decode:
    def decode(data: bytes) -> None:
        for decoder in decoders:
            try:
                decoder(data)
            except (Garbled, ValueError, struct.error) as error:
                assert not isinstance(error, UnicodeError)

    return decode


def image(data: bytes) -> object:
    block = uru4500_wire.parse_image(data)
    assert block.key_changes <= 15
    return block


def sized(size: int, decode: Decode) -> Decode:
    """A decoder whose caller hands it exactly so many bytes."""
    return lambda data: decode(data[:size].ljust(size, b"\0"))


def zfm() -> Decode:
    decoder = zfm_wire.Decoder()

    def decode(data: bytes) -> None:
        for packet in decoder.feed(data):
            if isinstance(packet, zfm_wire.Packet):
                one_of(zfm_wire.parse_parameters, zfm_wire.parse_product)(packet.content)

    return decode


def lines() -> Decode:
    decoder, foot, at = line_wire.LineDecoder(), pedal_wire.Foot(), 0.0

    def decode(data: bytes) -> None:
        nonlocal at
        for content in decoder.feed(data):
            for parse in (pedal_wire.parse, ledpanel_wire.parse):
                try:
                    said = parse(content)
                except Garbled:
                    continue
                at += 0.01
                if isinstance(said, pedal_wire.Contact):
                    foot.contact(said, at)

    return decode


SEEDS: dict[str, tuple[Callable[[], Decode], list[bytes]]] = {
    "fap60 requests": (
        lambda: one_of(fap60_wire.parse_state, fap60_wire.parse_info),
        [fap60_bytes.info(), fap60_bytes.state(4, token=7)],
    ),
    "fap60 events": (lambda: one_of(fap60_wire.parse_event), [fap60_bytes.event(1, 4), fap60_bytes.event(5, 1, 1)]),
    "fap60 frames": (
        lambda: FrameAssembler(4096).feed,
        [fap60_bytes.frame(fap60_bytes.pixels(8, 8)), fap60_bytes.frame(fap60_bytes.pixels(30, 9), kind=3, mode=1)],
    ),
    "uru4500": (
        lambda: one_of(image, uru4500_wire.parse_event, uru4500_wire.parse_versions),
        [SMALL_IMAGE, block_of(1, RECORDED, bytes(384))],
    ),
    "zfm": (zfm, [ANSWER, zfm_wire.command(zfm_wire.Op.UP_IMAGE), zfm_wire.build(zfm_wire.Pid.DATA, bytes(128))]),
    "lines": (lines, [line("D 1"), line("U 2"), line("S D 3"), line("!PEDAL 1 A B"), line("A 7"), line("N 7 1")]),
    "USB descriptors": (
        lambda: one_of(usb_descriptors.parse_device, usb_descriptors.parse_configuration),
        [scripted_usbip.DEVICE_DESCRIPTOR, scripted_usbip.CONFIGURATION],
    ),
    "USB/IP": (
        lambda: one_of(
            sized(48, usbip_wire.parse_return),
            sized(312, usbip_wire.parse_device),
            sized(8, lambda data: usbip_wire.parse_reply(data, usbip_wire.OP_REP_IMPORT)),
            sized(4, usbip_wire.parse_count),
        ),
        [struct.pack(">IIIIIiiiii8x", 3, 1, 0, 0, 0, 0, 4, 0, 0, 0), struct.pack(">HHI", 0x0111, 3, 0), bytes(312)],
    ),
}


def packets(seeds: list[bytes], count: int) -> Iterator[bytes]:
    """Half noise, half good packets with a few bytes changed, cut, doubled or behind noise."""
    dice = random.Random(20261124)
    for number in range(count):
        if number % 2:
            yield dice.randbytes(dice.randrange(80))
            continue
        data = bytearray(dice.choice(seeds))
        for _ in range(dice.randrange(4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        match dice.randrange(6):
            case 0:
                yield bytes(data[: dice.randrange(len(data) + 1)])
            case 1:
                yield bytes(data + data)
            case 2:
                yield dice.randbytes(dice.randrange(20)) + data
            case _:
                yield bytes(data)


def memory() -> int:
    """Resident, KiB."""
    return 4 * int(Path("/proc/self/statm").read_text("ascii").split()[1])


def pour(name: str, count: int) -> None:
    make, seeds = SEEDS[name]
    decode = make()
    for data in packets(seeds, count):
        decode(data)


@pytest.mark.parametrize("name", SEEDS)
def test_some_random_packets(name: str) -> None:
    pour(name, 2000)


@pytest.mark.long
@pytest.mark.parametrize("name", SEEDS)
def test_a_million_random_packets(name: str) -> None:
    pour(name, 20_000)
    before = memory()
    pour(name, PACKETS)
    assert memory() - before < GROWTH
