"""Endpoints that move packets, not byte streams (USB 2.0, 5.8.3 and 8.5).

A read ends when it is full or when a packet shorter than wMaxPacketSize arrives. A packet that does not fit into the room left is
babble: the read ends with EOVERFLOW and the packet is kept, as it was never acknowledged. No packet to send is a NAK: the read waits.
Not thread-safe by themselves: the device's lock is held around every call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from firmware_sim.core.urb import Piece, Status, Urb, UrbFlag


class Message:
    """What the device wants to send as one transfer, and how far it has got."""

    def __init__(self, data: Piece, *, terminated: bool, tag: str) -> None:
        self.left = memoryview(data)
        self.terminated = terminated  # ends with a short packet or a zero-length packet
        self.tag = tag
        self.begun = False

    def cut(self, size: int) -> memoryview:
        self.begun = True
        piece, self.left = self.left[:size], self.left[size:]
        return piece


class InEndpoint:
    """Device to host."""

    def __init__(self, address: int, max_packet: int) -> None:
        self.address = address
        self.max_packet = max_packet
        self.halted = False
        self.nak = False  # the device answers every IN token with NAK
        self._messages: deque[Message] = deque()
        self._reads: deque[Urb] = deque()

    def send(self, data: Piece, *, tag: str = "", terminated: bool = True) -> None:
        """Queue one transfer; it flows as the host reads."""
        self._messages.append(Message(data, terminated=terminated, tag=tag))
        self.flow()

    def submit(self, urb: Urb) -> None:
        if self.halted:
            urb.finish(Status.STALL)
            return
        self._reads.append(urb)
        self.flow()

    def cancel(self, urb: Urb) -> bool:
        """Take back a waiting read; False when it had already ended. What it had received is lost, as on the bus."""
        if urb not in self._reads:
            return False
        self._reads.remove(urb)
        return True

    def waiting(self, tag: str) -> int:
        """How many transfers with this tag no host has begun to read."""
        return sum(message.tag == tag and not message.begun for message in self._messages)

    def begun(self, tag: str) -> bool:
        """A transfer with this tag has been read in part."""
        return any(message.tag == tag and message.begun for message in self._messages)

    def drop(self, tag: str) -> None:
        """Forget the transfers with this tag that no host has begun to read; one half read goes on to its end."""
        self._messages = deque(message for message in self._messages if message.begun or message.tag != tag)

    def __len__(self) -> int:
        return len(self._messages)

    def halt(self) -> None:
        self.halted = True
        self._end_all(Status.STALL)

    def clear(self) -> None:
        """CLEAR_FEATURE(ENDPOINT_HALT): a transfer half read is given up, whole ones are kept, so the host finds a header next."""
        self.halted = False
        if self._messages and self._messages[0].begun:
            self._messages.popleft()
        self.flow()

    def reset(self, status: Status = Status.GONE) -> None:
        """Forget everything: bus reset, new configuration, unplugged."""
        self.halted = self.nak = False
        self._messages.clear()
        self._end_all(status)

    def flow(self) -> None:
        """Move what can be moved."""
        while self._reads and self._messages and not (self.halted or self.nak):
            status = self._fill(self._reads[0])
            if status is None:
                return
            self._reads.popleft().finish(status)

    def _fill(self, urb: Urb) -> Status | None:
        while self._messages:
            message = self._messages[0]
            whole = min(urb.length - urb.actual, len(message.left)) // self.max_packet * self.max_packet
            if whole:
                urb.take(message.cut(whole))
            status = self._last_packet(urb, message)
            if status is not None:
                return status
        return None

    def _last_packet(self, urb: Urb, message: Message) -> Status | None:
        """After the whole packets: the end of the read, or None when the next message goes into the same read."""
        room, left = urb.length - urb.actual, len(message.left)
        if room == 0 and urb.length:
            self._forget_if_unterminated(message)
            return Status.OK
        if left == 0 and not message.terminated:
            self._messages.popleft()
            return None
        if min(left, self.max_packet) > room:
            return Status.BABBLE
        urb.take(message.cut(left))
        self._messages.popleft()
        return Status.OK

    def _forget_if_unterminated(self, message: Message) -> None:
        if not message.left and not message.terminated:
            self._messages.popleft()

    def _end_all(self, status: Status) -> None:
        while self._reads:
            self._reads.popleft().finish(status)


class OutEndpoint:
    """Host to device: whole transfers are handed to `receive`, each ended by a short or zero-length packet."""

    def __init__(self, address: int, max_packet: int, receive: Callable[[bytes], None], limit: int = 4096) -> None:
        self.address = address
        self.max_packet = max_packet
        self.halted = False
        self.nak = False
        self._receive = receive
        self._limit = limit  # bytes in one transfer; more is a STALL
        self._partial = bytearray()
        self._writes: deque[Urb] = deque()

    def submit(self, urb: Urb) -> None:
        if self.halted:
            urb.finish(Status.STALL)
            return
        self._writes.append(urb)
        self.flow()

    def cancel(self, urb: Urb) -> bool:
        if urb not in self._writes:
            return False
        self._writes.remove(urb)
        return True

    def halt(self) -> None:
        self.halted = True
        self._end_all(Status.STALL)

    def clear(self) -> None:
        self.halted = False
        self._partial.clear()
        self.flow()

    def reset(self, status: Status = Status.GONE) -> None:
        self.halted = self.nak = False
        self._partial.clear()
        self._end_all(status)

    def flow(self) -> None:
        while self._writes and not (self.halted or self.nak):
            self._accept(self._writes.popleft())

    def _accept(self, urb: Urb) -> None:
        self._partial += urb.data
        if len(self._partial) > self._limit:
            self._partial.clear()
            self.halted = True
            urb.finish(Status.STALL)
            self._end_all(Status.STALL)
            return
        urb.actual = len(urb.data)
        ended = len(urb.data) % self.max_packet != 0 or not urb.data or UrbFlag.ZERO_PACKET in urb.flags
        urb.finish(Status.OK)
        if ended:
            whole = bytes(self._partial)
            self._partial.clear()
            self._receive(whole)

    def _end_all(self, status: Status) -> None:
        while self._writes:
            self._writes.popleft().finish(status)
