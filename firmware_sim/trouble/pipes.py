"""Faults of bulk and interrupt pipes: what becomes of one transfer. Pure functions from a transfer to what is sent in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from firmware_sim.core.endpoints import InEndpoint
from firmware_sim.core.transfer import Mark, Transfer
from firmware_sim.core.urb import Status
from firmware_sim.trouble.armed import Armed

Bend = Callable[[InEndpoint, Transfer, Armed], list[Transfer]]
HEADER = 64  # bytes, of both kinds of frame


def cut_at(pipe: InEndpoint, size: int, at: int) -> int:
    """Where to cut a transfer: a whole number of packets, inside it."""
    packet = pipe.max_packet
    return max(0, min(at, size - 1)) // packet * packet


def _again(transfer: Transfer, *steps: bytes | Mark, terminated: bool | None = None) -> Transfer:
    return Transfer(steps, terminated=transfer.terminated if terminated is None else terminated, tag=transfer.tag)


def _stall(pipe: InEndpoint, transfer: Transfer, armed: Armed) -> list[Transfer]:
    data = transfer.bytes_left()
    return [_again(transfer, data[: cut_at(pipe, len(data), armed.number("at"))], Mark(InEndpoint.halt))]


def _short(pipe: InEndpoint, transfer: Transfer, armed: Armed) -> list[Transfer]:
    """The packet at the cut is half as long as it should be."""
    data = transfer.bytes_left()
    at = cut_at(pipe, len(data), armed.number("at")) + min(pipe.max_packet // 2, len(data) // 2)
    return [_again(transfer, data[:at], terminated=True), _again(transfer, data[at:])]


def _no_zlp(_pipe: InEndpoint, transfer: Transfer, _armed: Armed) -> list[Transfer]:
    return [_again(transfer, transfer.bytes_left(), terminated=False)]


def _extra_zlp(_pipe: InEndpoint, transfer: Transfer, _armed: Armed) -> list[Transfer]:
    return [_again(transfer, transfer.bytes_left()), _again(transfer, terminated=True)]


def _babble(pipe: InEndpoint, transfer: Transfer, armed: Armed) -> list[Transfer]:
    """The transfer is given up after it: the host finds a header next."""
    data = transfer.bytes_left()
    at = cut_at(pipe, len(data), armed.number("at"))

    def happen(pipe: InEndpoint) -> None:
        pipe.fail(Status.BABBLE)
        pipe.give_up(head)

    head = _again(transfer, data[:at], Mark(happen))
    return [head]


def _lost(pipe: InEndpoint, transfer: Transfer, armed: Armed) -> list[Transfer]:
    data = transfer.bytes_left()
    at = cut_at(pipe, len(data), armed.number("at"))
    size = max(pipe.max_packet, armed.number("size") // pipe.max_packet * pipe.max_packet)
    return [_again(transfer, data[:at] + data[at + size :])]


def _duplicated(pipe: InEndpoint, transfer: Transfer, armed: Armed) -> list[Transfer]:
    data = transfer.bytes_left()
    at = cut_at(pipe, len(data), armed.number("at"))
    size = max(pipe.max_packet, armed.number("size") // pipe.max_packet * pipe.max_packet)
    return [_again(transfer, data[: at + size] + data[at:])]


def _reordered(pipe: InEndpoint, transfer: Transfer, armed: Armed) -> list[Transfer]:
    data = transfer.bytes_left()
    size = max(pipe.max_packet, armed.number("size") // pipe.max_packet * pipe.max_packet)
    at = cut_at(pipe, max(1, len(data) - 2 * size), armed.number("at"))
    return [_again(transfer, data[:at] + data[at + size : at + 2 * size] + data[at : at + size] + data[at + 2 * size :])]


def _flips(_pipe: InEndpoint, transfer: Transfer, armed: Armed) -> list[Transfer]:
    data, random = bytearray(transfer.bytes_left()), Random(1)  # noqa: S311  # the same bits each time
    for _ in range(armed.number("count")):
        if len(data) > HEADER:
            data[random.randrange(HEADER, len(data))] ^= 1 << random.randrange(8)
    return [_again(transfer, bytes(data))]


def _header(_pipe: InEndpoint, transfer: Transfer, _armed: Armed) -> list[Transfer]:
    data = transfer.bytes_left()
    return [_again(transfer, bytes(byte ^ 0x55 for byte in data[:16]) + data[16:])]


def _nothing(_pipe: InEndpoint, _transfer: Transfer, _armed: Armed) -> list[Transfer]:
    return []


def _twice(_pipe: InEndpoint, transfer: Transfer, _armed: Armed) -> list[Transfer]:
    data = transfer.bytes_left()
    return [_again(transfer, data), _again(transfer, data)]


FRAMES: Mapping[str, Bend] = {
    "stall-mid-frame": _stall,
    "short-packet-early": _short,
    "missing-zlp": _no_zlp,
    "extra-zlp": _extra_zlp,
    "babble": _babble,
    "lost-chunk": _lost,
    "duplicated-chunk": _duplicated,
    "reordered-chunks": _reordered,
    "bit-flips": _flips,
    "header-corrupt": _header,
}
EVENTS: Mapping[str, Bend] = {"event-lost": _nothing, "event-duplicated": _twice}
