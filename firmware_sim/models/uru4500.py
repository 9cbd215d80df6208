"""A U.are.U 4500 fingerprint reader, true to the bytes that a real one sends.

Register access is one vendor request (bRequest 4) with the address in wValue. The host wakes the reader, sets a mode (await finger,
capture, await its going, off), and the reader answers by interrupt packets and one image block. Everything here runs under the device's
lock.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

import cv2
import numpy as np

from firmware_sim.core.control import DEVICE, TO_HOST, VENDOR, Setup, Stall
from firmware_sim.core.descriptors import BULK, INTERRUPT, Configuration, Descriptors, Endpoint, Interface, Speed
from firmware_sim.core.endpoints import InEndpoint
from firmware_sim.core.pace import Agenda, Pace
from firmware_sim.models.hands import PLACES, Hands
from firmware_sim.models.uru4500_image import HEIGHT, RECORDED, WIDTH, Keys, image_block
from firmware_sim.subject.person import PLAIN_THUMBS, Asked, Gray, Person, Touch, Way
from firmware_sim.subject.platen import Hand

REGISTER = 0x04  # bRequest
HWSTAT, SCRAMBLE, KEY, MODE, INFO = 0x07, 0x33, 0x34, 0x4E, 0xF0  # registers
LOW_POWER, CONFUSED, HEALTHY = 0x80, 0x04, 0x01  # bits of HWSTAT
INFO_BYTES = bytes.fromhex("1a0a1a0a01150000002000108b211130")  # as a real 4500 says

POWERED_US = 300  # from the wake-up to the first packet
REPEATED_US = 8_000  # between packets, and bInterval
RECOVERY_US = 60_000  # out of a confused state
PACKET = 64  # bytes
RATE = 870_000  # bytes a second on bulk IN, measured on a real one: full speed
GAIN = 512 / 500  # the sensor's pixels an inch over those of the person's prints
DEFAULT_SERIAL = "{4C533435-3030-4000-8000-000000000001}"
HAND = Hand()


class Mode(IntEnum):
    """What register 0x4E takes."""

    INIT = 0x00
    AWAIT_FINGER_ON = 0x10
    AWAIT_FINGER_OFF = 0x12
    CAPTURE = 0x20
    CAPTURE_AUX = 0x30
    OFF = 0x70
    READY = 0x80


class Event(IntEnum):
    """First two bytes of an interrupt packet, big-endian."""

    FINGER_ON = 0x0101
    FINGER_OFF = 0x0200
    IMMINENT_FAILURE = 0x0800
    POWERED = 0x56AA


# the packet is a window into one table of the firmware that begins at its event
_TABLE = bytes.fromhex("0101 0200 0800 1000 2000 8000 56AA 0391 0EFE").ljust(2 * PACKET, b"\0")


def packet(event: Event) -> bytes:
    """64 bytes."""
    at = next(n for n in range(0, PACKET, 2) if _TABLE[n : n + 2] == event.to_bytes(2, "big"))
    return _TABLE[at : at + PACKET]


def describe(serial: str) -> Descriptors:
    endpoints = (Endpoint(0x81, INTERRUPT, 64, 8), Endpoint(0x82, BULK, 64, 0))
    configuration = Configuration(1, (Interface(0, (0xFF, 0xFF, 0xFF), endpoints),), 200)
    strings = ("DigitalPersona, Inc.", "U.are.U® 4500 Fingerprint Reader", serial)
    return Descriptors(0x05BA, 0x000A, 0x0103, strings, configuration, speed=Speed.FULL)


def window(pixels: Gray) -> Gray:
    """The part of a print that the reader's small glass sees, (HEIGHT, WIDTH); a picture of just that size as it is."""
    if pixels.shape == (HEIGHT, WIDTH):
        return pixels
    larger = cv2.resize(pixels, None, fx=GAIN, fy=GAIN, interpolation=cv2.INTER_LINEAR)
    glass = np.full((HEIGHT, WIDTH), 255, np.uint8)
    rows, columns = min(HEIGHT, larger.shape[0]), min(WIDTH, larger.shape[1])
    top, left = (larger.shape[0] - rows) // 2, (larger.shape[1] - columns) // 2
    down, right = (HEIGHT - rows) // 2, (WIDTH - columns) // 2
    glass[down : down + rows, right : right + columns] = larger[top : top + rows, left : left + columns]
    return glass


class Uru4500:
    """The function of the device. `finger` 1..10 is the one that the person lays down by itself."""

    def __init__(self, serial: str, person: Person, pace: Pace, finger: int = 1) -> None:
        self.descriptors = describe(serial)
        self.hands = Hands(person)
        self.pace = pace
        self.agenda = Agenda()
        self.blocks = RECORDED
        self.fails_next = False  # the next image transfer has no bytes (event 0x0800)
        self.events_repeat = 3  # how often POWERED is said
        self.moment: Callable[[str], None] = lambda _: None  # told "armed", "taken", "done", "power"
        self.mode = Mode.OFF
        self.captures = 0
        self.sent: Gray | None = None  # the last picture, as a person sees it
        self._finger = finger
        self._random = random.Random(serial)  # noqa: S311  # keys of a simulator
        self._touch: Touch | None = None
        self._registers: dict[int, int] = {HWSTAT: HEALTHY}
        self._keys = Keys(0, 0, 0)

    # what the core calls

    def attach(self, endpoints: Sequence[InEndpoint]) -> None:
        self._events, self._images = endpoints

    def control(self, setup: Setup, data: bytes) -> bytes:
        if setup.request != REGISTER or setup.recipient != DEVICE or setup.index:
            raise Stall
        if setup.request_type == TO_HOST | VENDOR | DEVICE:
            return self._read(setup.value, setup.length)
        self._write(setup.value, data)
        return b""

    def receive(self, data: bytes) -> None:
        """There is no OUT endpoint."""

    def reset(self, *, power: bool) -> None:
        self.agenda.clear()
        self.mode = Mode.OFF
        self._touch = None
        if power:
            self.moment("power")
            self._registers = {HWSTAT: HEALTHY}
            self.pace.restart()

    def step(self) -> float | None:
        due = self.agenda.run(self.pace.now())
        return None if due is None else self.pace.wall_seconds(due - self.pace.now())

    # what happens beside the host

    def tell_bench(self) -> dict[str, Any]:
        """What a person at the bench can see."""
        lying = sorted(self.hands.lying.fingers) if self.hands.lying else []
        return {"state": self.mode.name, "lying": lying, "by_word": self.hands.by_word, "captures": self.captures}

    def place(self, name: str) -> None:
        """Someone lays a finger down. Raises KeyError for what is no finger."""
        self.hands.place(name)
        if self.mode is Mode.AWAIT_FINGER_ON:
            self._finger_on(self.hands.placed(Way.PLAIN) or self._rolled(PLACES[name]))

    def lift(self) -> None:
        self.hands.lift()
        if self._touch is not None:
            self._finger_off()

    def confuse(self) -> None:
        """The state 0x85 in which real ones are found at times: only a new power-up helps."""
        self._registers[HWSTAT] = LOW_POWER | CONFUSED | HEALTHY

    def say(self, event: Event) -> None:
        self._events.send(packet(event), tag=event.name, terminated=False)

    # registers

    def _read(self, address: int, length: int) -> bytes:
        if address == INFO:
            return INFO_BYTES[:length]
        if address == KEY:
            seed = int.from_bytes(bytes(self._registers.get(SCRAMBLE + n, 0) for n in range(1, 5)), "little")
            number = self._registers.get(SCRAMBLE, 0)
            key = self._keys.first if number == self._keys.number else self._keys.second
            return (key ^ seed).to_bytes(4, "little")[:length]
        return bytes(self._registers.get(address + n & 0xFFFF, 0) for n in range(min(length, 64)))

    def _write(self, address: int, data: bytes) -> None:
        before = self._registers.get(HWSTAT, 0)
        for n, value in enumerate(data):
            self._registers[address + n & 0xFFFF] = value
        if address == HWSTAT and data:
            self._power(before, data[0])
        elif address == MODE and data:
            self._set_mode(data[0])

    def _power(self, before: int, now: int) -> None:
        if before & CONFUSED and not now & LOW_POWER:
            self._registers[HWSTAT] = now & ~HEALTHY
            self._after(RECOVERY_US, lambda: self._registers.update({HWSTAT: LOW_POWER | HEALTHY}))
        elif before & LOW_POWER and not now & LOW_POWER:
            for n in range(self.events_repeat):
                self._after(POWERED_US + n * REPEATED_US, lambda: self.say(Event.POWERED))

    # modes

    def _set_mode(self, value: int) -> None:
        self.agenda.forget("finger")
        if self.mode is Mode.CAPTURE:
            self.moment("done")
        self.mode = Mode(value) if value in list(Mode) else Mode.READY
        if self.mode is Mode.AWAIT_FINGER_ON:
            self.moment("armed")
            self._await_finger()
        elif self.mode in (Mode.CAPTURE, Mode.CAPTURE_AUX):
            self._capture()
        elif self.mode is Mode.AWAIT_FINGER_OFF and not self.hands.by_word:
            self._after(HAND.lift_ms * 1000, self._finger_off, "finger")
        elif self.mode is Mode.AWAIT_FINGER_OFF and self._touch is None:
            self._after(REPEATED_US, self._finger_off, "finger")

    def _await_finger(self) -> None:
        lying = self.hands.placed(Way.PLAIN)
        if lying is not None:
            self._after(REPEATED_US, lambda: self._finger_on(lying), "finger")
            return
        alone = Asked(Way.PLAIN, PLAIN_THUMBS.get(self._finger, self._finger), frozenset({self._finger}))
        touch = self.hands.answer(alone) or (None if self.hands.by_word else self._rolled(alone))
        if touch is not None:
            self._after(HAND.reach_ms * 1000, lambda: self._finger_on(touch), "finger")

    def _rolled(self, asked: Asked) -> Touch | None:
        """A person from a card has no plain print of every finger: the middle of a rolled one is as good."""
        finger = min(asked.fingers)
        return self.hands.person.touch(Asked(Way.ROLLED, finger, frozenset({finger})))

    def _finger_on(self, touch: Touch | None) -> None:
        self._touch = touch
        if touch is not None:
            self.say(Event.FINGER_ON)

    def _finger_off(self) -> None:
        self._touch = None
        if self.mode is Mode.AWAIT_FINGER_OFF:
            self.say(Event.FINGER_OFF)

    def _capture(self) -> None:
        picture = window(self._touch.pixels) if self._touch is not None else np.full((HEIGHT, WIDTH), 255, np.uint8)
        self.captures += 1
        number = self._random.randrange(255)
        self._keys = Keys(number, self._random.getrandbits(32), self._random.getrandbits(32))
        self.moment("taken")
        if self.fails_next:
            self.fails_next = False
            self.say(Event.IMMINENT_FAILURE)
            self._images.send(b"", tag="image")
            return
        self.sent = picture
        self._images.send(image_block(picture, self._keys, self.blocks), tag="image")

    def _after(self, delay_us: int, deed: Callable[[], None], tag: str = "") -> None:
        self.agenda.plan(self.pace.now() + delay_us, tag, deed)
