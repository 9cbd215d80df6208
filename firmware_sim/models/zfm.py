"""A serial fingerprint module: ZFM-20 (256 x 288) or R503 (192 x 192, a ring of light), 4 bits a pixel at about 500 ppi.

It answers one command at a time. A template is a token of who touched, not what a real module makes of an image: the same finger of the
same person matches, others do not.
"""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmware_sim.core.pace import Agenda, Pace
from firmware_sim.models.hands import Hands
from firmware_sim.models.zfm_wire import Code, Kind, Op, Packet, PacketReader
from firmware_sim.subject.person import PLAIN_THUMBS, Asked, Gray, Person, Touch, Way
from firmware_sim.subject.platen import Hand

BAUD_UNIT = 9_600
READY_BYTE = 0x55  # R503 says it when it has started
BOOT_US = 100_000
AFTER_US = 1_500_000  # from a taken image until the person lifts the finger by itself
QUIET_US = 20_000  # from the answer, which goes at the old speed, to the new one
SYSTEM, CAPACITY = 9, 200
TEMPLATE = 512  # bytes
PACKET_SIZES = (32, 64, 128, 256)
HAND = Hand()


@dataclass(frozen=True)
class Variant:
    name: str
    width: int  # pixels
    height: int  # pixels
    ring: bool  # has AuraLed, ReadProdInfo and the ready byte


VARIANTS = {"zfm20": Variant("ZFM-20", 256, 288, ring=False), "r503": Variant("R503", 192, 192, ring=True)}


def _nothing() -> None:
    """What most commands do after their answer."""


class _Refused(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


class Zfm:
    """`finger` 1..10 is the one that the person lays down by itself."""

    def __init__(self, serial: str, person: Person, pace: Pace, finger: int = 1, variant: str = "zfm20") -> None:
        self.serial = serial
        self.hands = Hands(person)
        self.pace = pace
        self.agenda = Agenda()
        self.variant = VARIANTS[variant]
        self.ring = (0, 0, 0, 0)  # AuraLed as last set: mode, speed, colour, count
        self.packets: Callable[[Packet], list[Packet]] = lambda packet: [packet]  # what becomes of an answer on its way
        self.sent: Gray | None = None  # the last picture sent
        self._finger = finger
        self._library: dict[int, bytes] = {}
        self._notes: dict[int, bytes] = {}
        self._password = 0
        self._baud_n, self._packet_index, self._security, self._address = 6, 2, 3, 0xFFFFFFFF
        self._table: dict[int, Callable[[bytes], bytes]] = self._make_table()
        self._forget()

    def _forget(self) -> None:
        self._reader = PacketReader()
        self._touch: Touch | None = None
        self._image: Gray | None = None
        self._whose = ""  # whose finger the image shows
        self._buffers: dict[int, bytes] = {}
        self._verified = False
        self._after_answer: Callable[[], None] = _nothing

    # what the host of the line calls

    @property
    def baud(self) -> int:
        return BAUD_UNIT * self._baud_n

    def attach(self, send: Callable[[bytes], None]) -> None:
        self._send = send

    def reset(self) -> None:
        self.agenda.clear()
        self._forget()
        if self.variant.ring:
            self._after(BOOT_US, lambda: self._send(bytes([READY_BYTE])))

    def feed(self, data: bytes) -> None:
        for packet in self._reader.feed(data):
            if packet.address == self._address and packet.kind == Kind.COMMAND:
                self._obey(packet)

    def step(self) -> float | None:
        due = self.agenda.run(self.pace.now())
        return None if due is None else self.pace.wall_seconds(due - self.pace.now())

    def tell_bench(self) -> dict[str, Any]:
        lying = sorted(self.hands.lying.fingers) if self.hands.lying else []
        seen = {"finger": self._touch is not None, "lying": lying}
        return seen | {"baud": self.baud, "ring": list(self.ring), "templates": len(self._library)}

    # what happens beside the host

    def place(self, name: str) -> None:
        """Raises KeyError for what is no finger."""
        self.hands.place(name)
        self._touch = self.hands.placed(Way.PLAIN)

    def lift(self) -> None:
        self.hands.lift()
        self._touch = None

    # commands

    def _obey(self, packet: Packet) -> None:
        self._after_answer = _nothing
        try:
            answer = self._answer(packet)
        except _Refused as refused:
            self._acknowledge(bytes([refused.code]))
            return
        self._acknowledge(answer)
        self._after_answer()

    def _answer(self, packet: Packet) -> bytes:
        """Confirmation code and what follows it. Raises _Refused."""
        if not packet.intact or not packet.content:
            raise _Refused(Code.PACKET)
        op = packet.content[0]
        if self._password and not self._verified and op != Op.VERIFY_PASSWORD:
            raise _Refused(Code.MUST_VERIFY)
        action = self._table.get(op)
        if action is None:
            raise _Refused(Code.PACKET)
        try:
            return action(packet.content[1:])
        except (struct.error, IndexError) as error:
            raise _Refused(Code.PACKET) from error

    def _make_table(self) -> dict[int, Callable[[bytes], bytes]]:
        table: dict[int, Callable[[bytes], bytes]] = {
            Op.GET_IMAGE: lambda _: self._get_image(),
            Op.IMAGE_TO_TEMPLATE: self._image_to_template,
            Op.MATCH: lambda _: self._match(),
            Op.SEARCH: self._search,
            Op.FAST_SEARCH: self._search,
            Op.MAKE_MODEL: lambda _: self._make_model(),
            Op.STORE: self._store,
            Op.LOAD: self._load,
            Op.UP_TEMPLATE: self._up_template,
            Op.UP_IMAGE: lambda _: self._up_image(),
            Op.DELETE: self._delete,
            Op.EMPTY: lambda _: self._done(self._library.clear),
            Op.SET_PARAMETER: self._set_parameter,
            Op.READ_PARAMETERS: lambda _: self._read_parameters(),
            Op.SET_PASSWORD: self._set_password,
            Op.VERIFY_PASSWORD: self._verify_password,
            Op.RANDOM: lambda _: b"\0" + random.randbytes(4),  # noqa: S311  # as good as the module's
            Op.SET_ADDRESS: self._set_address,
            Op.WRITE_NOTE: self._write_note,
            Op.READ_NOTE: lambda data: b"\0" + self._notes.get(data[0] & 15, bytes(32)),
            Op.TEMPLATE_COUNT: lambda _: b"\0" + struct.pack(">H", len(self._library)),
            Op.READ_INDEX: self._read_index,
            Op.ECHO: lambda _: bytes([Code.ECHOED]),
        }
        if self.variant.ring:
            table |= {Op.AURA_LED: self._aura, Op.READ_PRODUCT: lambda _: self._product(), Op.SOFT_RESET: lambda _: self._soft_reset()}
        return table

    def _done(self, deed: Callable[[], None]) -> bytes:
        deed()
        return b"\0"

    def _get_image(self) -> bytes:
        if self._touch is None:
            self._await_finger()
            raise _Refused(Code.NO_FINGER)
        self._image = self._seen(self._touch)
        fingers = [box.finger for box in self._touch.boxes] or [self._touch.position]
        self._whose = f"{self.hands.person.name} {fingers}"
        if not self.hands.by_word:
            self._after(AFTER_US, self._lift_by_itself, "lift")
        return b"\0"

    def _await_finger(self) -> None:
        """A person sees the module blink and comes."""
        if self.hands.by_word or self.agenda.plans("finger"):
            return
        asked = Asked(Way.PLAIN, PLAIN_THUMBS.get(self._finger, self._finger), frozenset({self._finger}))
        rolled = Asked(Way.ROLLED, self._finger, frozenset({self._finger}))
        touch = self.hands.answer(asked) or self.hands.answer(rolled)
        if touch is not None:
            self._after(HAND.reach_ms * 1000, lambda: setattr(self, "_touch", touch), "finger")

    def _lift_by_itself(self) -> None:
        if not self.hands.by_word:
            self._touch = None

    def _seen(self, touch: Touch) -> Gray:
        """The middle of the print, as large as the sensor, its grey in 16 steps."""
        rows, columns = self.variant.height, self.variant.width
        glass = np.full((rows, columns), 255, np.uint8)
        pixels = touch.pixels
        height, width = min(rows, pixels.shape[0]), min(columns, pixels.shape[1])
        top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
        down, right = (rows - height) // 2, (columns - width) // 2
        glass[down : down + height, right : right + width] = pixels[top : top + height, left : left + width]
        return np.asarray((glass >> 4) * 17, np.uint8)

    def _up_image(self) -> bytes:
        if self._image is None:
            raise _Refused(Code.NO_IMAGE)
        self.sent = self._image
        nibbles = self._image.reshape(-1) >> 4
        data = (nibbles[0::2] << 4 | nibbles[1::2]).astype(np.uint8).tobytes()
        self._after_answer = lambda: self._send_data(data)
        return b"\0"

    def _send_data(self, data: bytes) -> None:
        size = PACKET_SIZES[self._packet_index]
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        for n, piece in enumerate(pieces):
            self._out(Kind.LAST if n == len(pieces) - 1 else Kind.DATA, piece)

    # templates

    def _image_to_template(self, data: bytes) -> bytes:
        if self._image is None:
            raise _Refused(Code.NO_IMAGE)
        if (self._image == 255).all():
            raise _Refused(Code.TOO_FEW_POINTS)
        digest = hashlib.sha256(self._whose.encode()).digest()
        self._buffers[data[0]] = (digest * (TEMPLATE // len(digest)))[:TEMPLATE]
        return b"\0"

    def _match(self) -> bytes:
        if not {1, 2} <= set(self._buffers) or self._buffers[1] != self._buffers[2]:
            raise _Refused(Code.NO_MATCH)
        return b"\0" + struct.pack(">H", 100)

    def _make_model(self) -> bytes:
        if not {1, 2} <= set(self._buffers) or self._buffers[1] != self._buffers[2]:
            raise _Refused(Code.NOT_THE_SAME)
        return b"\0"

    def _search(self, data: bytes) -> bytes:
        buffer, start, count = struct.unpack(">BHH", data[:5])
        for page in self._pages(start, count):
            if self._library[page] == self._buffers.get(buffer):
                return b"\0" + struct.pack(">HH", page, 100)
        raise _Refused(Code.NOT_FOUND)

    def _pages(self, start: int, count: int) -> Iterator[int]:
        return (page for page in sorted(self._library) if start <= page < start + count)

    def _store(self, data: bytes) -> bytes:
        buffer, page = struct.unpack(">BH", data[:3])
        if page >= CAPACITY:
            raise _Refused(Code.BAD_PAGE)
        self._library[page] = self._buffers.get(buffer, bytes(TEMPLATE))
        return b"\0"

    def _load(self, data: bytes) -> bytes:
        buffer, page = struct.unpack(">BH", data[:3])
        if page not in self._library:
            raise _Refused(Code.LOAD_FAILED)
        self._buffers[buffer] = self._library[page]
        return b"\0"

    def _up_template(self, data: bytes) -> bytes:
        template = self._buffers.get(data[0], bytes(TEMPLATE))
        self._after_answer = lambda: self._send_data(template)
        return b"\0"

    def _delete(self, data: bytes) -> bytes:
        page, count = struct.unpack(">HH", data[:4])
        for one in list(self._pages(page, count)):
            del self._library[one]
        return b"\0"

    def _read_index(self, data: bytes) -> bytes:
        bits = bytearray(32)
        for page in self._library:
            if page // 256 == data[0]:
                bits[page % 256 // 8] |= 1 << page % 8
        return b"\0" + bytes(bits)

    # parameters

    def _set_parameter(self, data: bytes) -> bytes:
        number, value = data[0], data[1]
        if number == 4 and 1 <= value <= 12:
            self._after_answer = lambda: self._after(QUIET_US, lambda: setattr(self, "_baud_n", value))
        elif number == 5 and 1 <= value <= 5:
            self._security = value
        elif number == 6 and value < len(PACKET_SIZES):
            self._packet_index = value
        else:
            raise _Refused(Code.BAD_REGISTER)
        return b"\0"

    def _read_parameters(self) -> bytes:
        status = (self._verified << 2) | ((self._image is not None) << 3)
        values = (status, SYSTEM, CAPACITY, self._security, self._address, self._packet_index, self._baud_n)
        return b"\0" + struct.pack(">HHHHIHH", *values)

    def _set_password(self, data: bytes) -> bytes:
        self._password = struct.unpack(">I", data[:4])[0]
        return b"\0"

    def _verify_password(self, data: bytes) -> bytes:
        self._verified = struct.unpack(">I", data[:4])[0] == self._password
        return b"\0" if self._verified else bytes([Code.WRONG_PASSWORD])

    def _set_address(self, data: bytes) -> bytes:
        """The answer comes from the new address."""
        self._address = struct.unpack(">I", data[:4])[0]
        return b"\0"

    def _write_note(self, data: bytes) -> bytes:
        self._notes[data[0] & 15] = data[1:33].ljust(32, b"\0")
        return b"\0"

    def _aura(self, data: bytes) -> bytes:
        self.ring = (data[0], data[1], data[2], data[3])
        return b"\0"

    def _product(self) -> bytes:
        texts = (self.variant.name.encode(), b"SIM1", self.serial.encode("ascii", "replace")[:8])
        numbers = (self.variant.width, self.variant.height, TEMPLATE, CAPACITY)
        return b"\0" + struct.pack(">16s4s8s2s8sHHHH", *texts, b"\x01\x00", b"SIM", *numbers)

    def _soft_reset(self) -> bytes:
        self._after_answer = self.reset
        return b"\0"

    # answers

    def _acknowledge(self, content: bytes) -> None:
        self._out(Kind.ACK, content)

    def _out(self, kind: Kind, content: bytes) -> None:
        for packet in self.packets(Packet(self._address, kind, content, intact=True)):
            self._send(packet.pack())

    def _after(self, delay_us: int, deed: Callable[[], None], tag: str = "") -> None:
        self.agenda.plan(self.pace.now() + delay_us, tag, deed)
