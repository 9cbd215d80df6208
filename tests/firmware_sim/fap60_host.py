"""A host that speaks docs/fap60-protocol.md just well enough to test the simulated scanner."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.firmware_sim.usbip_client import Client

READY, AWAIT_CLEAR, ARMED, TRACKING, ROLL_ACTIVE, TAKING, RESULT, ERROR = range(1, 9)
STATE, FINGERS, PLATEN, WARNING, KEY, ROLL, SELF_TEST, FAULT = range(1, 9)
TOO_FEW, MANUAL, NARROW = 1 << 24, 1 << 27, 1 << 16


@dataclass(frozen=True)
class HostEvent:
    kind: int
    sequence: int
    token: int
    time_us: int
    a: int
    b: int
    advice: int


@dataclass(frozen=True, eq=False)
class HostFrame:
    kind: int
    mode: int
    sequence: int
    token: int
    ppi: int
    advice: int
    fingers: int
    index: int
    corner: tuple[int, int]
    pixels: NDArray[np.uint8]


def arm_bytes(token: int, mode: int, fingers: set[int], **more: int) -> bytes:
    missing, flags = more.get("missing", 0), more.get("flags", 1)
    bits = sum(1 << (n - 1) for n in fingers)
    head = struct.pack(
        "<IBBHHHHHI", token, mode, flags, bits, missing, more.get("ppi", 500), more.get("still_ms", 300), 0, more.get("timeout_ms", 20000)
    )
    return head + struct.pack("<I", zlib.crc32(head))


class Host:
    def __init__(self, client: Client) -> None:
        self.client = client
        client.configure()
        self._event = client.submit(0x82, 64)
        self._frame = client.submit(0x81, 1 << 20)
        self._partial = b""
        self.events: list[HostEvent] = []
        self.frames: list[HostFrame] = []

    def state(self) -> tuple[int, ...]:
        """state, error, clear, token, last event, advice"""
        answer = self.client.control_in(0xC1, 2, 0, 0, 16)
        assert answer.status == 0
        state, error, clear, _reserved, *rest = struct.unpack("<BBBBIII", answer.data)
        return (state, error, clear, *rest)

    def order(self, request: int, data: bytes = b"") -> int:
        return self.client.control_out(0x41, request, 0, 0, data).status

    def arm(self, token: int, mode: int, fingers: set[int], **more: int) -> int:
        return self.order(3, arm_bytes(token, mode, fingers, **more))

    def with_token(self, request: int, token: int) -> int:
        return self.order(request, struct.pack("<I", token))

    def pump(self) -> None:
        """Take one answer from the wire and what it brings."""
        if not self._take():
            self.client.read_one()

    def _take(self) -> bool:
        """What control transfers have met on the way, or the last `read_one` brought."""
        event, frame = (self.client.answers.pop(number, None) for number in (self._event, self._frame))
        if event is not None:
            self._take_event(event.data)
            self._event = self.client.submit(0x82, 64)
        if frame is not None:
            self._take_frame(frame.data)
            self._frame = self.client.submit(0x81, 1 << 20)
        return event is not None or frame is not None

    def _take_event(self, data: bytes) -> None:
        magic, version, kind, sequence, token, time_us, a, b, advice, crc = struct.unpack("<2sBBIIQHHII", data)
        assert (magic, version, crc) == (b"EV", 1, zlib.crc32(data[:28]))
        self.events.append(HostEvent(kind, sequence, token, time_us, a, b, advice))

    def _take_frame(self, data: bytes) -> None:
        self._partial += data
        if len(data) == 1 << 20:
            return
        whole, self._partial = self._partial, b""
        self.frames.append(parse_frame(whole))

    def until_state(self, wanted: int) -> None:
        while not any(event.kind == STATE and event.a == wanted for event in self.events):
            self.pump()

    def until_result(self) -> HostFrame:
        while not any(frame.kind == 2 for frame in self.frames):
            self.pump()
        return next(frame for frame in self.frames if frame.kind == 2)

    def forget(self) -> None:
        while self._take():
            pass
        self.events.clear()
        self.frames.clear()

    def capture(self, token: int, mode: int, fingers: set[int], **more: int) -> HostFrame:
        """Arm, result, release."""
        self.forget()
        assert self.arm(token, mode, fingers, **more) == 0
        result = self.until_result()
        assert self.with_token(6, token) == 0
        return result

    def states(self) -> list[int]:
        return [event.a for event in self.events if event.kind == STATE]


def parse_frame(data: bytes) -> HostFrame:
    assert zlib.crc32(data[:60]) == struct.unpack("<I", data[60:64])[0]
    magic, version, size, sequence, token, _time = struct.unpack("<4sHHIIQ", data[:24])
    kind, mode, bits, _reserved, width, height, stride, ppi = struct.unpack("<BBBBHHHH", data[24:36])
    advice, length, crc, fingers, index, left, top = struct.unpack("<IIIHHHH", data[36:56])
    assert (magic, version, size, bits) == (b"LSF1", 1, 64, 8)
    assert length == stride * height == len(data) - 64
    assert crc == zlib.crc32(data[64:])
    pixels = np.frombuffer(data[64:], np.uint8).reshape(height, stride)[:, :width]
    return HostFrame(kind, mode, sequence, token, ppi, advice, fingers, index, (left, top), pixels)
