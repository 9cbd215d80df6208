"""A serial fingerprint module that does exactly what a test tells it. Written from the makers' packet layout; shares no codec."""

from __future__ import annotations

import struct
import threading
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.drivers.scripted_serial import ScriptedLine

ACK, DATA, LAST = 7, 2, 8


def packet(pid: int, content: bytes) -> bytes:
    body = struct.pack(">BH", pid, len(content) + 2) + content
    return b"\xef\x01\xff\xff\xff\xff" + body + struct.pack(">H", sum(body) % 65536)


@dataclass
class ScriptedZfm:
    size: tuple[int, int] = (256, 288)
    baud: int = 57600
    packet_size: int = 128
    finger: bool = False
    product: bool = False  # answers ReadProdInfo, as an R503
    password: int = 0
    mute: bool = False
    spoil: list[int] = field(default_factory=list)  # data packets, counted over all uploads, whose checksum is wrong
    cut: list[int] = field(default_factory=list)  # data packets that are left out
    pause: float = 0.0  # s between data packets
    said: list[int] = field(default_factory=list)  # opcodes
    rings: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = ScriptedLine()
        self.line.heard = self._heard
        self._input = b""
        self._sent = 0
        width, height = self.size
        self.nibbles: NDArray[np.uint8] = np.random.default_rng(3).integers(0, 16, (height, width), dtype=np.uint8)

    @property
    def picture(self) -> NDArray[np.uint8]:
        return self.nibbles * np.uint8(17)

    def _heard(self, data: bytes) -> None:
        if self.mute:
            return
        if self.line.baud != self.baud:
            self.line.say(bytes([0x80, 0xEF, 0x00, 0xF8]) * 3)
            return
        self._input += data
        while len(self._input) >= 12:
            size = 9 + struct.unpack(">H", self._input[7:9])[0]
            if len(self._input) < size:
                return
            content, self._input = self._input[9 : size - 2], self._input[size:]
            self._do(content[0], content[1:])

    def _do(self, op: int, parameters: bytes) -> None:
        self.said.append(op)
        match op:
            case 0x0F:
                sizes = {32: 0, 64: 1, 128: 2, 256: 3}
                self._ack(0, struct.pack(">HHHHIHH", 0, 9, 150, 3, 0xFFFFFFFF, sizes[self.packet_size], self.baud // 9600))
            case 0x13:
                self._ack(0 if int.from_bytes(parameters, "big") == self.password else 0x13)
            case 0x3C if self.product:
                self._ack(0, b"R503".ljust(16, b"\0") + b"B1\0\0" + b"SN000042" + b"\x01\x02" + b"GX".ljust(8, b"\0"))
            case 0x01:
                self._ack(0 if self.finger else 2)
            case 0x0A:
                threading.Thread(target=self._upload, daemon=True).start()
            case 0x35:
                self.rings.append(parameters)
                self._ack(0)
            case _:
                self._ack(1)

    def _ack(self, code: int, data: bytes = b"") -> None:
        if code == 0 and data.startswith(b"R503"):
            data += struct.pack(">HHHH", *self.size, 1536, 200)
        self.line.say(packet(ACK, bytes([code]) + data))

    def _upload(self) -> None:
        self._ack(0)
        flat = self.nibbles.reshape(-1)
        data = (flat[0::2] << 4 | flat[1::2]).tobytes()
        pieces = [data[at : at + self.packet_size] for at in range(0, len(data), self.packet_size)]
        for number, piece in enumerate(pieces):
            wire = bytearray(packet(LAST if number == len(pieces) - 1 else DATA, piece))
            if self._sent in self.spoil:
                wire[20] ^= 0x10
            if self._sent not in self.cut:
                self.line.say(bytes(wire))
            self._sent += 1
            time.sleep(self.pause)
