"""Question and answer with a serial fingerprint module: one command at a time, its acknowledgement, the data behind it.

What is left of an answer that was given up would be taken for the next one, so after any trouble the line is drained until it is quiet
before anything is asked again. A wrong baud rate gives bytes that hold no packet, not silence: the other rates are then tried, and the
right one is named.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from drivers import zfm_wire as wire
from drivers.errors import DeviceError, Garbled, Refused, Timeout
from drivers.serial_link import CHUNK, SerialLink
from drivers.zfm_wire import Code, Damaged, Decoder, Op, Packet, Pid

ANSWER = 1.0  # s for an acknowledgement; a module takes up to half a second to see that there is no finger
PACKET = 1.0  # s between two data packets; 265 bytes at 9600 baud take 0.28 s
QUIET = 0.10  # s; longer than a packet of 256 bytes at 28,800 baud stands apart from the next
DRAIN_MOST = 30.0  # s; a whole image at 19,200 baud takes 21
TRIES = 2
PROBE = 0.3  # s for an answer while a baud rate is tried

_SENTENCES: dict[int, str] = {
    Code.PACKET_ERROR: "The module did not understand a command.",
    Code.IMAGE_FAILED: "The module could not take an image.",
    Code.CANNOT_SEND_IMAGE: "The module could not send the image.",
    Code.WRONG_PASSWORD: "The module has another password.",
    Code.NO_IMAGE: "The module has no image.",
    Code.WRONG_ADDRESS: "The module has another address.",
    Code.VERIFY_PASSWORD: "The module wants its password first.",
}


@dataclass(frozen=True)
class Ack:
    code: int  # Code
    data: bytes


class ZfmLine:
    def __init__(self, link: SerialLink, address: int = wire.BROADCAST) -> None:
        self._link = link
        self._address = address
        self._decoder = Decoder()
        self._waiting: list[Packet | Damaged] = []
        self._lock = threading.RLock()  # one conversation at a time
        self._clean = False  # whether nothing of an earlier answer can still come

    @property
    def hung_up(self) -> bool:
        return self._link.hung_up

    def meet(self) -> wire.Parameters:
        """The first question. Raises Garbled at a wrong baud rate, naming the right one where it is found; Timeout at silence."""
        try:
            return wire.parse_parameters(self.ask(Op.READ_PARAMETERS, tries=1).data)
        except (Garbled, Timeout) as trouble:
            rate = self._rate_that_works()
            if rate is None:
                raise trouble
            if rate == self._link.baud:
                return wire.parse_parameters(self.ask(Op.READ_PARAMETERS).data)
            raise Garbled(
                f"The module on {self._link.port} speaks at {rate} baud, not at {self._link.baud}.",
                means="No finger can be taken.",
                do=f"Set the port's baud rate to {rate}.",
            ) from trouble

    def ask(self, op: Op, parameters: bytes = b"", *, timeout: float = ANSWER, tries: int = TRIES) -> Ack:
        """Raises Refused unless the module says OK or that there is no finger; Garbled, Timeout, Gone.

        Nothing that is asked does harm when it is asked twice, so an answer that came damaged, or not, is asked for once more.
        """
        with self._lock:
            for _ in range(tries - 1):
                with suppress(Garbled, Timeout):
                    return _agreed(self._answered(op, parameters, timeout))
            return _agreed(self._answered(op, parameters, timeout))

    def upload(self, op: Op, size: int, stop: Callable[[], bool]) -> bytes:
        """Ask, then take the data packets that follow: `size` bytes. Raises Garbled, Timeout, Gone; Refused also when told to stop."""
        with self._lock:
            self.ask(op)
            return self._data(size, stop)

    def _answered(self, op: Op, parameters: bytes, timeout: float) -> Ack:
        self._begin()
        self._link.write(wire.command(op, parameters, self._address))
        try:
            return self._ack(timeout)
        except DeviceError:
            self._clean = False
            raise

    def _data(self, size: int, stop: Callable[[], bool]) -> bytes:
        data = bytearray()
        self._clean = False
        while True:
            if stop():
                raise Refused("The capture was cancelled.")
            packet = self._packet(PACKET)
            if isinstance(packet, Damaged) or packet.pid not in (Pid.DATA, Pid.LAST_DATA) or len(data) + len(packet.content) > size:
                raise Garbled("The module sent an image that is damaged.")
            data += packet.content
            if packet.pid == Pid.LAST_DATA:
                break
        if len(data) != size:
            raise Garbled(f"The module sent {len(data)} of {size} bytes of an image.")
        self._clean = True
        return bytes(data)

    def close(self) -> None:
        self._link.close()

    def _begin(self) -> None:
        """Nothing of an earlier answer may be taken for the next one."""
        if not self._clean:
            self._link.drain(QUIET, DRAIN_MOST)
            self._clean = True
        self._decoder.clear()
        self._waiting.clear()

    def _ack(self, timeout: float) -> Ack:
        packet = self._packet(timeout)
        if isinstance(packet, Damaged):
            raise Garbled("The module sent an answer whose checksum is wrong.")
        if packet.pid != Pid.ACK:
            raise Garbled("The module sent data where an answer was due.")
        return Ack(packet.content[0], packet.content[1:])

    def _packet(self, timeout: float) -> Packet | Damaged:
        deadline = time.monotonic() + timeout
        while not self._waiting:
            left = deadline - time.monotonic()
            data = self._link.read(CHUNK, left) if left > 0 else b""
            self._waiting += self._decoder.feed(data)
            if not data and not self._waiting:
                raise self._nothing()
        return self._waiting.pop(0)

    def _nothing(self) -> DeviceError:
        if self._decoder.passed_over > 1:  # one byte may be an R503's greeting
            return Garbled(
                f"The module on {self._link.port} answers in bytes that make no sense at {self._link.baud} baud.",
                do="Check its baud rate and its wires.",
            )
        return Timeout(f"The module on {self._link.port} does not answer.", do="Check its power and its wires.")

    def _rate_that_works(self) -> int | None:
        """Try its own rate again, then the others; the port is left at its own."""
        own = self._link.baud
        try:
            return next((rate for rate in (own, *(rate for rate in wire.BAUDS if rate != own)) if self._answers_at(rate)), None)
        finally:
            self._link.set_baud(own)
            self._clean = False

    def _answers_at(self, rate: int) -> bool:
        self._link.set_baud(rate)
        self._clean = False
        try:
            self.ask(Op.READ_PARAMETERS, timeout=PROBE, tries=1)
        except (Garbled, Timeout):
            return False
        except Refused:
            return True
        return True


def _agreed(ack: Ack) -> Ack:
    if ack.code not in (Code.OK, Code.NO_FINGER):
        raise Refused(_SENTENCES.get(ack.code, f"The module refused with code {ack.code}."))
    return ack
