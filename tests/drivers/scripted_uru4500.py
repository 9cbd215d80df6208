"""A U.are.U 4500 that does exactly what a test tells it. Written from the facts of a recording; shares no codec with the driver."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.drivers.scripted_usbip import STALL, ScriptedServer, string_descriptor
from tests.drivers.test_uru4500_wire import RECORDED, block_of, scrambled

EVENTS, IMAGES = 0x81, 0x82
POWERED, FINGER_ON, FINGER_OFF, FAILING = 0x56AA, 0x0101, 0x0200, 0x0800
HWSTAT, SCRAMBLE, KEY, MODE, INFO = 0x07, 0x33, 0x34, 0x4E, 0xF0
KEY_VALUE = 0x540F0803
LINES = np.random.default_rng(8).integers(0, 256, (289, 384), dtype=np.uint8)

DEVICE = bytes.fromhex("1201000200000040ba050a000301010203 01")
CONFIGURATION = bytes.fromhex("0902200001010080640904000002ffffff00 0705810340000807058202400000")


@dataclass
class ScriptedUru4500(ScriptedServer):
    """`on_mode` is the test's script; by default the finger comes when it is awaited, and goes."""

    hwstat: int = 0x01
    mute: bool = False  # never says that it has power
    image: bytes = field(default_factory=lambda: block_of(289, RECORDED, scrambled(LINES, RECORDED, [KEY_VALUE])))
    modes: list[int] = field(default_factory=list)
    seed: int = 0
    on_mode: Callable[[ScriptedUru4500, int], None] = lambda device, mode: device.obliging(mode)

    def obliging(self, mode: int) -> None:
        if mode == 0x10:
            self.event(FINGER_ON)
        if mode == 0x20:
            self.feed(IMAGES, self.image)
        if mode == 0x12:
            threading.Timer(0.05, self.event, [FINGER_OFF]).start()

    def event(self, code: int) -> None:
        self.feed(EVENTS, struct.pack(">H", code).ljust(64, b"\0"))

    def vendor(self, request: int, data: bytes, length: int) -> bytes | None:
        kind, _, register = struct.unpack("<BBH", self.requests[-1][:4])
        assert request == 4
        return self._read(register, length) if kind == 0xC0 else self._write(register, data)

    def _read(self, register: int, length: int) -> bytes | None:
        key = struct.pack("<I", KEY_VALUE ^ self.seed)
        versions = bytes.fromhex("1a0a1a0a01150000002000108b211130")
        return {HWSTAT: bytes([self.hwstat]), KEY: key, INFO: versions}.get(register)

    def _write(self, register: int, data: bytes) -> bytes:
        if register == HWSTAT:
            woken = self.hwstat & 0x80 and not data[0] & 0x80
            self.hwstat = data[0] | 1
            if woken and not self.mute:
                self.event(POWERED)
        if register == SCRAMBLE:
            self.seed = struct.unpack("<I", data[1:])[0]
        if register == MODE:
            self.modes.append(data[0])
            self.on_mode(self, data[0])
        return b""

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        strings: list[Any] = [b"\x04\x03\x09\x04", *map(string_descriptor, ("DigitalPersona, Inc.", "U.are.U 4500", self.serial))]
        return {1: DEVICE, 2: CONFIGURATION, 3: strings[min(index, 3)]}.get(kind)

    def _listed(self) -> bytes:
        numbers = struct.pack(">IIIHHHBBBBBB", 1, 2, 2, 0x05BA, 0x000A, 0x0103, 0, 0, 0, 1, 1, 1)
        return b"/sys/devices/scripted".ljust(256, b"\0") + b"1-1".ljust(32, b"\0") + numbers

    def stall(self, endpoint: int) -> None:
        self.feed(endpoint, status=STALL)
